"""Errors of forecasts: found again in runs whose errors are known, heavy tails included."""

import numpy as np
import pytest


def test_a_conformal_quantile_counts_the_run_to_come() -> None:
    from forecast import conformal

    # Of nineteen, the eighteenth: nine tenths of twenty.
    assert conformal([float(at) for at in range(1, 20)]) == 18.0
    assert conformal([3.0, 1.0, 2.0]) == 3.0
    rng = np.random.default_rng(1)
    inside = [abs(rng.standard_t(2)) <= conformal(list(abs(rng.standard_t(2, 40))))
              for _ in range(2000)]  # fmt: skip
    assert np.mean(inside) == pytest.approx(0.9, abs=0.025)


def test_spread_is_found_again_and_a_few_large_errors_do_not_sway_it() -> None:
    from forecast import spread

    rng = np.random.default_rng(2)
    shape = rng.uniform(0.5, 8.0, 4000)
    values = 0.06 + rng.laplace(0, 2**-0.5, 4000) * np.sqrt(0.05**2 + 0.04**2 * shape)
    values[:4] = -2.4
    centre, long, short = spread(values, shape)
    assert centre == pytest.approx(0.06, abs=0.01)
    assert long == pytest.approx(0.05, abs=0.015)
    assert short == pytest.approx(0.04, abs=0.01)


def test_an_interval_from_some_runs_covers_others() -> None:
    from forecast import Told, error_of, scores

    rng = np.random.default_rng(3)

    def runs(group: str, n: int) -> list[Told]:
        told = []
        for at in range(n):
            sample_s, times = rng.uniform(0.3, 1.0), float(rng.uniform(0.5, 10.0))
            forecast_s = sample_s * times
            spread = (0.05**2 + 0.06**2 * (1 / sample_s + 1 / forecast_s)) ** 0.5
            actual_s = forecast_s * np.exp(0.08 + spread * rng.standard_t(3))
            epochs = np.exp(rng.normal(0, 0.1, 50))
            epochs *= actual_s / epochs.sum()
            parts = [("train", sample_s, times, 1.0)]
            actual = {"train": actual_s}
            told.append(
                Told(group, f"study {at % 8}", "m", parts, actual_s, actual, epochs.tolist())
            )
        return told

    error = error_of(runs("calibration", 160))
    assert error.bias == pytest.approx(0.08, abs=0.04)
    found = scores(runs("test", 800), error)
    assert found["before"]["coverage"] == pytest.approx(0.9, abs=0.05)
    assert found["after"]["coverage"] > 0.85
    assert abs(found["before"]["bias"]) < 0.04
    # Without the tail, an interval of so many normal standard deviations is another one.
    assert error.tail != pytest.approx(1.645, abs=0.01)
