"""Formats, filters and what is said of files that cannot be used."""

import bz2
import datetime as dt
import functools
import gzip
import hashlib
import http.server
import io
import lzma
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.data import cache
from ecorec.data.catalogue import CatalogueEntry
from ecorec.data.dataset import DataSettings
from ecorec.data.download import fetch
from ecorec.data.export import write_parquet
from ecorec.data.filters import k_core_rows
from ecorec.data.load import load_dataset
from ecorec.data.protocols import SplitSettings
from ecorec.data.splitting import make_split
from ecorec.data.statistics import statistics
from ecorec.errors import DataError, InputError

ROWS = [("007", "a", 5, 1000000000), ("007", "b", 2, 1000000100), ("9", "a", 4, 1000000050)]

FILES = {
    "ratings.dat": "\n".join("::".join(map(str, row)) for row in ROWS),
    "u.data": "\n".join("\t".join(map(str, row)) for row in ROWS),
    "ratings.csv": "userId,movieId,rating,timestamp\n"
    + "\n".join(",".join(map(str, row)) for row in ROWS),
    "amazon.csv": "\n".join(f"{u},{i},{r}.0,{t}" for u, i, r, t in ROWS),
    "set.inter": "timestamp:float\titem_id:token\trating:float\tuser_id:token\n"
    + "\n".join(f"{t}.0\t{i}\t{r}.0\t{u}" for u, i, r, t in ROWS),
    "iso.tsv": "customer\tsku\tstars\tordered_at\n"
    + "007\ta\t5\t2001-09-09T01:46:40Z\n"
    + "007\tb\t2\t2001-09-09 01:48:20\n9\ta\t4\t2001-09-09 01:47:30",
    "milli.csv": "user;item;score;time\n" + "\n".join(f"{u};{i};{r};{t}000" for u, i, r, t in ROWS),
}
PACKERS = {"": lambda b: b, ".gz": gzip.compress, ".xz": lzma.compress}


def contents(dataset) -> list[tuple[str, str, int]]:
    whole = dataset.interactions
    return [
        (str(whole.user_ids[u]), str(whole.item_ids[i]), int(t))
        for u, i, t in zip(whole.users, whole.items, whole.timestamps, strict=True)
    ]


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_interactions(name: str, packed: str, tmp_path: Path) -> None:
    path = tmp_path / (name + packed)
    path.write_bytes(PACKERS[packed](FILES[name].encode()))
    assert contents(load_dataset(str(path))) == [(u, i, t) for u, i, _, t in ROWS]
    few = load_dataset(str(path), DataSettings(min_rating=4))
    assert contents(few) == [(u, i, t) for u, i, r, t in ROWS if r >= 4]
    assert few.filters == ("rating >= 4",)


def test_parquet_and_named_columns(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"who": ["1", "2"], "what": ["x", "y"], "when": [5, 6]}).write_parquet(path)
    told = DataSettings(columns={"user": "who", "item": "what", "timestamp": "when"})
    assert contents(load_dataset(str(path), told)) == [("1", "x", 5), ("2", "y", 6)]


@pytest.mark.parametrize("name", ["x.pq", "x.PARQUET", "x.parquet.gz", "x"])
def test_parquet_is_known_by_its_content(name: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    pl.DataFrame({"user": ["1"], "item": ["x"], "time": [5]}).write_parquet(stream)
    raw = stream.getvalue()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    assert contents(load_dataset(str(tmp_path / name))) == [("1", "x", 5)]


RATED = {
    "user": ["1", "1"], "item": ["x", "y"], "stars": ["5", "4.5"],
    "time": ["2001-09-09", "2001-09-10T01:46:40Z"],
}  # fmt: skip
"""As text, which a type that stores each word once holds as well."""

DICTIONARIES = [
    pl.Categorical(),
    pl.Enum([value for column in RATED.values() for value in set(column)]),
]


def write_rated(folder: Path, *, parts: bool, **columns: pl.Series) -> str:
    """Write `RATED` with other columns, as a file or as a folder of two; return its name."""
    frame = pl.DataFrame(RATED).with_columns(**columns)
    if not parts:
        frame.write_parquet(folder / "x.parquet")
        return str(folder / "x.parquet")
    (folder / "x").mkdir()
    for at in range(2):
        frame[at : at + 1].write_parquet(folder / "x" / f"{at}.parquet")
    return str(folder / "x")


@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize("kind", DICTIONARIES)
def test_words_that_are_stored_once_each_are_read_as_text(kind, parts: bool, tmp_path) -> None:
    # As pandas writes a column of its type `category`.
    columns = {name: pl.Series(values, dtype=kind) for name, values in RATED.items()}
    path = write_rated(tmp_path, parts=parts, **columns)
    found = load_dataset(path, DataSettings(min_rating=4.5))
    assert contents(found) == [("1", "x", 999993600), ("1", "y", 1000086400)]
    assert contents(load_dataset(path, DataSettings(min_rating=5))) == [("1", "x", 999993600)]
    numbers = pl.Series(["1000000000", "1000000001"], dtype=pl.Categorical)
    (tmp_path / "numbers").mkdir()
    dated = load_dataset(write_rated(tmp_path / "numbers", parts=parts, time=numbers))
    assert contents(dated) == [("1", "x", 1000000000), ("1", "y", 1000000001)]


NO_TIMES = {
    "Time": pl.Series([dt.time(12), dt.time(13)]),
    "Duration": pl.Series([dt.timedelta(1), dt.timedelta(2)]),
    "Boolean": pl.Series([True, False]),
    "List": pl.Series([[5], [6]]),
    "Binary": pl.Series([b"5", b"6"]),
    "Struct": pl.Series([{"a": 5}, {"a": 6}]),
}
NO_RATINGS = {kind: NO_TIMES[kind] for kind in NO_TIMES if kind != "Boolean"} | {
    "Date": pl.Series([dt.date(2024, 1, 1)] * 2)
}


@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize("kind", NO_TIMES)
def test_a_column_that_cannot_be_times_is_refused(kind: str, parts: bool, tmp_path: Path) -> None:
    path = write_rated(tmp_path, parts=parts, time=NO_TIMES[kind])
    for asked in (DataSettings(), DataSettings(timestamp_format="%Y")):
        with pytest.raises(
            DataError, match=rf"the timestamps \(`time`\) are of type {kind}"
        ) as caught:
            load_dataset(path, asked)
        assert ".parquet: " in caught.value.message
        assert "--columns timestamp=…" in str(caught.value.hint)


@pytest.mark.parametrize("parts", [False, True])
@pytest.mark.parametrize("kind", NO_RATINGS)
def test_a_column_that_cannot_be_ratings_is_refused(kind: str, parts: bool, tmp_path: Path) -> None:
    path = write_rated(tmp_path, parts=parts, stars=NO_RATINGS[kind])
    assert len(load_dataset(path).interactions) == 2, "ratings are not asked for"
    with pytest.raises(DataError, match=rf"the ratings \(`stars`\) are of type {kind}") as caught:
        load_dataset(path, DataSettings(min_rating=3))
    assert "--columns rating=…" in str(caught.value.hint)


def test_yes_and_no_are_ratings(tmp_path: Path) -> None:
    path = write_rated(tmp_path, parts=False, stars=NO_TIMES["Boolean"])
    assert contents(load_dataset(path, DataSettings(min_rating=1))) == [("1", "x", 999993600)]


def test_ids_that_begin_as_parquet_does_are_text(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("PAR1234,x,1600000000\n")
    assert contents(load_dataset(str(tmp_path / "x.csv"))) == [("PAR1234", "x", 1600000000)]


def test_pairs_in_time_order_and_lightgcn_folders(tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text("1 10\n1 11\n1 12\n2 10\n2 13\n2 14\n")
    pairs = load_dataset(str(tmp_path / "pairs.txt"))
    assert pairs.interactions.ordered
    split = make_split(pairs, SplitSettings(protocol="leave-one-out"), 1)
    assert split.test.item_ids[split.test.items].tolist() == ["12", "14"]
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "train.txt").write_text("0 1 2 3\n1 1 2\n2\n")
    (folder / "valid.txt").write_text("0 4\n1 3\n")
    (folder / "test.txt").write_text("0 5\n1 9\n")
    given_ = load_dataset(str(folder))
    split = make_split(given_, SplitSettings(protocol="given"), 1)
    assert [len(part) for part in (split.train, split.valid, split.test)] == [5, 2, 2]
    assert "9" in given_.interactions.item_ids  # only in the test, and part of the catalogue


@pytest.mark.parametrize(
    ("asked", "dropped"),
    [
        ({"columns": {"user": "customer"}}, "--columns"),
        ({"timestamp_format": "%d"}, "--timestamp-format"),
        ({"min_rating": 0.0}, "--min-rating"),
        (
            {"columns": {"user": "u"}, "timestamp_format": "%d"},
            "--columns and --timestamp-format",
        ),
    ],
)
@pytest.mark.parametrize("named", ["folder", "synthetic:block"])
def test_options_that_say_nothing_of_the_data_are_refused(
    named: str, asked: dict, dropped: str, tmp_path: Path
) -> None:
    (tmp_path / "train.txt").write_text("0 1 2 3\n1 1 2\n")
    (tmp_path / "test.txt").write_text("0 5\n1 9\n")
    name = str(tmp_path) if named == "folder" else named
    # Even if what the folder holds is known already.
    load_dataset(name, DataSettings(k_core=1))
    with pytest.raises(DataError, match="has no columns, no ratings and no dates") as caught:
        load_dataset(name, DataSettings(k_core=1, **asked))
    assert name in caught.value.message
    assert str(caught.value.hint).startswith(f"drop {dropped}, or ")


def test_a_folder_without_its_files_says_so_whatever_is_asked(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no train\.txt"):
        load_dataset(str(tmp_path), DataSettings(columns={"user": "customer"}))


def test_duplicates_keep_the_first_in_time(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("user,item,timestamp\n1,x,30\n1,x,10\n1,y,20\n")
    dataset = load_dataset(str(path))
    assert contents(dataset) == [("1", "x", 10), ("1", "y", 20)]
    assert "1 duplicates dropped" in dataset.notes


NEWEST_FIRST = [("b", "z", 2600), ("a", "y", 2400), ("a", "x", 2300), ("b", "x", 2100),
                ("a", "w", 900), ("b", "w", 100)]  # fmt: skip
"""User, item and milliseconds; of each user's last two events, both lie within one second."""

FINE = {
    "milliseconds": lambda ms: f"{1_700_000_000_000 + ms}",
    "microseconds": lambda ms: f"{1_700_000_000_000_000 + ms}",
    "nanoseconds": lambda ms: f"{1_700_000_000_000_000_000 + ms * 1000}",
    "fractions": lambda ms: f"{1_700_000_000 + ms / 1000}",
    "before 1970": lambda ms: f"{-1_700_000_000 + ms / 1000}",
    "iso": lambda ms: f"2024-01-31T12:00:{ms / 1000:06.3f}+02:00",
}


@pytest.mark.parametrize("unit", FINE)
def test_what_is_last_within_one_second_is_held_out(unit: str, tmp_path: Path) -> None:
    rows = [f"{user},{item},{FINE[unit](ms)}" for user, item, ms in NEWEST_FIRST]
    (tmp_path / "fine.csv").write_text("\n".join(["user,item,timestamp", *rows]))
    dataset = load_dataset(str(tmp_path / "fine.csv"))
    split = make_split(dataset, SplitSettings(protocol="leave-one-out"), 1)

    def held_out(part) -> dict[str, str]:
        ids = part.user_ids[part.users].tolist(), part.item_ids[part.items].tolist()
        return dict(zip(*ids, strict=True))

    assert held_out(split.test) == {"a": "y", "b": "z"}
    assert held_out(split.valid) == {"a": "x", "b": "x"}


def test_rows_stay_in_place_where_whole_seconds_say_enough(tmp_path: Path) -> None:
    rows = ["1,x,1700000002.9", "1,y,1700000001.2", "2,x,1700000001.9", "2,y,1700000000"]
    (tmp_path / "fine.csv").write_text("\n".join(["user,item,timestamp", *rows]))
    assert [item for _, item, _ in contents(load_dataset(str(tmp_path / "fine.csv")))] == [*"xyxy"]


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 5))
def test_k_core_is_the_largest_set_that_keeps_its_promise(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((12, 10)) < 0.35)
    kept = k_core_rows(users, items, k)
    # One node at a time, in any order, leads to the same core.
    left = np.ones(users.size, dtype=bool)
    changed = True
    while changed:
        changed = False
        for index in (users, items):
            for value in rng.permutation(np.unique(index[left])):
                rows = left & (index == value)
                if rows.sum() < k:
                    left &= ~rows
                    changed = True
    np.testing.assert_array_equal(kept, left)


BAD = {
    "empty.csv": (b"", "is empty"),
    "cut.csv.gz": (gzip.compress(FILES["ratings.csv"].encode())[:-9], "cannot be unpacked"),
    "latin.csv": ("user,item\n1,café\n".encode("latin1"), "line 2: byte 0xe9 is not UTF-8"),
    "columns.csv": (b"name,colour,item\na,b,c\n", "no column is clearly the user; it has name"),
    "two.csv": (b"user,customer,item\n1,2,3\n", "columns user and customer could both be the user"),
    "nan.csv": (b"user,item\n1,2\nNaN,3\n", "line 3: the user id is empty"),
    "missing.csv": (b"user,item\n1,2\n3,\n", "line 3: the item id is empty"),
    "time.csv": (
        b"user,item,timestamp\n1,2,2024-01-01\n1,3,31/02/2024\n",
        "line 3: timestamp `31/02/2024` is not a date",
    ),
    "strange.txt": (b"hello\nworld\n", "fits no known format"),
    "cut.pq": (b"PAR1\x15\x04 and then nothing", "is not a readable Parquet file"),
    "text.parquet": (b"user,item\n1,2\n", "is not a readable Parquet file"),
    "packed.csv.bz2": (bz2.compress(b"user,item\n1,2\n"), "is packed with bzip2; expected gzip or"),
    "packed.csv": (b"\x28\xb5\x2f\xfd\x04\x58", "is packed with zstd; expected gzip or xz"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_used_is_named_with_the_place(name: str, tmp_path: Path) -> None:
    raw, message = BAD[name]
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(str(tmp_path / name))
    assert name in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("packed.csv.bz2", "unpack it first: bzip2 -dc packed.csv.bz2 > FILE"),
        ("packed.csv", "unpack it first: zstd -dc packed.csv > FILE"),
    ],
)
def test_a_packed_file_is_never_taken_for_text(name: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(BAD[name][0])
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / name))
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("name", "settings_", "message"),
    [
        ("movietwetings", {}, "no data set is called `movietwetings`"),
        ("nowhere/x.csv", {}, "nowhere/x.csv does not exist"),
        ("movietweetings", {"k_core": 500}, "nothing is left after 500-core"),
        ("online-retail", {"min_rating": 3.0}, "has no ratings, which min_rating = 3 needs"),
        ("movietweetings", {"columns": {"user": "who"}}, "has no column `who`; it has user, item"),
        ("synthetic:blok", {}, "no synthetic data set is called `blok`"),
        ("synthetic:block?users=x", {}, "`users=x` in `synthetic:block.users=x` is no number"),
    ],
)
def test_what_cannot_be_found_or_kept(name: str, settings_: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_dataset(name, DataSettings(**settings_))
    assert caught.value.hint


def test_bundled_counts_are_those_of_their_provenance() -> None:
    found = statistics(load_dataset("movietweetings").interactions)
    assert (found.n_users, found.n_items, found.n_interactions) == (16554, 10506, 100000)
    assert (found.first_date, found.last_date) == ("2013-02-28", "2013-09-01")
    core = statistics(load_dataset("movietweetings", DataSettings(k_core=10)).interactions)
    assert (core.n_users, core.n_items, core.n_interactions) == (2059, 1099, 44613)
    assert core.density + core.sparsity == 1
    retail = statistics(load_dataset("online-retail").interactions)
    assert (retail.n_users, retail.n_items, retail.n_interactions) == (4335, 3659, 266226)
    assert load_dataset("movietweetings").interactions.item_ids[0] == "1074638"
    assert any(i.startswith("0") for i in load_dataset("movietweetings").interactions.item_ids)


@pytest.mark.parametrize(
    ("name", "counts"),
    [("ml-100k", (943, 1682, 100000)), ("amazon-beauty", (40226, 54542, 353962))],
)
def test_sets_that_may_not_be_bundled(name: str, counts, external_data: Path) -> None:
    found = statistics(load_dataset(name, data_path=external_data).interactions)
    assert (found.n_users, found.n_items, found.n_interactions) == counts


def test_ml_1m_under_the_published_protocol(external_data: Path) -> None:
    dataset = load_dataset("ml-1m", DataSettings(min_rating=3), data_path=external_data)
    found = statistics(dataset.interactions)
    assert (found.n_users, found.n_items, found.n_interactions) == (6039, 3628, 836478)


@pytest.mark.parametrize("old_numpy", [False, True])
def test_one_long_id_does_not_make_all_others_as_wide(
    old_numpy: bool, tmp_path: Path, monkeypatch
) -> None:
    if old_numpy:
        monkeypatch.delattr(np.dtypes, "StringDType")
    monkeypatch.setattr(cache, "QUIET_S", -(10**9))  # a new file is kept, too
    long = "https://example.org/?" + "x" * 2000
    items = [f"i{at}" for at in range(2000)] + [long]
    frame = pl.DataFrame({"user": [long] + ["u"] * 2000, "item": items})
    frame.write_csv(tmp_path / "x.csv")
    (tmp_path / "parts").mkdir()
    frame.write_parquet(tmp_path / "parts" / "0.parquet")
    read, kept, parts = (load_dataset(str(tmp_path / name)) for name in ("x.csv", "x.csv", "parts"))
    assert (read.from_cache, kept.from_cache) == (False, True)
    for dataset in (read, kept, parts):
        whole = dataset.interactions
        assert whole.item_ids.tolist() == items
        assert whole.item_ids.nbytes < 100 * len(items)  # not four bytes a character of the longest
        assert whole.fingerprint() == read.interactions.fingerprint()
        split = make_split(dataset, SplitSettings(), 1)
        assert split.train.item_ids.nbytes < 100 * len(items)
    write_parquet(read, tmp_path / "out.parquet")
    assert load_dataset(str(tmp_path / "out.parquet")).interactions.item_ids.tolist() == items


def test_fingerprints_follow_the_content_and_not_the_run() -> None:
    core = load_dataset("movietweetings", DataSettings(k_core=10)).interactions
    assert core.fingerprint() == "8fcb3fabbd51172c"
    assert core.select(np.arange(len(core) - 1)).fingerprint() != core.fingerprint()


def test_where_lines_of_a_given_split_stand_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    # Read one file after another, both folders hold the same rows in the same order.
    lines = {"train.txt": "0 1 2 3\n1 1 2\n1 3\n", "test.txt": "0 5\n1 9\n"}
    moved = {"train.txt": "0 1 2 3\n1 1 2\n", "valid.txt": "1 3\n", "test.txt": "0 5\n1 9\n"}
    found = []
    for name, files in {"whole": lines, "moved": moved}.items():
        folder = tmp_path / name
        folder.mkdir()
        for file, text in files.items():
            (folder / file).write_text(text)
        found.append(load_dataset(str(folder)))
    one, other = found
    assert one.interactions.fingerprint() == other.interactions.fingerprint()
    assert one.fingerprint() != other.fingerprint()
    without = replace(one, parts=None)
    assert without.fingerprint() == one.interactions.fingerprint()


@pytest.fixture
def publisher(tmp_path: Path):
    """A web server with one archive, and its catalogue entry."""
    folder = tmp_path / "www"
    folder.mkdir()
    with zipfile.ZipFile(folder / "set.zip", "w") as archive:
        archive.writestr("set/u.data", FILES["u.data"])
    digest = hashlib.md5((folder / "set.zip").read_bytes()).hexdigest()
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield CatalogueEntry(
        name="set", title="", homepage="here", licence="", citation="",
        url=f"http://127.0.0.1:{server.server_port}/set.zip",
        checksum=f"md5:{digest}", member="set/u.data",
    )  # fmt: skip
    server.shutdown()
    server.server_close()
    thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args) -> None:
        """Keep quiet."""


def test_download_is_compared_with_the_publishers_checksum(publisher, tmp_path: Path) -> None:
    path = fetch(publisher, tmp_path / "cache")
    assert path.read_text() == FILES["u.data"]
    other = CatalogueEntry(**{**vars(publisher), "checksum": "md5:" + "0" * 32})
    with pytest.raises(DataError, match="is not the publisher's file"):
        fetch(other, tmp_path / "other")
    assert not list((tmp_path / "other").glob("*.zip"))


def test_no_network_says_how_to_do_without(publisher, tmp_path: Path) -> None:
    gone = CatalogueEntry(**{**vars(publisher), "url": "http://127.0.0.1:9/set.zip"})
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        fetch(gone, tmp_path)
    assert "--data-path" in caught.value.hint


def test_sets_without_a_download_say_where_to_get_them(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ECOREC_DATA", str(tmp_path))
    with pytest.raises(DataError, match="`dianping` cannot be downloaded") as caught:
        load_dataset("dianping")
    assert "dianping.inter" in caught.value.hint
