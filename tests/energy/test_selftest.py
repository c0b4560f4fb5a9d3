"""The self-test of counters, with counters whose watts are known."""

import functools

import pytest

from ecorec.energy import counter_test, selftest
from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.meter import Meter
from ecorec.energy.sensor import AbsentSensor
from tests.sensors import Clock, Powered


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Powered:
    """A package that draws 20 W at rest and `busy_w` in the busy trial."""
    found = Powered(clock, 20.0)
    found.busy_w = 50.0

    def spin(seconds: float) -> None:
        found.watts = found.busy_w
        clock.sleep(seconds)
        found.watts = 20.0

    monkeypatch.setattr(counter_test, "spin", spin)
    monkeypatch.setattr(counter_test, "idle", clock.sleep)
    monkeypatch.setattr(counter_test, "Meter", functools.partial(Meter, clock=clock))
    return found


@pytest.fixture
def findings(monkeypatch):
    """The findings about a component, with given sensors beside the modelled one."""

    def find(subject: str, *sensors) -> list[selftest.Finding]:
        modelled = CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "a test")
        monkeypatch.setattr(selftest, "find_sensors", lambda *_: (modelled, *sensors))
        return [found for found in selftest.examine().findings if found.subject == subject]

    return find


def test_a_counter_is_shown_with_what_it_saw(findings, package) -> None:
    (found,) = findings("CPU package", package)
    assert (found.method, found.words) == ("counter", "rapl-package: 50.0 W busy, 20.0 W idle")
    assert found.advice is None


def test_a_counter_that_does_not_move_with_the_load_fails(findings, package) -> None:
    package.busy_w = 20.0
    (found,) = findings("CPU package", package)
    assert found.advice == "busy must exceed idle: try when nothing else runs"


def test_a_slow_meter_is_tried_for_as_long_as_before_a_run(findings, package, clock) -> None:
    """Two and three of its periods: within less it may show the same, busy or not."""
    package.period_s, package.cautions = 5.0, ("answers take 5 s",)
    began_s = clock()
    (found,) = findings("CPU package", package)
    assert clock() - began_s == 25
    assert found.words == "rapl-package: 50.0 W busy, 20.0 W idle"
    assert found.advice == "answers take 5 s"


def test_a_counter_that_is_lost_in_the_trial_is_absent(findings, package) -> None:
    package.lost = True
    (found,) = findings("CPU package", package)
    assert (found.method, found.words) == ("absent", "rapl-package: permission was lost")


def test_memory_has_one_line_whether_it_has_a_counter_or_not(findings) -> None:
    (unread,) = findings("DRAM")
    assert "no counter is read" in unread.words
    (absent,) = findings("DRAM", AbsentSensor("ram", "no permission", name="rapl-dram"))
    assert (absent.method, absent.words) == ("absent", "no permission")
