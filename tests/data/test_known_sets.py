"""Where known sets are found, what items are called, and made sets whose answer is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecorec.data.catalogue import CATALOGUE
from ecorec.data.dataset import DataSettings
from ecorec.data.download import locate
from ecorec.data.export import write_parquet
from ecorec.data.load import load_dataset
from ecorec.data.protocols import SplitSettings
from ecorec.data.splitting import make_split
from ecorec.data.statistics import statistics
from ecorec.data.synthetic import block, checkerboard, power_law
from ecorec.errors import DataError, InputError
from tests.conftest import interactions_of


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECOREC_DATA", raising=False)


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("ml-100k", "ml-100k/u.data"), ("ml-100k", "u.data.gz"), ("ml-1m", "ml-1m/ratings.dat"),
        ("ml-1m", "ml-1m/ml-1m.csv.xz"), ("amazon-beauty", "amazon-beauty/bert4rec_beauty.txt.gz"),
        ("amazon-beauty", "ratings_Beauty.csv"), ("dianping", "DianPing/DianPing.inter"),
        ("dianping", "dianping.inter"),
    ],
)  # fmt: skip
def test_a_known_set_is_found_under_its_publishers_names(name, file, tmp_path, monkeypatch) -> None:
    path = put(tmp_path / file, "x")
    assert locate(CATALOGUE[name], tmp_path) == path
    assert locate(CATALOGUE[name], path) == path
    monkeypatch.setenv("ECOREC_DATA", str(tmp_path))
    assert locate(CATALOGUE[name], None) == path


def test_one_told_file_is_not_read_as_every_set(tmp_path: Path) -> None:
    path = put(tmp_path / "u.data", "1\t2\t5\t10\n")
    with pytest.raises(DataError, match=r"u\.data is a file of `ml-100k`, not of `ml-1m`"):
        load_dataset("ml-1m", data_path=path)
    assert len(load_dataset("movietweetings", data_path=path).interactions) == 100_000
    renamed = put(tmp_path / "mine.data", "1\t2\t5\t10\n")
    assert len(load_dataset("ml-1m", data_path=renamed).interactions) == 1


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere does not exist"):
        load_dataset("ml-1m", data_path=tmp_path / "nowhere")


TITLES = [
    ("ml-1m", "ratings.dat", "1::2::5::10", "movies.dat", "2::Père (1995)::Drama\n"),
    ("ml-100k", "u.data", "1\t2\t5\t10", "u.item", "2|Père (1995)|01-Jan-1995||http|0\n"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "latin1"])
@pytest.mark.parametrize(("name", "ratings", "row", "titles", "lines"), TITLES)
def test_movielens_titles(name, ratings, row, titles, lines, encoding, tmp_path: Path) -> None:
    put(tmp_path / ratings, row)
    (tmp_path / titles).write_bytes(lines.encode(encoding))
    assert load_dataset(name, data_path=tmp_path).titles == {"2": "Père (1995)"}
    # Somebody's own file that happens to lie there is not given GroupLens's titles.
    assert load_dataset(str(tmp_path / ratings)).titles is None


def test_titles_from_a_column_survive_the_import(tmp_path: Path) -> None:
    put(tmp_path / "x.csv", "user,item,time,title\n1,07,5,Lamp\n2,07,6,Lamp\n1,8,7,\n")
    dataset = load_dataset(str(tmp_path / "x.csv"))
    assert dataset.titles == {"07": "Lamp"}
    write_parquet(dataset, tmp_path / "x.parquet")
    again = load_dataset(str(tmp_path / "x.parquet"))
    assert again.titles == dataset.titles
    assert again.interactions.fingerprint() == dataset.interactions.fingerprint()


def test_an_imported_file_keeps_the_order_of_time(tmp_path: Path) -> None:
    put(tmp_path / "pairs.txt", "1 10\n1 11\n2 10\n")
    dataset = load_dataset(str(tmp_path / "pairs.txt"))
    write_parquet(dataset, tmp_path / "pairs.parquet")
    again = load_dataset(str(tmp_path / "pairs.parquet")).interactions
    assert again.has_order
    assert again.fingerprint() == dataset.interactions.fingerprint()


def test_what_cannot_be_imported_leaves_nothing_behind(tmp_path: Path) -> None:
    put(tmp_path / "given" / "train.txt", "0 1 2\n")
    put(tmp_path / "given" / "test.txt", "0 3\n")
    given = load_dataset(str(tmp_path / "given"))
    with pytest.raises(DataError, match="has a split of its own"):
        write_parquet(given, tmp_path / "x.parquet")
    put(tmp_path / "pairs.txt", "1 10\n")
    pairs = load_dataset(str(tmp_path / "pairs.txt"))
    with pytest.raises(InputError, match=r"cannot be written: there is no folder .*nowhere"):
        write_parquet(pairs, tmp_path / "nowhere" / "x.parquet")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="folder cannot be written"):
        write_parquet(pairs, tmp_path / "folder")
    assert {path.name for path in tmp_path.iterdir()} == {"given", "pairs.txt", "folder"}


def test_statistics_in_closed_form() -> None:
    # Popularity 3, 1, 0, 0: Gini = (2*(1*0+2*0+3*1+4*3) / (4*4)) - (4+1)/4 = .625.
    found = statistics(interactions_of([(0, 0), (1, 0), (2, 0), (2, 1)], 3, 4))
    assert found.item_gini == pytest.approx(0.625, abs=1e-12)
    assert (found.density, found.sparsity) == (4 / 12, 1 - 4 / 12)
    assert (found.per_user, found.per_item) == ((1, 1.0, 2), (0, 0.5, 3))
    assert statistics(checkerboard(6, 4)).item_gini == pytest.approx(0, abs=1e-12)


def test_statistics_of_no_interactions() -> None:
    nothing = replace(interactions_of([], 3, 4), timestamps=np.array([], dtype=np.int64))
    found = statistics(nothing)
    assert (found.n_interactions, found.density, found.item_gini) == (0, 0.0, 0.0)
    assert (found.first_date, found.last_date) == (None, None)


def test_made_sets_are_what_they_say() -> None:
    board = checkerboard(5, 4)
    assert set(zip(board.users.tolist(), board.items.tolist(), strict=True)) == {
        (u, i) for u in range(5) for i in range(4) if u % 2 == i % 2
    }
    pure = block(60, 30, 3, 8, 0.0, seed=5)
    assert (pure.users % 3 == pure.items // 10).all()
    assert pure.fingerprint() == block(60, 30, 3, 8, 0.0, seed=5).fingerprint()
    assert pure.fingerprint() != block(60, 30, 3, 8, 0.0, seed=6).fingerprint()
    flat, steep = (statistics(power_law(400, 200, 8000, e, 1)).item_gini for e in (0.0, 0.8))
    assert flat < 0.15 < 0.35 < steep
    assert np.unique(board.users * 4 + board.items).size == len(board)


@pytest.mark.parametrize("name", ["block", "power-law", "checkerboard"])
def test_what_comes_last_in_a_made_set_is_any_of_a_users_items(name: str) -> None:
    dataset = load_dataset(f"synthetic:{name}")
    whole = dataset.interactions
    split = make_split(dataset, SplitSettings(protocol="leave-one-out"), 1)
    for part in (split.valid, split.test):
        # Where the item stands among the user's, from the lowest index (0) to the highest (1).
        places = []
        for user, item in zip(part.users, part.items, strict=True):
            own = whole.items[whole.users == user]
            places.append((own < item).sum() / (own.size - 1))
        assert 0.4 < np.mean(places) < 0.6
    assert load_dataset(f"synthetic:{name}").fingerprint() == dataset.fingerprint()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("block?users=0", "`users=0` .* expected a whole number from 1 up"),
        ("block?users=nan", "expected a whole number from 1 up"),
        ("block?users=inf", "expected a whole number from 1 up"),
        ("block?users=2.5", "expected a whole number from 1 up"),
        ("block?seed=-1", "expected a whole number from 0 up"),
        ("block?noise=1.1", "expected 0 to 1$"),
        ("block?blocks=301", "asks for 301 blocks of 300 items"),
        ("power-law?exponent=1", "expected 0 to below 1"),
        ("checkerboard?seed=1", "no parameter of `checkerboard` is called `seed`"),
    ],
)
def test_made_sets_that_cannot_be(query: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_dataset(f"synthetic:{query}")
    assert caught.value.hint


def test_a_rating_threshold_on_a_made_set_is_not_ignored() -> None:
    with pytest.raises(DataError, match="no columns, no ratings and no dates"):
        load_dataset("synthetic:block", DataSettings(min_rating=3))


def test_recbole_columns_are_found_by_name(external_data: Path) -> None:
    sample = external_data / "dianping-schema-sample" / "dianping_SYNTHETIC.inter"
    if not sample.exists():
        pytest.skip("needs the synthetic sample of DianPing's columns in ECOREC_DATA")
    found = statistics(load_dataset("dianping", data_path=sample).interactions)
    assert (found.n_users, found.n_items, found.n_interactions) == (12, 15, 58)
