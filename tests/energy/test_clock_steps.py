"""A step of the system's clock (a time server, a person) is no part of any window."""

import time
from datetime import datetime

from ecorec.energy.meter import Meter


def test_no_window_reads_the_clock_that_can_step(monkeypatch, steady) -> None:
    """The system's clock leaps by a day at every look, and is not looked at."""
    leaps = iter(range(1000))

    def leaping() -> float:
        return 86400.0 * next(leaps)

    monkeypatch.setattr(time, "time", leaping)
    meter = Meter([steady], cpu_clock=lambda: 0.0)
    began_s = time.perf_counter()
    with meter.window("train") as window:
        pass
    assert 0 <= window.reading.duration_s <= time.perf_counter() - began_s
    assert next(leaps) == 0
    assert datetime.now().year > 2000


def test_the_clock_of_windows_cannot_step() -> None:
    for name in ("perf_counter", "monotonic"):
        assert time.get_clock_info(name).monotonic
        assert not time.get_clock_info(name).adjustable
