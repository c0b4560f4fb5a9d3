"""`ecorec data` as people meet it: what is imported, what is refused, exit codes."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.invoke import ecorec


def data(*words: str, cwd: Path) -> subprocess.CompletedProcess:
    return ecorec("data", *words, cwd=cwd)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text("customer,sku,when\n007,a,01/02/2024\n9,a,02/02/2024\n")
    return tmp_path


COLUMNS = ("--columns", "user=customer,timestamp=when")


def test_import_understands_a_format_of_dates_and_reports_as_json(orders: Path) -> None:
    words = ("import", "orders.csv", "--out", "o.parquet", *COLUMNS, "--format", "json")
    done = data(*words, "--timestamp-format", "%d/%m/%Y", cwd=orders)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["n_users"], told["n_items"], told["n_interactions"]) == (2, 1, 2)
    assert (told["first_date"], told["last_date"]) == ("2024-02-01", "2024-02-02")
    shown = json.loads(data("show", "o.parquet", "--format", "json", cwd=orders).stdout)
    assert shown["first_date"] == "2024-02-01"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--out", "x.parquet", *COLUMNS), "orders.csv, line 2: timestamp `01/02/2024`"),
        (("--out", "no/x.parquet", "--columns", "user=customer"), "there is no folder no"),
        (("--out", "x.parquet", "--columns", "user"), "`--columns user` is not a list of"),
    ],
)
def test_what_cannot_be_imported_is_one_error_and_one_hint(words, error, orders: Path) -> None:
    done = data("import", "orders.csv", *words, cwd=orders)
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    assert first.startswith("error: ")
    assert error in first
    assert second.startswith("hint: ")
    assert [path.name for path in orders.iterdir()] == ["orders.csv"]


def test_import_never_writes_over_what_it_reads(orders: Path) -> None:
    before = (orders / "orders.csv").read_bytes()
    words = ("import", "orders.csv", "--columns", "user=customer", "--overwrite")
    for name in ("orders.csv", "./orders.csv"):
        done = data(*words, "--out", name, cwd=orders)
        assert done.returncode == 2
        assert done.stderr.splitlines() == [
            "error: --out orders.csv is the file that is read",
            "hint: give another file, e.g. --out orders.parquet",
        ]
    (orders / "link.parquet").hardlink_to(orders / "orders.csv")
    done = data(*words, "--out", "link.parquet", cwd=orders)
    assert "--out link.parquet is the file that is read" in done.stderr
    assert (orders / "orders.csv").read_bytes() == before


def test_import_replaces_a_file_only_where_it_is_told_to(orders: Path) -> None:
    words = ("import", "orders.csv", "--out", "o.parquet", "--columns", "user=customer")
    (orders / "o.parquet").write_bytes(b"of another day")
    done = data(*words, cwd=orders)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: --out o.parquet exists",
        "hint: remove it, or add --overwrite",
    ]
    assert (orders / "o.parquet").read_bytes() == b"of another day"
    assert data(*words, "--overwrite", cwd=orders).returncode == 0
    shown = data("show", "o.parquet", "--format", "json", cwd=orders)
    assert json.loads(shown.stdout)["n_interactions"] == 2


def test_import_writes_parquet_under_no_other_name(orders: Path) -> None:
    words = ("import", "orders.csv", "--out", "notes.csv", "--columns", "user=customer")
    done = data(*words, cwd=orders)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: --out notes.csv does not end in .parquet, which is what is written",
        "hint: give --out notes.parquet",
    ]
    assert [path.name for path in orders.iterdir()] == ["orders.csv"]


def test_the_cache_says_where_it_is_and_can_be_emptied(orders: Path, monkeypatch) -> None:
    monkeypatch.setenv("ECOREC_CACHE", str(orders / "kept"))
    os.utime(orders / "orders.csv", (1_700_000_000, 1_700_000_000))
    words = ("show", "orders.csv", *COLUMNS, "--timestamp-format", "%d/%m/%Y")
    assert data(*words, cwd=orders).returncode == 0
    told = json.loads(data("cache", "--format", "json", cwd=orders).stdout)
    assert (told["folder"], told["entries"]) == (str(orders / "kept" / "parsed"), 1)
    assert told["bytes"] == sum(
        file.stat().st_size for file in (orders / "kept").rglob("*.parquet")
    )
    cleared = data("cache", "--clear", cwd=orders)
    assert "deleted: 1 entry" in cleared.stdout
    assert not [*(orders / "kept").rglob("*.parquet")]
