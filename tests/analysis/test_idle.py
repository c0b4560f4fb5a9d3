"""Total, idle and dynamic energy by hand."""

import pytest

from ecorec.analysis.configurations import configurations
from ecorec.analysis.derived_columns import idle_columns
from ecorec.analysis.idle import SEVERAL, not_told, split_idle, why_no_idle
from ecorec.analysis.spent import Prices, find_currency
from ecorec.energy.idle import IdleBaseline, IdlePower
from ecorec.energy.processes import add_processes
from ecorec.energy.reading import ComponentEnergy, Reading
from tests.analysis.records import Plan, synthesise


def _machine(joules: float, seconds: float) -> Reading:
    package = ComponentEnergy(
        component="cpu", sensor="rapl-package", method="counter", scope="machine",
        energy_j=joules, low_j=joules, high_j=joules,
    )  # fmt: skip
    return Reading(name="total", duration_s=seconds, cpu_s=1.0, components=(package,))


def _baseline(watts: float, error_w: float = 0.0, **changes) -> IdleBaseline:
    power = IdlePower(
        component="cpu", sensor="rapl-package", method="counter", power_w=watts,
        standard_error_w=error_w,
    )  # fmt: skip
    values = {
        "machine_id": "machine-a",
        "boot_id": "boot",
        "measured_at": "2026-11-24T03:00:00+00:00",
        "duration_s": 10.0,
        "n_windows": 10,
        "powers": (power,),
    }
    return IdleBaseline(**(values | changes))


@pytest.fixture
def record():
    """A run of 10 s that drew 500 J."""
    (found,) = synthesise([Plan("simgcl", 64)]).records
    return found.model_copy(update={"total": _machine(500.0, 10.0)})


def test_the_parts_by_hand(record) -> None:
    """Idle 19 and 21 W: 200 J of 500; the range is that of both, two errors of .1 W wide."""
    split = split_idle(record, [_baseline(19.0), _baseline(21.0, 0.1)])
    assert split is not None
    assert (split.idle_j, split.dynamic_j) == pytest.approx((200, 300))
    assert (split.dynamic_low_j, split.dynamic_high_j) == pytest.approx((500 - 211.96, 310))
    assert split.methods == ("counter",)
    assert split.drifted  # 2 in 19 is more than 5 %


@pytest.mark.parametrize(
    "baseline",
    [
        _baseline(20.0, powers=()),
        _baseline(20.0, boot_id="another"),
        _baseline(20.0, machine_id="another"),
    ],
)
def test_without_a_baseline_of_this_machine_and_boot_there_is_none(record, baseline) -> None:
    assert split_idle(record, [baseline]) is None


def test_modelled_energy_has_no_idle_part() -> None:
    (modelled,) = synthesise([Plan("simgcl", 64)]).records
    assert split_idle(modelled, [_baseline(20.0)]) is None


BOARD = ComponentEnergy(
    component="gpu", sensor="nvml", method="counter", scope="machine",
    energy_j=900.0, low_j=900.0, high_j=900.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("machines", "boards", "changes"),
    [
        (("a", "b"), (), {"n_machines": 2}),
        (("a", "b"), (), {"n_machines": None}),  # not noted by an older ecorec
        (("a", "a"), (BOARD,), {"n_machines": 1}),
    ],
)
def test_a_sum_over_machines_or_boards_has_no_idle_part_of_the_first_alone(
    record, machines: tuple[str, ...], boards: tuple[ComponentEnergy, ...], changes
) -> None:
    """Two machines of 80 W idle, 1000 J each in 10 s: 1600 J of 2000 are idle, not 800."""
    package = _machine(1000.0, 10.0)
    own = package.model_copy(update={"components": (*package.components, *boards)})
    total = add_processes("total", [(machine, own) for machine in machines])
    assert total.energy_j == (2800 if boards else 2000)
    shared = record.model_copy(update={"total": total, "shards": 2, **changes})
    power = _baseline(80.0).powers[0]
    board = power.model_copy(update={"component": "gpu", "sensor": "nvml"})
    baseline = _baseline(80.0, powers=(power, board))
    assert split_idle(shared, [baseline]) is None
    assert why_no_idle([shared], [baseline]) == SEVERAL
    assert why_no_idle([shared, record], [baseline]) == ""


def test_processes_of_one_machine_share_its_idle_power(record) -> None:
    total = add_processes("total", [("a", _machine(1000.0, 10.0))] * 2)
    shared = record.model_copy(update={"total": total, "shards": 2, "n_machines": 1})
    split = split_idle(shared, [_baseline(80.0)])
    assert split is not None
    assert (split.idle_j, split.dynamic_j) == pytest.approx((800, 200))


def test_a_run_that_draws_no_more_than_idle_has_no_dynamic_energy(record) -> None:
    split = split_idle(record, [_baseline(60.0)])
    assert split is not None
    assert split.idle_j == pytest.approx(600)
    assert (split.dynamic_j, split.dynamic_low_j, split.dynamic_high_j) == (None, None, None)
    assert not_told([record], [_baseline(60.0)]) == (
        "1 of 1 runs drew no more than the idle machine"
    )
    assert not_told([record], [_baseline(20.0)]) == ""
    columns = {column.name: column.value(record) for column in idle_columns([_baseline(60.0)])}
    assert columns["dynamic_j"] is None
    assert columns["idle_method"] == "counter, not told from idle"


def test_a_low_end_within_idle_is_zero(record) -> None:
    split = split_idle(record, [_baseline(49.0, 1.0)])
    assert split is not None
    assert (split.dynamic_j, split.dynamic_low_j) == (pytest.approx(10.0), 0.0)


def test_one_repeat_that_is_not_told_from_idle_makes_no_configuration_the_cheapest() -> None:
    """Dynamic joules 100, 110, 95, none and 105 have no mean, and none of 0 J."""
    joules = (300.0, 310.0, 295.0, 199.0, 305.0)
    records = synthesise([Plan("simgcl", 64, seeds=(1, 2, 3, 4, 5))]).records
    drawn = [
        record.model_copy(update={"total": _machine(each, 10.0)})
        for record, each in zip(records, joules, strict=True)
    ]
    (whole,) = configurations(drawn, [_baseline(20.0)])
    assert whole.dynamic_j is None
    assert find_currency("dynamic").of(whole, Prices()) is None
    (told,) = configurations([*drawn[:3], drawn[4]], [_baseline(20.0)])
    assert told.dynamic_j == pytest.approx((100 * 110 * 95 * 105) ** 0.25)
    spent = find_currency("dynamic").of(told, Prices())
    assert spent is not None
    assert spent.central == pytest.approx(told.dynamic_j)
