"""A folder of Parquet files: what one file with the same rows would give."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.data import partitioned
from ecorec.data.dataset import DataSettings
from ecorec.data.load import load_dataset
from ecorec.errors import DataError, InputError


def frame_of(seed: int, n: int = 200) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "customer": [f" c{at}" for at in rng.integers(0, 20, n)],
            "sku": rng.integers(0, 15, n),
            "rating": rng.integers(1, 6, n),
            # The first rows are before 1973: in milliseconds they look like seconds.
            "time": np.sort(rng.integers(50_000_000_000, 1_700_000_000_000, n)),
            "remark": ["x"] * n,
        }
    )


COLUMNS = {"user": "customer", "item": "sku", "timestamp": "time"}


def in_both_ways(frame: pl.DataFrame, n_files: int, folder: Path, **asked):
    one, many = folder / "one.parquet", folder / "many"
    frame.write_parquet(one)
    for at in range(n_files):
        place = many / f"year={at // 2}"
        place.mkdir(parents=True, exist_ok=True)
        size = -(-frame.height // n_files)
        frame.slice(at * size, size).write_parquet(place / f"part-{at:03}.parquet")
    options = DataSettings(columns=COLUMNS, **asked)
    return load_dataset(str(one), options), load_dataset(str(many), options)


@pytest.mark.parametrize("seed", range(3))
def test_fractions_of_a_second_put_rows_in_order_as_in_one_file(tmp_path: Path, seed: int) -> None:
    # Two hundred moments within nine seconds, the newest first.
    moments = np.random.default_rng(seed).choice(9000, 200, replace=False)
    frame = frame_of(seed).with_columns(time=pl.Series(np.sort(moments)[::-1] + 1_700_000_000_000))
    one, many = in_both_ways(frame, 3, tmp_path)
    assert many.interactions.fingerprint() == one.interactions.fingerprint()
    rows = (
        frame.reverse()
        .select(pl.col("customer").str.strip_chars(), "sku")
        .unique(maintain_order=True)
    )
    whole = many.interactions
    users, items = whole.user_ids[whole.users], whole.item_ids[whole.items]
    assert users.tolist() == rows["customer"].to_list()
    assert items.tolist() == rows["sku"].cast(pl.String).to_list()


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 99), n_files=st.integers(1, 5), rows=st.sampled_from([7, 64, 2**20]),
    min_rating=st.sampled_from([None, 3.0]), k_core=st.sampled_from([0, 2]),
)  # fmt: skip
def test_it_is_as_one_file(tmp_path_factory, seed, n_files, rows, min_rating, k_core) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitioned, "ROWS", rows)
        folder = tmp_path_factory.mktemp("data")
        one, many = in_both_ways(
            frame_of(seed), n_files, folder, min_rating=min_rating, k_core=k_core
        )
    assert many.interactions.fingerprint() == one.interactions.fingerprint()
    assert many.filters == one.filters
    assert many.interactions.timestamps is not None
    assert not many.from_cache


def test_what_other_programs_leave_behind_is_not_read(tmp_path: Path) -> None:
    frame_of(1).write_parquet(tmp_path / "a.parquet")
    (tmp_path / "_temporary").mkdir()
    frame_of(2).write_parquet(tmp_path / "_temporary" / "b.parquet")
    (tmp_path / ".c.parquet").write_bytes(b"half")
    assert [file.name for file in partitioned.partitions(tmp_path)] == ["a.parquet"]


def test_a_folder_that_is_called_like_a_file_is_not_read_as_well(tmp_path: Path) -> None:
    # Spark writes a table as such a folder.
    spark = tmp_path / "orders.parquet"
    spark.mkdir()
    rows = frame_of(1).unique(["customer", "sku"], maintain_order=True)
    for at in range(2):
        rows.slice(at * 50, 50).write_parquet(spark / f"part-0000{at}.parquet")
    found = load_dataset(str(tmp_path), DataSettings(columns=COLUMNS))
    assert len(found.interactions) == min(rows.height, 100)
    assert found.notes[0].startswith("2 Parquet files")
    assert not any("duplicates" in note for note in found.notes)


def test_a_file_without_a_column_is_named(tmp_path: Path) -> None:
    frame_of(1).write_parquet(tmp_path / "a.parquet")
    frame_of(2).drop("sku").write_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet has no column `sku`, from which .* the item"):
        load_dataset(str(tmp_path), DataSettings(columns=COLUMNS))


def test_ids_that_are_fractions_are_refused(tmp_path: Path) -> None:
    frame_of(1).with_columns(pl.col("sku").cast(pl.Float64)).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="the item ids are of type Float64; expected text or whole"):
        load_dataset(str(tmp_path), DataSettings(columns=COLUMNS))


def test_an_empty_id_is_found_in_its_file_and_row(tmp_path: Path) -> None:
    frame_of(1).write_parquet(tmp_path / "a.parquet")
    bad = pl.Series([None, *range(199)], dtype=pl.Int64)
    frame_of(2).with_columns(bad.reverse().alias("sku")).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet, row 200: the item id is empty"):
        load_dataset(str(tmp_path), DataSettings(columns=COLUMNS))


def test_a_damaged_file_and_a_wrong_column_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DataError, match=r"a\.parquet is not a readable Parquet file"):
        load_dataset(str(tmp_path))
    frame_of(1).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="has no column `who`"):
        load_dataset(str(tmp_path), DataSettings(columns={"user": "who"}))


def test_a_folder_with_its_own_split_is_read_as_such(tmp_path: Path) -> None:
    frame_of(1).write_parquet(tmp_path / "beside.parquet")
    (tmp_path / "train.txt").write_text("0 1 2\n1 2\n")
    (tmp_path / "test.txt").write_text("0 3\n")
    assert len(load_dataset(str(tmp_path)).interactions) == 4
