"""An index whose CPU time a user is known, asked without HTTP."""

import time

import numpy as np
import pytest

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.meter import Meter
from ecorec.serving.energy import of_direct, of_refresh
from ecorec.serving.load.direct import ask_in_blocks, refresh_everybody

CPU_S = 0.0005


class Billed:
    """An index of half a millisecond a user, by the CPU clock that it is billed on."""

    n_users = 50

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []
        self.cpu_s = 0.0

    def top(self, users: np.ndarray, k: int) -> None:
        self.asked.append(users)
        self.cpu_s += CPU_S * users.size
        time.sleep(CPU_S * users.size)


@pytest.fixture
def index() -> Billed:
    return Billed()


@pytest.fixture
def meter(index: Billed) -> Meter:
    sensor = CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "a test", clock=lambda: index.cpu_s)
    return Meter([sensor], cpu_clock=lambda: index.cpu_s)


@pytest.mark.parametrize("block", [1, 16])
def test_joules_are_those_of_the_users_that_were_asked_for(
    index: Billed, meter: Meter, block: int
) -> None:
    found = ask_in_blocks(
        index, meter, block=block, k=10, seconds=0.3, users="uniform", slices=3, seed=1
    )
    joules = of_direct(found)
    assert joules is not None
    # Half a millisecond at 6 W: 3 J a thousand.
    assert joules.central_j == pytest.approx(3.0, rel=1e-9)
    assert {rows.size for rows in index.asked} == {block}
    assert found.n_recommendations == sum(rows.size for rows in index.asked[3:])
    assert found.reading.duration_s >= 0.3
    assert found.latency.p50_s >= CPU_S * block
    assert len(found.slices) == 3
    assert sum(part.n_recommendations for part in found.slices) == found.n_recommendations
    for part in found.slices:
        assert part.reading.energy_j == pytest.approx(0.003 * part.n_recommendations)


def test_a_pass_is_everybody_once(index: Billed, meter: Meter) -> None:
    found = refresh_everybody(index, meter, k=10, seconds=0.06)
    assert found.passes >= 1
    everybody = np.concatenate(index.asked[1:]).reshape(found.passes, 50)
    assert (everybody == np.arange(50)).all()
    joules = of_refresh(found)
    assert joules == pytest.approx((3 * 50 * CPU_S, 6 * 50 * CPU_S, 9 * 50 * CPU_S), rel=1e-9)
