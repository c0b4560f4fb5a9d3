"""Dates that cannot be right are said to be, and splits in time show the dates that they read."""

from pathlib import Path

import pytest

from ecorec.data.load import load_dataset
from tests.cli.invoke import ecorec

WORDS = "(--timestamp-format %Y%m%d for 20240131)"
MIXED = f"dates run from 1970 to 2020: mixed units? {WORDS}"
DIGITS = f"dates are all in 1970: another unit? {WORDS}"


def orders(folder: Path, *times: object) -> str:
    """A file in which users have ten purchases each, whose times are these in turn."""
    rows = [f"u{n // 10},i{n % 17},{times[n % len(times)]}" for n in range(200)]
    (folder / "orders.csv").write_text("user,item,timestamp\n" + "\n".join(rows) + "\n")
    return str(folder / "orders.csv")


@pytest.mark.parametrize(
    ("times", "doubt"),
    [
        ((1600877216, 1601338561), None),
        ((1600877216000, 1601338561000), None),
        ((1600877216000, 1600613487), MIXED),
        ((20200923, 20200920), DIGITS),
        (("2020-09-23", "1970-05-01"), MIXED),
        ((1, 2, 3), None),
        ((-86400 * 3000, 1600877216), None),
    ],
)
def test_dates_in_1970_are_doubted(
    times: tuple[object, ...], doubt: str | None, tmp_path: Path
) -> None:
    notes = load_dataset(orders(tmp_path, *times)).notes
    assert [note for note in notes if note.startswith("dates")] == ([doubt] if doubt else [])


def test_commands_say_so(tmp_path: Path) -> None:
    file = orders(tmp_path, 1600877216000, 1600613487)
    out = tmp_path / "x.parquet"
    assert MIXED in ecorec("data", "show", file).stdout
    assert MIXED in ecorec("data", "import", file, "--out", str(out)).stdout
    words = ["run", file, "--models", "popularity", "--topk", "5", "--metric", "ndcg@5"]
    assert MIXED in ecorec(*words, cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("split", "shown"),
    [("ratio", False), ("ratio-by-time", True), ("leave-one-out", True), ("temporal", True)],
)
def test_a_split_in_time_shows_its_dates(split: str, shown: bool, tmp_path: Path) -> None:
    file = orders(tmp_path, *range(1600000000, 1610000000, 100000))
    words = ["--models", "popularity", "--topk", "5", "--split", split]
    told = ecorec("run", file, *words, cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert ("2020-09-13 to 2021-01-06" in told.stderr) == shown, told.stderr
