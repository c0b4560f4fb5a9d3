"""What is compared with what: runs whose data, split and draw are the same."""

from pathlib import Path

import pytest

from ecorec.analysis.naming import benchmark_key
from ecorec.study.execute import run_study
from tests.study.test_study import small

pytestmark = pytest.mark.xdist_group("study")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in LightGCN's format, without a validation set."""
    for name, items in {"train.txt": range(2, 20), "test.txt": range(2)}.items():
        lines = [" ".join(map(str, [user, *((user + item) % 25 for item in items)]))
                 for user in range(25)]  # fmt: skip
        (tmp_path / name).write_text("\n".join(lines))
    return tmp_path


def test_a_validation_set_that_was_drawn_is_another_benchmark(folder: Path) -> None:
    records = []
    for seed in (1, 2):
        asked = small(models=("popularity",), datasets=(str(folder),), split="given",
                      split_seed=seed)  # fmt: skip
        records += run_study(asked, folder / f"s{seed}").records
    assert [record.split.seed for record in records] == [1, 2]
    keys = [benchmark_key(record) for record in records]
    assert keys[0] != keys[1]
    # As records were before they told the seed: still comparable with the newer ones.
    for record, key in zip(records, keys, strict=True):
        split = record.split.model_copy(update={"seed": None})
        assert benchmark_key(record.model_copy(update={"split": split})) == key


def test_less_training_data_is_the_same_benchmark(tmp_path: Path) -> None:
    asked = small(models=("popularity",), split="leave-one-out", train_shares=(0.5, 1.0))
    half, whole = run_study(asked, tmp_path / "s").records
    assert half.run_id != whole.run_id
    assert (half.split.seed, whole.split.seed) == (None, None)
    assert benchmark_key(half) == benchmark_key(whole)
