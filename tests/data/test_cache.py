"""Files are parsed once: what is the same, what is noticed, and what must not matter."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from ecorec.data import cache, load
from ecorec.data.cache import cache_use, clear_cache
from ecorec.data.dataset import Dataset, DataSettings
from ecorec.data.load import load_dataset
from ecorec.errors import DataError

ROWS = (
    "user,item,rating,timestamp,title\n007,a,5,1000,A\n007,b,2,1001,B\n9,a,4,900,A\n9,a,3,901,A\n"
)
LONG_AGO = 1_700_000_000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("ECOREC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "parsed"


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of every file that was parsed."""
    seen: list[str] = []
    parse = load._parse

    def counted(path, settings):
        seen.append(path.name)
        return parse(path, settings)

    monkeypatch.setattr(load, "_parse", counted)
    return seen


def old_file(path: Path, text: str, at: int = LONG_AGO) -> str:
    path.write_text(text)
    os.utime(path, (at, at))
    return str(path)


def same(one: Dataset, other: Dataset) -> bool:
    """Whether two data sets are equal in every bit and in what is said of them."""
    a, b = one.interactions, other.interactions
    for left, right in (
        *((getattr(a, name), getattr(b, name)) for name in ("users", "items", "timestamps")),
        (one.parts, other.parts),
    ):
        if (left is None) != (right is None):
            return False
        if left is not None and (left.dtype != right.dtype or left.tobytes() != right.tobytes()):
            return False
    for left, right in ((a.user_ids, b.user_ids), (a.item_ids, b.item_ids)):
        if left.dtype != right.dtype or left.tolist() != right.tolist():
            return False
    words = ("name", "titles", "source", "licence", "citation", "notes", "filters")
    return (
        a.ordered == b.ordered
        and a.fingerprint() == b.fingerprint()
        and all(getattr(one, word) == getattr(other, word) for word in words)
    )


SOURCES = {
    "ratings.csv": ROWS,
    "pairs.txt": "1 10\n1 11\n2 10\n",
    "u.data": "1\té\t3\t5\n2\tb\t4\t1600000000\n",
    "folder": "",
}


RATED = ("ratings.csv", "u.data")


@pytest.mark.parametrize(
    ("name", "how"),
    [
        *((name, how) for name in SOURCES for how in ({}, {"k_core": 1})),
        *((name, {"min_rating": 4}) for name in RATED),
    ],
)
def test_cached_is_equal_in_every_bit(name: str, how: dict, tmp_path: Path, parses: list) -> None:
    if name == "folder":
        (tmp_path / name).mkdir()
        for part, lines in (("train", "0 1 2\n1 1 1\n"), ("valid", "0 3\n"), ("test", "1 4\n")):
            old_file(tmp_path / name / f"{part}.txt", lines)
        source = str(tmp_path / name)
    else:
        source = old_file(tmp_path / name, SOURCES[name])
    first = load_dataset(source, DataSettings(**how))
    second = load_dataset(source, DataSettings(**how))
    assert (first.from_cache, second.from_cache) == (False, True)
    assert parses == [name]
    assert same(first, second)
    assert torch.from_numpy(second.interactions.users).numpy().flags.writeable


def test_a_bundled_set_is_parsed_once_whatever_the_core(parses: list) -> None:
    whole = load_dataset("movietweetings")
    core = load_dataset("movietweetings", DataSettings(k_core=10))
    assert core.from_cache
    assert len(parses) == 1
    clear_cache()
    assert same(core, load_dataset("movietweetings", DataSettings(k_core=10)))
    assert same(whole, load_dataset("movietweetings"))


def test_a_changed_file_is_noticed_even_at_equal_size_and_date(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    load_dataset(old_file(path, ROWS))
    changed = load_dataset(old_file(path, ROWS.replace("007", "008")))
    assert not changed.from_cache
    assert changed.interactions.user_ids[0] == "008"
    replacement = tmp_path / "y.csv"
    old_file(replacement, ROWS.replace("007", "006"))
    replacement.replace(path)
    assert load_dataset(str(path)).interactions.user_ids[0] == "006"


def test_a_file_of_a_folder_that_appears_is_noticed(tmp_path: Path) -> None:
    old_file(tmp_path / "train.txt", "0 1 2 5\n")
    old_file(tmp_path / "test.txt", "0 3\n")
    assert len(load_dataset(str(tmp_path)).interactions) == 4
    old_file(tmp_path / "valid.txt", "0 4\n")
    assert len(load_dataset(str(tmp_path)).interactions) == 5


def test_settings_and_code_that_decide_have_entries_of_their_own(
    tmp_path: Path, parses: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = old_file(tmp_path / "x.csv", ROWS)
    for how in (
        {},
        {"min_rating": 4},
        {"min_rating": 3},
        {"columns": {"user": "item", "item": "user"}},
    ):
        load_dataset(source, DataSettings(**how))
    assert len(parses) == cache_use().n_entries == 4
    monkeypatch.setattr(cache, "_reader", lambda: "another version")
    load_dataset(source)
    assert len(parses) == 5
    assert cache_use().n_entries == 4  # the entry of the old version made room


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied"])
def test_a_damaged_entry_is_made_again(damage: str, tmp_path: Path, folder: Path) -> None:
    source = old_file(tmp_path / "x.csv", ROWS)
    first = load_dataset(source)
    (entry,) = folder.glob("*.parquet")
    raw = bytearray(entry.read_bytes())
    raw[len(raw) // 3] ^= 1
    entry.write_bytes({"cut": raw[:-9], "flipped": raw, "emptied": b""}[damage])
    again = load_dataset(source)
    assert not again.from_cache
    assert same(first, again)
    assert load_dataset(source).from_cache


def test_a_file_that_has_just_changed_is_not_kept(tmp_path: Path, parses: list) -> None:
    path = tmp_path / "x.csv"
    path.write_text(ROWS)
    assert not load_dataset(str(path)).from_cache
    assert not load_dataset(str(path)).from_cache
    assert len(parses) == 2


def test_a_file_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    source = old_file(tmp_path / "x.csv", ROWS.replace("1001", "soon"))
    for _ in range(2):
        with pytest.raises(DataError, match="line 3: timestamp `soon`"):
            load_dataset(source)
    assert cache_use().n_entries == 0


def test_no_folder_to_write_to_is_no_reason_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = old_file(tmp_path / "x.csv", ROWS)
    expected = load_dataset(source)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ECOREC_CACHE", str(tmp_path / "file"))
    for _ in range(2):
        found = load_dataset(source)
        assert not found.from_cache
        assert same(expected, found)
    assert cache_use().n_entries == 0


def test_an_entry_that_may_only_be_read_is_read(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = old_file(tmp_path / "x.csv", ROWS)
    load_dataset(source)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cache.os, "utime", refuse)
    assert load_dataset(source).from_cache


def test_room_is_made_by_what_was_unused_for_longest(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [old_file(tmp_path / f"{name}.csv", ROWS) for name in "abc"]
    for at, source in enumerate(sources[:2]):
        load_dataset(source)
        newest = max(folder.glob("*.parquet"), key=lambda entry: entry.stat().st_mtime_ns)
        os.utime(newest, (LONG_AGO - at, LONG_AGO - at))
    size = cache_use().n_bytes
    assert load_dataset(sources[1]).from_cache  # b is used: now a has waited for longest
    monkeypatch.setattr(cache, "MOST_BYTES", size + 1)
    load_dataset(sources[2])
    assert cache_use().n_bytes <= size + 1
    assert [load_dataset(source).from_cache for source in sources[1:]] == [True, True]


def test_many_at_a_time_agree(tmp_path: Path, folder: Path) -> None:
    source = old_file(tmp_path / "x.csv", ROWS)
    found: list[str] = []
    readers = [
        threading.Thread(
            target=lambda: found.append(load_dataset(source).interactions.fingerprint())
        )
        for _ in range(8)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [path.suffix for path in folder.iterdir()] == [".parquet"]


def test_a_vocabulary_that_is_used_whole_is_kept_as_it_is(tmp_path: Path) -> None:
    whole = load_dataset(old_file(tmp_path / "x.csv", ROWS)).interactions
    assert whole.compacted() is whole
    less = whole.select(np.array([0])).compacted()
    assert (less.user_ids.tolist(), less.item_ids.tolist()) == (["007"], ["a"])
