import time

import pytest

from ecorec.energy import counter_test
from ecorec.energy.counter_test import without_failing
from ecorec.energy.reading import ComponentEnergy


class Counter:
    """Watts that the test sets, on the real clock."""

    component, method, scope, period_s = "cpu", "counter", "machine", 0.001

    def __init__(self, name: str = "rapl-package", method: str = "counter") -> None:
        self.name, self.method = name, method
        self.watts = 10.0
        self.reads = 0
        self.joules, self.at_s = 0.0, time.perf_counter()

    def read(self) -> float:
        self.reads += 1
        now_s = time.perf_counter()
        self.joules += self.watts * (now_s - self.at_s)
        self.at_s = now_s
        return self.joules

    def between(self, start: float, end: float) -> ComponentEnergy:
        joules = end - start
        return ComponentEnergy(
            component="cpu", sensor=self.name, method="counter", scope="machine",
            energy_j=joules, low_j=joules, high_j=joules,
        )  # fmt: skip


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    found = Counter()

    def wait(watts: float) -> None:
        found.read()
        found.watts = watts
        time.sleep(0.02)
        found.read()

    monkeypatch.setattr(counter_test, "idle", lambda _: wait(10.0))
    monkeypatch.setattr(counter_test, "spin", lambda _: wait(found.busy_w))
    found.busy_w = 20.0
    return found


def test_a_counter_that_moves_with_the_load_is_kept(counter) -> None:
    assert without_failing([counter]) == (counter,)


def test_a_counter_that_does_not_is_absent_with_what_it_showed(counter) -> None:
    counter.busy_w = 5.0
    (found,) = without_failing([counter])
    energy = found.between(None, None)
    assert (found.name, energy.method, energy.energy_j) == ("rapl-package", "absent", None)
    assert "failed its self-test: " in str(energy.reason)
    assert "W idle" in str(energy.reason)


def test_what_does_not_see_the_cpu_is_not_tried(counter) -> None:
    other = Counter("replay", "replayed")
    assert without_failing([other]) == (other,)
    assert other.reads == 0
