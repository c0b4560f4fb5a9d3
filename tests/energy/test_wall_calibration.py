from contextlib import contextmanager

import numpy as np
import pytest

from ecorec.energy.meter import Meter
from ecorec.energy.wall_calibration import calibrate_watts, fit_line
from ecorec.errors import InputError
from tests.sensors import Powered


def test_a_line_without_scatter_is_that_line() -> None:
    fit = fit_line([0.0, 1.0, 2.0, 4.0], [40.0, 45.0, 50.0, 60.0])
    assert (fit.idle_w, fit.residual_w, fit.n) == (pytest.approx(40), pytest.approx(0, abs=1e-9), 4)
    assert fit.watts_per_cpu == (pytest.approx(5), pytest.approx(5), pytest.approx(5))


def test_the_interval_covers_the_true_watts_and_the_residual_is_the_scatter() -> None:
    """Nominal 95 % covers 93 to 97 % of 2,000 calibrations."""
    rng = np.random.default_rng(5)
    busy = [0.0, 1.0, 2.0, 3.0, 4.0] * 2
    covered, residuals = 0, []
    for _ in range(2000):
        watts = 40 + 5 * np.array(busy) + rng.normal(0, 0.5, len(busy))
        fit = fit_line(busy, watts.tolist())
        covered += fit.watts_per_cpu[0] <= 5 <= fit.watts_per_cpu[2]
        residuals.append(fit.residual_w**2)
    assert 0.93 < covered / 2000 < 0.97
    assert np.sqrt(np.mean(residuals)) == pytest.approx(0.5, rel=0.03)


def test_what_is_no_line_is_refused() -> None:
    with pytest.raises(InputError, match="2 loads do not make a line"):
        fit_line([0.0, 1.0], [1.0, 2.0])
    with pytest.raises(InputError, match="no rise with the load"):
        fit_line([0.0, 1.0, 2.0, 3.0], [40.0, 39.0, 41.0, 40.0])


@pytest.fixture
def bench(clock):
    """A machine of 40 W, and 5 W for each busy CPU."""
    wall, cpu, busy = Powered(clock, 40.0, "wall", "machine", "wall"), [0.0], [0]

    @contextmanager
    def load(n: int):
        busy[0], wall.watts = n, 40.0 + 5.0 * n
        yield
        busy[0], wall.watts = 0, 40.0

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        cpu[0] += busy[0] * seconds

    meter = Meter([wall], clock=clock, cpu_clock=lambda: cpu[0])
    return wall, {"sleep": sleep, "load": load, "meter": meter}


def test_a_simulated_machine_is_calibrated_to_its_own_line(bench) -> None:
    wall, simulated = bench
    fit = calibrate_watts(wall, 8, 10.0, **simulated)
    assert fit.idle_w == pytest.approx(40.0)
    assert fit.watts_per_cpu[1] == pytest.approx(5.0)
    assert fit.n == 12  # 0, 1, 2, 4, 6 and 8 CPUs, up and down


def test_a_silent_meter_is_an_error(bench) -> None:
    wall, simulated = bench
    wall.lost = True
    with pytest.raises(InputError, match="the meter gave nothing: permission was lost"):
        calibrate_watts(wall, 8, 10.0, **simulated)
