"""The self-test of counters, with counters whose watts are known."""

import time

import pytest

from ecorec.energy import selftest
from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.reading import ComponentEnergy
from ecorec.energy.sensor import AbsentSensor, absent_energy


class Package:
    """A package that draws 20 W at rest and `extra_w` more while this process is busy."""

    name, component, method, scope, period_s = "rapl-package", "cpu", "counter", "machine", 0.001

    def __init__(self, extra_w: float) -> None:
        self.extra_w = extra_w

    def read(self) -> float | None:
        return 20 * time.perf_counter() + self.extra_w * time.process_time()

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        if start is None or end is None:
            return absent_energy(self, "lost while measuring")
        joules = end - start
        return ComponentEnergy(
            component="cpu", sensor=self.name, method="counter", scope="machine",
            energy_j=joules, low_j=joules, high_j=joules,
        )  # fmt: skip


@pytest.fixture
def findings(monkeypatch):
    """The findings about a component, with given sensors beside the modelled one."""

    def find(subject: str, *sensors) -> list[selftest.Finding]:
        modelled = CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "a test")
        monkeypatch.setattr(selftest, "find_sensors", lambda *_: (modelled, *sensors))
        return [found for found in selftest.examine().findings if found.subject == subject]

    return find


def test_a_counter_is_shown_with_what_it_saw(findings) -> None:
    (package,) = findings("CPU package", Package(extra_w=30))
    words = package.words.split()
    assert (package.method, words[0]) == ("counter", "rapl-package:")
    # A machine that other processes share gives the trial part of a CPU only.
    assert 23 < float(words[1]) < 51
    assert 20 <= float(words[4]) < 22
    assert package.advice is None


def test_a_counter_that_does_not_move_with_the_load_fails(findings) -> None:
    (package,) = findings("CPU package", Package(extra_w=-10))
    assert package.advice == "busy must exceed idle: try when nothing else runs"


def test_a_counter_that_is_lost_in_the_trial_is_absent(findings, monkeypatch) -> None:
    monkeypatch.setattr(Package, "read", lambda _: None)
    (package,) = findings("CPU package", Package(extra_w=30))
    assert (package.method, package.words) == ("absent", "rapl-package: lost while measuring")


def test_memory_has_one_line_whether_it_has_a_counter_or_not(findings) -> None:
    (unread,) = findings("DRAM")
    assert "no counter is read" in unread.words
    (absent,) = findings("DRAM", AbsentSensor("ram", "no permission", name="rapl-dram"))
    assert (absent.method, absent.words) == ("absent", "no permission")
