"""Rates of the machine: measured once a boot for each number of threads, and kept."""

import pytest

from ecorec.energy.hardware import describe_machine
from ecorec.energy.isolation import Isolation
from ecorec.planning.calibration_cache import CalibrationCache
from ecorec.study import machine_rates
from ecorec.study.machine import versions
from ecorec.study.plan import plan
from tests.analysis.records import calibration
from tests.study.test_study import small

BUSY = Isolation(foreign_share=0.3, steal_share=0.0, throttle_events=None)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads of every calibration that was made."""
    threads: list[int] = []

    def calibrate(n: int, used: dict[str, str]):
        threads.append(n)
        return calibration(describe_machine(), n).model_copy(update={"versions": used})

    monkeypatch.setattr(machine_rates, "calibrate", calibrate)
    monkeypatch.setattr(machine_rates, "use_threads", lambda _: None)
    return threads


def test_each_number_of_threads_is_measured_once_a_boot(measured, tmp_path) -> None:
    hardware, cache = describe_machine(), CalibrationCache(tmp_path)
    jobs = [*plan(small(), 1), *plan(small(), 2)]
    found = machine_rates.rates_for(jobs, hardware, (), cache)
    assert [item.threads for item in found] == measured == [1, 2]
    assert machine_rates.rates_for(jobs, hardware, (), cache) == found
    assert machine_rates.rates_for(jobs, hardware, found, CalibrationCache(tmp_path / "b")) == found
    assert measured == [1, 2]
    assert found[0].versions == versions()
    rebooted = hardware.model_copy(update={"boot_id": "another"})
    assert len(machine_rates.rates_for(jobs, rebooted, found, cache)) == 4


def test_rates_from_a_busy_machine_are_measured_again(measured, tmp_path) -> None:
    hardware, cache = describe_machine(), CalibrationCache(tmp_path)
    busy = calibration(hardware, 2).model_copy(update={"isolation": BUSY})
    first, second = machine_rates.rates_for(plan(small(), 2), hardware, (busy,), cache)
    assert (first, second.contaminated, measured) == (busy, False, [2])


def test_a_gpu_has_no_such_rates(measured, tmp_path) -> None:
    jobs = plan(small(device="cuda"), 2)
    found = machine_rates.rates_for(jobs, describe_machine(), (), CalibrationCache(tmp_path))
    assert (found, measured) == ((), [])
