"""Files as people really have them: what is read all the same, and what is refused, and where."""

import datetime as dt
import gzip
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecorec.data.dataset import Dataset, DataSettings
from ecorec.data.load import load_dataset
from ecorec.data.timestamps import to_microseconds
from ecorec.errors import DataError, InputError

Row = tuple[str, str, int | None]


def rows_of(dataset: Dataset) -> list[Row]:
    whole = dataset.interactions
    times = [None] * len(whole) if whole.timestamps is None else whole.timestamps.tolist()
    return list(
        zip(
            whole.user_ids[whole.users].tolist(),
            whole.item_ids[whole.items].tolist(),
            times,
            strict=True,
        )
    )


NOON = 1704067200  # 2024-01-01T00:00:00Z

READ: dict[str, tuple[bytes, list[Row]]] = {
    "header-with-spaces-between.txt": (b"user item\n1 2\n", [("1", "2", None)]),
    "header-with-spaces-inside.csv": (
        b"Customer ID,Item ID,Date\n1,2,2024-01-01\n",
        [("1", "2", NOON)],
    ),
    "uneven-spaces.txt": (b"1  2\n 1\t3 \n", [("1", "2", None), ("1", "3", None)]),
    "blank-end.csv": (b"user,item\n1,2\n\n\n", [("1", "2", None)]),
    "windows.csv": (b"user,item,time\r\n1,2,5\r\n", [("1", "2", 5)]),
    "windows.dat": (b"1::2::5::10\r\n1::3::4::11\r\n", [("1", "2", 10), ("1", "3", 11)]),
    "marked.csv": (b"\xef\xbb\xbfuser,item\n1,2\n", [("1", "2", None)]),
    "packed-but-not-called-so.csv": (gzip.compress(b"user,item\n1,2\n"), [("1", "2", None)]),
    "unpacked-but-called-so.csv": (b"user,item\n1,2\n", [("1", "2", None)]),
    "blanks.csv": (
        b"user, item, time, rating\nu1, i1, 881250949, 5\nu1 ,i2 ,881250950 ,\t4\n",
        [("u1", "i1", 881250949), ("u1", "i2", 881250950)],
    ),
    "blanks-without-header.csv": (
        b"u1, i1, 5, 881250949\nu1, i2, 4, 881250950 \n",
        [("u1", "i1", 881250949), ("u1", "i2", 881250950)],
    ),
    "blanks-and-names.dat": (
        b"u1 :: i1 :: 5 :: 881250949\nu1 :: i2 :: 4.0 :: 881250950\n",
        [("u1", "i1", 881250949), ("u1", "i2", 881250950)],
    ),
    "blanks-and-windows.tsv": (
        b"user\titem\trating\tdate\r\nu1\ti1\t5 \t 2024-01-01 \r\n", [("u1", "i1", NOON)],
    ),
    "comma-inside.csv": (b'user,item\n1,"a,b"\n', [("1", "a,b", None)]),
    "quote-inside.inter": (b'user_id:token\titem_id:token\n1\t"a\n2\tb\n',
                           [("1", '"a', None), ("2", "b", None)]),
    "list-beside.inter": (b"user_id:token\titem_id_list:token_seq\titem_id:token\n1\t2 3\t4\n",
                          [("1", "4", None)]),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_irregular_files_are_read(name: str, tmp_path: Path) -> None:
    raw, expected = READ[name]
    (tmp_path / name).write_bytes(raw)
    assert rows_of(load_dataset(str(tmp_path / name))) == expected


@pytest.mark.parametrize("name", [name for name in READ if name.startswith("blanks")])
def test_blanks_around_ratings_are_no_part_of_them(name: str, tmp_path: Path) -> None:
    raw, expected = READ[name]
    (tmp_path / name).write_bytes(raw)
    good = load_dataset(str(tmp_path / name), DataSettings(min_rating=4.5))
    assert rows_of(good) == expected[:1]


def test_a_column_is_told_without_the_blanks_around_its_name(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("who, what, when\n1, 2, 5\n")
    told = {"user": "who", "item": "what", "timestamp": "when"}
    found = load_dataset(str(tmp_path / "x.csv"), DataSettings(columns=told))
    assert rows_of(found) == [("1", "2", 5)]
    assert found.notes[0] == "columns who, what, when -> user, item, timestamp"
    (tmp_path / "x.csv").write_text("user, user,item\n1,2,3\n")
    with pytest.raises(DataError, match="columns user and  user could both be the user"):
        load_dataset(str(tmp_path / "x.csv"))


def test_a_value_of_blanks_is_empty(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("user,item,time,rating\n1,2,5,4\n1,3, , \n")
    with pytest.raises(DataError, match=r"x\.csv, line 3: timestamp is empty"):
        load_dataset(str(tmp_path / "x.csv"))
    with pytest.raises(DataError, match=r"x\.csv, line 3: rating is empty"):
        load_dataset(str(tmp_path / "x.csv"), DataSettings(min_rating=4))


def test_blanks_around_numbers_of_a_folder_of_parquet(tmp_path: Path) -> None:
    for at, time in enumerate(["1700000000000 ", " 50000000000"]):
        frame = pl.DataFrame({"user": ["1"], "item": [str(at)], "time": [time], "rating": [" 5"]})
        frame.write_parquet(tmp_path / f"{at}.parquet")
    # Milliseconds, by the largest of all; in seconds, the second would be the year 3554.
    found = load_dataset(str(tmp_path), DataSettings(min_rating=5))
    assert rows_of(found) == [("1", "0", 1_700_000_000), ("1", "1", 50_000_000)]


def test_what_was_assumed_without_a_header_is_said(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("1,2,5.0\n2,3,4.0\n")
    rated = load_dataset(str(tmp_path / "r.csv"), DataSettings(min_rating=5))
    # Not (user, item, timestamp): five seconds after the beginning of 1970 is no purchase.
    assert rows_of(rated) == [("1", "2", None)]
    assert rated.notes == ("no header: columns read as user, item, rating",)
    assert not rated.interactions.ordered
    (tmp_path / "t.csv").write_text(f"1,2,{NOON}\n")
    assert rows_of(load_dataset(str(tmp_path / "t.csv"))) == [("1", "2", NOON)]
    (tmp_path / "p.txt").write_text("1 2\n")
    assert "order of time" in load_dataset(str(tmp_path / "p.txt")).notes[1]


REFUSED: dict[str, tuple[bytes, str]] = {
    "who.csv": (b"who,what\n1,2\n", r"no column is clearly the user; it has who, what"),
    "when.csv": (b"who,what,when\n1,2,3\n", r"no column is clearly the user; it has who, what"),
    "header.csv": (b"user,item,time\n", "has a header but no interactions"),
    "twice.csv": (b"user,user,item\n1,2,3\n", "has two columns called `user`"),
    "long.csv": (b"user,item,time\n1,2,5\n1,3,6,7\n", "line 3: 4 columns; expected 3"),
    "short.csv": (b"user,item,time\n1,2,5\n1,3\n", "line 3: 2 columns; expected 3"),
    "shorter.csv": (b"user,item,time\n1,2,5\n1\n", "line 3: 1 columns; expected 3"),
    "no-header.csv": (b"1,2,1600000000\n1,3\n", "line 2: 2 columns; expected 3"),
    "no-time.csv": (b"user,item,time\n1,2,5\n1,3,\n", "line 3: timestamp is empty"),
    "lines.json": (b'{"user":1,"item":2}\n{"user":1,"item":3}\n', "looks like JSON lines"),
    "list.json": (b'[\n{"user":1,"item":2}\n]\n', "looks like JSON$"),
    "middle.csv": (b"user,item,time\n1,2,5\n\n1,3,6\n", "line 3: the user id is empty"),
    "infinite.csv": (b"user,item,time\n1,2,5\n1,3,inf\n", "line 3: timestamp `inf` is not a date"),
    "late.csv": (b"user,item,time\n1,2,2024-01-01\n1,3,7\n", "line 3: timestamp `7` is not a date"),
    "archive.csv": (b"PK\x03\x04\x14\x00", "is a zip archive"),
    "broken.csv.gz": (b"\x1f\x8b\x08\x00broken", "cannot be unpacked"),
    "lines.txt": (b"0 1 2 3\n1 2 3 4\n", "fits no known format"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_irregular_files_are_refused_at_the_right_place(name: str, tmp_path: Path) -> None:
    raw, message = REFUSED[name]
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(str(tmp_path / name))
    assert name in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


QUOTES = {
    "inches": ('user,item\nu1,24" monitor\nu2,27" screen\n', 'line 2: .* in `u1,24" monitor`'),
    "after good ones": (
        'user,item\nu1,"a, b"\nu2,"24"" one"\nu3,24" x 13" m\nu4,24" two\nu5,x\n',
        'line 5: .* in `u4,24" two`',
    ),
    "not closed": ('user,item\nu1,i0\nu1,"i1\nu2,i2\n', 'line 3: .* in `u1,"i1`'),
    "closed by another's": (
        'user,item\nu1,"i1\nu2,"i2, and more"\nu3,c\n',
        'line 2: .* in `u1,"i1`',
    ),
    "behind one of two lines": (
        'user,item\nu1,"a\nb"\nu2,"i1"x\nu3,c\n',
        'line 4: .* in `u2,"i1"x`',
    ),
    "windows": ('user;item\r\nu1;"a"\r\nu2;2"\r\nu3;b\r\n', 'line 3: .* in `u2;2"`'),
    "blank behind it": ('user,item\nu1,"a" \nu2,b\n', 'line 2: .* in `u1,"a" `'),
    "no header": ('u1,"a",1600000000\nu2,2",1600000000\nu3,b,1600000000\n', "line 2: .* in `u2"),
    "long": ('user,item\nu1,"i1' + "x" * 200_000 + "\nu2,i2\n", "line 2: .* in `u1,.{50,60}…`"),
    # The first that is wrong is named, whatever it is.
    "behind an uneven line": (
        'user,item\nu1,2,3\nu2,"i1\nu3,i2\n',
        "line 2: 3 columns; expected 2",
    ),
    "before an uneven line": ('user,item\nu2,2" m\nu1,2,3\nu3,"i2"\n', "line 2: .* in `u2,2"),
}


@pytest.mark.parametrize("case", QUOTES)
def test_a_stray_quote_is_found_in_its_line(case: str, tmp_path: Path) -> None:
    text, message = QUOTES[case]
    (tmp_path / "x.csv").write_bytes(text.encode())
    with pytest.raises(DataError, match=rf"x\.csv, {message}") as caught:
        load_dataset(str(tmp_path / "x.csv"))
    if "columns" not in message:
        assert "a stray quote" in caught.value.message
        assert '24"" monitor' in str(caught.value.hint)
        assert "tabs" in str(caught.value.hint)


def test_quotes_within_a_line_and_between_tabs_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('user,item\n1,24" x 13"\n2,"a ""b"" c"\n')
    assert rows_of(load_dataset(str(tmp_path / "x.csv"))) == [
        ("1", '24" x 13"', None), ("2", 'a "b" c', None),
    ]  # fmt: skip
    (tmp_path / "x.tsv").write_text('user\titem\n1\t24" monitor\n2\t"27\n')
    assert rows_of(load_dataset(str(tmp_path / "x.tsv"))) == [
        ("1", '24" monitor', None), ("2", '"27', None),
    ]  # fmt: skip


def test_hints_name_the_cure(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_bytes("user,item\n1,2\n".encode("utf-16"))
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "wide.csv"))
    assert "iconv -f utf-16" in str(caught.value.hint)
    (tmp_path / "train.txt").write_text("0 1 2 3\n")
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "train.txt"))
    assert "give the folder" in str(caught.value.hint)


@pytest.mark.parametrize("value", ["NaN", "nan", "", "good"])
def test_a_rating_that_is_no_number_is_not_above_every_threshold(value: str, tmp_path) -> None:
    (tmp_path / "r.csv").write_text(f"user,item,rating\n1,2,5\n1,3,{value}\n")
    with pytest.raises(DataError, match="line 3: rating"):
        load_dataset(str(tmp_path / "r.csv"), DataSettings(min_rating=3))
    assert len(load_dataset(str(tmp_path / "r.csv")).interactions) == 2


def test_one_column_cannot_have_two_roles(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="column `a` cannot be two of user, item"):
        load_dataset(str(tmp_path / "x.csv"), DataSettings(columns={"user": "a", "item": "a"}))


def parquet(folder: Path, **columns: object) -> str:
    path = folder / "x.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return str(path)


def test_parquet_has_rows_and_not_lines(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.parquet, row 2: the user id is empty"):
        load_dataset(parquet(tmp_path, user=["1", None], item=["2", "3"]))
    with pytest.raises(DataError, match="row 2: timestamp is empty"):
        load_dataset(parquet(tmp_path, user=[1, 2], item=[2, 2], date=[dt.date(2024, 1, 1), None]))
    with pytest.raises(DataError, match=r"item ids are of type List\(Int64\); expected one value"):
        load_dataset(parquet(tmp_path, user=[1], item=[[1]]))


def test_whole_numbers_that_pandas_stored_as_floats_are_ids(tmp_path: Path) -> None:
    path = parquet(tmp_path, user=[7.0, 8.0], item=[1.5, 2.0])
    assert rows_of(load_dataset(path)) == [("7", "1.5", None), ("8", "2.0", None)]
    with pytest.raises(DataError, match="row 2: the user id is empty"):
        load_dataset(parquet(tmp_path, user=[7.0, float("nan")], item=[1, 2]))


@given(st.lists(st.integers(10**9, 4 * 10**9), min_size=1, max_size=20))
def test_every_unit_gives_the_same_seconds(seconds: list[int]) -> None:
    for scale in (1, 10**3, 10**6, 10**9):
        numbers = pl.Series([value * scale for value in seconds], dtype=pl.Int64)
        for column in (numbers, numbers.cast(pl.String)):
            assert (to_microseconds(column, str, None) // 10**6).to_list() == seconds


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01", "2024-01-01 00:00", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.250Z",
        "2024-01-01T02:00:00+02:00", "2023-12-31T23:30:00-00:30", "2024-01-01 05:30:00.1+0530",
        "2024-01-01T02:00+02:00", "2024-01-01 00:00:00 Z",
    ],
)  # fmt: skip
def test_iso_dates_and_their_offsets(text: str) -> None:
    # A date without offset beside it must not be shifted along.
    times = to_microseconds(pl.Series([text, "2024-01-02"]), str, None)
    assert (times // 10**6).to_list() == [NOON, NOON + 86400]


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([dt.date(2024, 1, 1)]),
        pl.Series([dt.datetime(2024, 1, 1)]).cast(pl.Datetime("ns")),
        pl.Series([dt.datetime(2024, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))]),
    ],
)
def test_dates_of_parquet(column: pl.Series) -> None:
    assert to_microseconds(column, str, None).to_list() == [NOON * 10**6]


def test_a_format_that_does_not_fit_is_named() -> None:
    column = pl.Series(["31/01/2024", "02/13/2024"])
    times = to_microseconds(column[:1], str, "%d/%m/%Y")
    assert times.to_list() == [(NOON + 30 * 86400) * 10**6]
    with pytest.raises(DataError, match=r"timestamp `02/13/2024` is not a date in the format `%d/"):
        to_microseconds(column, lambda row: f"x, line {row + 1}", "%d/%m/%Y")


def test_years_outside_the_calendar_are_refused() -> None:
    with pytest.raises(DataError, match=r"row 1: timestamp `-99999999999\.0` is not a date"):
        to_microseconds(
            pl.Series(np.array([5.0, -99_999_999_999.0])), lambda row: f"row {row}", None
        )
    with pytest.raises(DataError, match=r"row 1: timestamp `1e\+300` is not a date"):
        to_microseconds(pl.Series(np.array([5.0, 1e300])), lambda row: f"row {row}", None)


@given(st.lists(st.floats(-(10**10), 10**10), min_size=1, max_size=20))
def test_microseconds_are_of_the_second_that_a_number_is_in(numbers: list[float]) -> None:
    times = to_microseconds(pl.Series(numbers), str, None)
    assert (times // 10**6).to_list() == [math.floor(number) for number in numbers]
    assert np.abs(times.to_numpy() / 1e6 - np.array(numbers)).max() < 2e-6


def test_a_line_may_end_before_what_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("user,item,time,shop\n1,2,5,a\n1,3,6\n")
    assert rows_of(load_dataset(str(tmp_path / "x.csv"))) == [("1", "2", 5), ("1", "3", 6)]
