"""The share of the training data as a factor of a study."""

import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

from ecorec.analysis.configurations import configurations
from ecorec.analysis.rows import in_order, rows
from ecorec.data.load import load_dataset
from ecorec.errors import InputError
from ecorec.study import prepare
from ecorec.study.execute import run_study
from ecorec.study.plan import plan
from ecorec.study.prepare import build_split, validation_set
from tests.study.test_study import DATA, small

pytestmark = pytest.mark.xdist_group("study")


def asked(*shares: float, by: tuple[str, ...] = ("random",), **changes):
    return small(train_shares=shares, train_shares_by=by, **changes)


def test_all_of_the_data_is_the_run_that_it_always_was() -> None:
    usual, stated = (plan(study, 2)[1].longest for study in (small(), asked(1.0, by=("recent",))))
    assert usual == stated
    # Written before there was a share: an old folder must be found again.
    assert usual.run_id("data") == "9e1973947d97"
    assert "reduction" not in usual.model_dump(mode="json")


def test_shares_are_factors_and_all_of_the_data_is_one_run_however_it_is_chosen() -> None:
    jobs = plan(asked(1, 0.2, 0.4, by=("recent", "random"), models=("lightgcn",)), 2)
    assert sorted(job.label for job in jobs) == [
        "lightgcn d=8 seed 1",
        "lightgcn d=8 train=20% recent seed 1",
        "lightgcn d=8 train=20% seed 1",
        "lightgcn d=8 train=40% recent seed 1",
        "lightgcn d=8 train=40% seed 1",
    ]
    assert len({job.longest.run_id("data") for job in jobs}) == 5


@pytest.mark.parametrize("held_out", [validation_set, prepare.test_set])
def test_less_data_is_the_same_task(held_out) -> None:
    jobs = plan(asked(1, 0.2, models=("lightgcn",)), 2)
    whole, part = sorted((job.longest for job in jobs), key=lambda run: run.reduction is not None)
    data, cpu = load_dataset(DATA, whole.data), torch.device("cpu")
    one, two = (held_out(build_split(data, run), run, cpu) for run in (whole, part))
    for user in range(data.interactions.n_users):
        assert set(one.seen.of(user)) == set(two.seen.of(user))
        assert set(one.relevant.of(user)) == set(two.relevant.of(user))
    np.testing.assert_array_equal(one.popularity, two.popularity)


def test_records_say_what_they_were_trained_on(tmp_path: Path) -> None:
    study = run_study(asked(0.2, 1.0, models=("itemknn", "popularity")), tmp_path / "s")
    table = rows(study.records, None, 1.0)
    assert table["train_share"].to_list() == [0.2, 1.0, 0.2, 1.0]
    assert table["train_share_by"].to_list() == ["random", None, "random", None]
    n_train = [record.split.n_train for record in in_order(study.records)]
    assert n_train[0] == n_train[1] // 5
    labels = [item.label for item in configurations(in_order(study.records))]
    assert labels == ["popularity train=20%", "popularity train=100%",
                      "itemknn train=20%", "itemknn train=100%"]  # fmt: skip
    words = shlex.split(in_order(study.records)[0].command)
    at = words.index("--train-shares")
    assert words[at : at + 4] == ["--train-shares", "0.2", "--train-shares-by", "random"]
    assert "--train-shares" not in in_order(study.records)[1].command


def test_what_is_recent_must_be_known_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing says which interactions are recent"):
        run_study(asked(0.5, by=("recent",)), tmp_path / "s")
    assert not (tmp_path / "s").exists()
    with pytest.raises(InputError, match="is out of range: numbers up to 1"):
        type(small()).parse({"train_shares": (1.5,)}, "the study")
