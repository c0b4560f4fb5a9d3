"""Successive halving of small grids, on a sensor that reads ten joules an epoch."""

from pathlib import Path

import pytest

from ecorec.analysis.study_analysis import analyse
from ecorec.errors import InputError
from ecorec.report.page import write_report
from ecorec.report.terminal import summary
from ecorec.study.execute import run_study
from tests.study.test_budget import EPOCH_J, sensor  # noqa: F401
from tests.study.test_study import Counting, small

pytestmark = pytest.mark.xdist_group("study")
RATES = (0.0001, 0.05, 0.001, 0.01)
GRID = {
    "models": ("itemknn", "lightgcn"),
    "epochs": (8,),
    "set": {"validate_every": 2, "batch_size": 256},
    "vary": {"learning_rate": RATES},
}


class Rungs(Counting):
    def __init__(self, interrupt_at: int | None = None) -> None:
        super().__init__()
        self.rungs: list[tuple[int, int, int]] = []
        self._left = interrupt_at

    def rung_done(self, epochs, kept, dropped) -> None:
        self.rungs.append((epochs, len(kept), len(dropped)))

    def epoch_done(self, job, epoch) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                raise KeyboardInterrupt


def start(out: Path, interrupt_at: int | None = None, **changes):
    heard = Rungs(interrupt_at)
    return run_study(small(**(GRID | changes)), out, listener=heard), heard


def rate_of(record) -> float:
    return record.settings["training"]["learning_rate"]


def trained(study) -> dict[float, object]:
    return {rate_of(record): record for record in study.records if record.model == "lightgcn"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory):
    """The grid without halving."""
    return trained(run_study(small(**GRID), tmp_path_factory.mktemp("whole") / "s"))


def by_hand(whole, factor: int, ends: tuple[int, ...]) -> tuple[list[float], dict[float, int]]:
    """Return who survives, and after how many epochs each of the others is left."""
    alive, left = list(RATES), {}
    for end in ends:
        value = {
            rate: max(e.validation for e in whole[rate].epochs[:end] if e.validation is not None)
            for rate in alive
        }
        kept = sorted(alive, key=lambda rate: -value[rate])[: -(-len(alive) // factor)]
        left |= {rate: end for rate in alive if rate not in kept}
        alive = [rate for rate in alive if rate in kept]
    return alive, left


def test_the_best_by_validation_go_on_bitwise_and_the_rest_are_billed(
    sensor, whole, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    study, heard = start(tmp_path / "s", halving=2)
    assert heard.rungs == [(2, 2, 2), (4, 1, 1)]
    assert heard.labels[:5] == ["itemknn"] + ["lightgcn d=8 seed 1"] * 4
    alive, left = by_hand(whole, 2, (2, 4))
    [(rate, record)] = trained(study).items()
    # The one that is left is still called by what it was chosen for.
    assert study.info.varied == {"lightgcn d=8": ("learning_rate",)}
    assert f"    learning_rate={rate}\n" in summary(study).split("Verdict: ")[0]
    names = [item.label for item in analyse(study).benchmarks[0].configurations]
    assert names == ["itemknn", f"lightgcn d=8 learning_rate={rate}"]
    assert [rate] == alive
    assert record.run_id == whole[rate].run_id
    assert record.metrics == whole[rate].metrics
    assert [e.loss for e in record.epochs] == [e.loss for e in whole[rate].epochs]
    assert (record.total.energy_j, record.attempts) == (8 * EPOCH_J, 3)
    dropped = study.info.dropped
    assert {item.label: item.epochs_done for item in dropped} == {
        f"lightgcn d=8 learning_rate={rate}": epochs for rate, epochs in left.items()
    }
    for item in dropped:
        assert item.energy.energy_j == item.epochs_done * EPOCH_J
    # Every joule is somewhere: four epochs of two, four of two more, the last four of one.
    spent = sum(item.energy.energy_j for item in dropped) + record.total.energy_j
    assert spent == (4 * 2 + 2 * 2 + 1 * 4) * EPOCH_J
    for text in (summary(study), write_report(tmp_path / "s").read_text()):
        assert "80 J" in text
        assert "1 in 2 goes on" in text
    assert "after 2 of 8 epochs, validation ndcg@10 0." in summary(study)


def test_values_stand_under_the_metric_that_they_were_measured_in(
    sensor, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    study, _ = start(
        tmp_path / "s", halving=2, set=GRID["set"] | {"training.metric": "recall@5"}
    )  # fmt: skip
    assert study.info.metric == "recall@5"
    text = summary(study)
    assert "after 2 of 8 epochs, validation recall@5 0." in text
    assert "ndcg@10" not in text


def test_started_again_nothing_is_trained_and_nothing_forgotten(
    sensor, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    study, _ = start(tmp_path / "s", halving=2)
    before = sensor.joules
    again, heard = start(tmp_path / "s", halving=2)
    assert heard.labels == []
    assert sensor.joules == before
    assert again.info.dropped == study.info.dropped


@pytest.mark.parametrize("interrupt_at", [3, 10, 14])
def test_a_grid_that_was_interrupted_comes_to_the_same_end(
    sensor, whole, tmp_path: Path, interrupt_at: int  # noqa: F811
) -> None:  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path / "s", interrupt_at=interrupt_at, halving=2)
    study, _ = start(tmp_path / "s", halving=2)
    alive, left = by_hand(whole, 2, (2, 4))
    [(rate, record)] = trained(study).items()
    assert ([rate], record.metrics) == (alive, whole[rate].metrics)
    assert sorted(item.epochs_done for item in study.info.dropped) == sorted(left.values())


def test_without_halving_those_that_were_dropped_go_on(
    sensor, whole, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    start(tmp_path / "s", halving=2)
    before = sensor.joules
    study, heard = start(tmp_path / "s")
    assert heard.labels == ["lightgcn d=8 seed 1"] * 3
    found = trained(study)
    assert {rate: r.metrics for rate, r in found.items()} == {
        rate: r.metrics for rate, r in whole.items()
    }
    assert (study.info.dropped, study.info.halving) == ((), None)
    # Two had two epochs behind them, one four; four epochs of two users warm up.
    warm = 4 * EPOCH_J
    assert sensor.joules - before == (6 + 6 + 4) * EPOCH_J + warm - EPOCH_J


def test_seeds_of_a_configuration_stand_or_fall_together(
    sensor, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    study, heard = start(
        tmp_path / "s", models=("lightgcn",), seeds=(1, 2), vary={"learning_rate": (0.0001, 0.05)},
        halving=2,
    )  # fmt: skip
    assert heard.rungs == [(4, 2, 2)]
    assert [(rate_of(r), r.seed) for r in sorted(study.records, key=lambda r: r.seed)] == [
        (0.05, 1),
        (0.05, 2),
    ]
    assert [(item.label, item.seed) for item in study.info.dropped] == [
        ("lightgcn d=8 learning_rate=0.0001", 1),
        ("lightgcn d=8 learning_rate=0.0001", 2),
    ]
    assert "(2 seeds): after 4 of 8 epochs" in summary(study)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"budget": "1kJ"}, "--halving 2 and --budget 1kJ cannot be combined"),
        ({"epochs": (4, 8)}, "needs one number of epochs, not 4, 8"),
        ({"vary": {"metric": ("ndcg@10", "recall@10")}}, "not ndcg@10 and recall@10"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_written(
    tmp_path: Path, changes, words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        start(tmp_path / "s", halving=2, **changes)
    assert caught.value.hint
    assert not (tmp_path / "s").exists()
