import pytest

from ecorec.analysis.configurations import configurations
from ecorec.analysis.elsewhere.at_quality import at_quality
from ecorec.analysis.energy_to_quality import energy_to_quality, first_reach
from ecorec.energy.reading import ComponentEnergy, Reading
from ecorec.study.record import EpochRecord, RunRecord
from tests.analysis.records import Plan, reading, synthesise

PHASES = {"load": 1.0, "split": 2.0, "graph": 3.0, "init": 4.0, "train": 40.0, "validate": 8.0,
          "test": 100.0, "checkpoint": 100.0}  # fmt: skip
NDCG = "ndcg@10"
VALIDATED = {2: 0.10, 4: 0.14, 6: 0.13, 8: 0.16}


def _record(train_j: float | None = 5.0, **phases: float | None) -> RunRecord:
    """Eight epochs of 5 J each, validated every other one."""
    (record,) = synthesise([Plan("lightgcn", 8)], n_users=20).records
    epochs = tuple(
        EpochRecord(epoch=e, train_s=1.0, train_cpu_s=1.0, train_j=train_j, loss=0.5,
                    validation=VALIDATED.get(e))
        for e in range(1, 9)
    )  # fmt: skip
    booked = tuple(reading(name, joules) for name, joules in (PHASES | phases).items())
    return record.model_copy(update={"epochs": epochs, "phases": booked})


@pytest.mark.parametrize(
    ("target", "epoch", "joules"),
    [
        (0.05, 2, 10 + 10 + 2),
        (0.14, 4, 10 + 20 + 4),
        (0.15, 8, 10 + 40 + 8),
    ],
)
def test_set_up_training_and_validations_up_to_the_first_epoch_that_reaches_it(
    target: float, epoch: int, joules: float
) -> None:
    way = first_reach(_record(), target, NDCG)
    assert way is not None
    assert (way.epoch, way.method) == (epoch, "assumed")
    assert way.energy_j == pytest.approx(joules)
    assert (way.low_j, way.high_j) == (pytest.approx(joules * 0.5), pytest.approx(joules * 1.5))


def test_what_is_not_reached_or_not_read_is_none() -> None:
    assert first_reach(_record(), 0.17, NDCG) is None
    assert first_reach(_record(train_j=None), 0.10, NDCG) is None
    assert first_reach(_record(graph=None), 0.10, NDCG) is None
    (closed,) = synthesise([Plan("popularity", None)], n_users=20).records
    assert first_reach(closed, 0.0, "mrr@10") is None


def test_a_fit_in_closed_form_is_there_at_once() -> None:
    plan = Plan("popularity", None, energy_j=20.0, validation=0.14)
    (closed,) = synthesise([plan], n_users=20).records
    booked = tuple(reading(name, joules) for name, joules in PHASES.items() if name != "init")
    record = closed.model_copy(update={"phases": booked})
    way = first_reach(record, 0.14, NDCG)
    assert (way.epoch, way.energy_j) == (None, pytest.approx(1 + 2 + 3 + 40 + 8))
    assert first_reach(record, 0.141, NDCG) is None


def test_one_seed_that_does_not_reach_it_leaves_no_mean() -> None:
    found = configurations(synthesise([Plan("lightgcn", 8, seeds=(1, 2))], n_users=20).records)
    target = max(e.validation or 0.0 for e in found[0].first.epochs)
    (both,) = energy_to_quality(found, target)
    assert both.n_runs == len(both.reached) == 2
    assert both.energy_j is not None
    worse = [r.model_copy(update={"epochs": r.epochs[:5]}) for r in found[0].records[1:]]
    (one,) = energy_to_quality(configurations([found[0].first, *worse]), target)
    assert (len(one.reached), one.energy_j) == (1, None)


def test_what_chose_its_epochs_by_another_metric_does_not_reach_the_target() -> None:
    plans = [Plan("simgcl", 64), Plan("lightgcn", 64), Plan("ngcf", 64, validation=0.9)]
    records = synthesise(plans, n_users=20).records
    by_recall = [
        r.model_copy(update={"selection_metric": "recall@20"}) if r.model == "ngcf" else r
        for r in records
    ]
    found = configurations(by_recall)
    ways = {way.configuration.model: way for way in energy_to_quality(found, 0.1)}
    assert {way.metric for way in ways.values()} == {NDCG}
    assert ways["simgcl"].energy_j is not None
    ngcf = ways["ngcf"]
    assert (ngcf.reached, ngcf.best, ngcf.chosen_by) == ((), None, ("recall@20",))
    # The only one of a study that ran alone, but not to be held against the other study's NDCG.
    busy = [r.isolation.model_copy(update={"foreign_share": 0.5}) for r in by_recall]
    second = configurations([
        r if r.model == "ngcf" else r.model_copy(update={"isolation": isolation})
        for r, isolation in zip(by_recall, busy, strict=True)
    ])  # fmt: skip
    both = at_quality(found, second, 0.1)
    assert both is not None
    assert (both.metric, both.second) == (NDCG, None)
    assert both.first is not None


def _of_the_machine(phase: Reading, joules: float | None) -> Reading:
    """Return a phase beside which the machine drew so much; `None` where its counter failed."""
    known = joules is not None
    counter = ComponentEnergy(
        component="cpu", sensor="rapl-package", method="counter" if known else "absent",
        scope="machine", energy_j=joules, low_j=joules, high_j=joules,
    )  # fmt: skip
    return phase.model_copy(update={"components": (*phase.components, counter)})


def test_joules_of_the_machine_and_of_the_process_are_never_added() -> None:
    """One look at the counter failed, in training: its share is known of the process only."""
    record = _record()
    machine = {phase.name: _of_the_machine(phase, 70.0) for phase in record.phases}
    whole = record.model_copy(update={
        "phases": tuple(machine.values()), "total": _of_the_machine(record.total, 700.0),
    })  # fmt: skip
    way = first_reach(whole, 0.14, NDCG)
    assert way is not None
    assert (way.method, way.energy_j) == ("counter", pytest.approx(70 * (4 + 1 / 2 + 2 / 4)))
    machine["train"] = _of_the_machine(reading("train", 40.0), None)
    failed = whole.model_copy(update={"phases": tuple(machine.values())})
    assert first_reach(failed, 0.14, NDCG) is None
