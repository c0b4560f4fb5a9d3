"""Total, idle and dynamic energy by hand."""

import pytest

from ecorec.analysis.idle import split_idle
from ecorec.energy.idle import IdleBaseline, IdlePower
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


def test_a_run_that_draws_less_than_idle_adds_nothing_rather_than_less(record) -> None:
    split = split_idle(record, [_baseline(60.0)])
    assert split is not None
    assert (split.dynamic_j, split.dynamic_low_j) == (0.0, 0.0)
