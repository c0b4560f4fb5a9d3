"""An index whose CPU time a user is known, asked without HTTP."""

import time

import numpy as np
import pytest

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.meter import Meter
from ecorec.serving.energy import of_direct, of_refresh
from ecorec.serving.load.direct import ask_in_blocks, refresh_everybody

CPU_S = 0.0005


class Burning:
    """Burns half a millisecond a user, and remembers who asked."""

    n_users = 50

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []

    def top(self, users: np.ndarray, k: int) -> None:
        self.asked.append(users)
        end = time.thread_time() + CPU_S * users.size
        while time.thread_time() < end:
            pass


@pytest.fixture
def meter() -> Meter:
    return Meter([CpuTimeSensor((3.0, 6.0, 9.0), "assumed", "a test")])


@pytest.mark.parametrize("block", [1, 16])
def test_joules_are_those_of_the_users_that_were_asked_for(meter: Meter, block: int) -> None:
    index = Burning()
    found = ask_in_blocks(
        index, meter, block=block, k=10, seconds=0.3, users="uniform", slices=3, seed=1
    )
    joules = of_direct(found)
    assert joules is not None
    # Half a millisecond at 6 W: 3 J a thousand; seconds by the clock of a busy machine are more.
    assert joules.central_j == pytest.approx(3.0, rel=0.1)
    assert {rows.size for rows in index.asked} == {block}
    assert found.n_recommendations == sum(rows.size for rows in index.asked[3:])
    assert found.latency.p50_s >= CPU_S * block
    assert sum(part.n_recommendations for part in found.slices) == found.n_recommendations
    assert len(found.slices) == 3


def test_a_pass_is_everybody_once(meter: Meter) -> None:
    index = Burning()
    found = refresh_everybody(index, meter, k=10, seconds=0.06)
    assert found.passes >= 1
    everybody = np.concatenate(index.asked[1:]).reshape(found.passes, 50)
    assert (everybody == np.arange(50)).all()
    joules = of_refresh(found)
    assert joules is not None
    assert joules[1] == pytest.approx(6 * 50 * CPU_S, rel=0.1)
    assert joules[2] == pytest.approx(3 * joules[0])
