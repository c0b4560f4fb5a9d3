from mmap import PAGESIZE, mmap

import pytest

from ecorec.energy.memory_power import WATTS_PER_GIB, MemorySensor, resident_bytes

GIB = 2.0**30


def test_memory_over_time_by_hand(clock) -> None:
    """2 GiB for 10 s, then a rise to 4 GiB over 10 s: 20 + 30 GiB s."""
    held = [2 * GIB, 2 * GIB, 4 * GIB]
    sensor = MemorySensor(lambda: held.pop(0), clock)
    start = sensor.read()
    clock.sleep(10)
    sensor.sample()
    clock.sleep(10)
    found = sensor.between(start, sensor.read())
    low, central, high = WATTS_PER_GIB
    assert (found.low_j, found.energy_j, found.high_j) == pytest.approx(
        (50 * low, 50 * central, 50 * high)
    )
    assert (found.component, found.method, found.scope) == ("ram", "assumed", "process")


def test_where_the_system_does_not_tell_it_is_absent(clock) -> None:
    sensor = MemorySensor(lambda: None, clock)
    found = sensor.between(sensor.read(), sensor.read())
    assert (found.method, found.energy_j) == ("absent", None)


def test_what_could_not_be_looked_at_is_absent_with_the_reason(clock) -> None:
    sensor = MemorySensor(lambda: GIB, clock)
    start = sensor.read()
    sensor.lose("it could not be looked at")
    found = sensor.between(start, sensor.read())
    assert (found.method, found.reason) == ("absent", "it could not be looked at")


def test_what_this_process_takes_is_seen() -> None:
    before = resident_bytes()
    with mmap(-1, 64 * 2**20) as block:  # the allocator might return what it had kept
        for page in range(0, len(block), PAGESIZE):
            block[page] = 1
        after = resident_bytes()
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx(64 * 2**20, rel=0.1)
