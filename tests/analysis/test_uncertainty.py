import math

import pytest

from ecorec.analysis.run_energy import Energy
from ecorec.analysis.statistics.uncertainty import Source, budget, combine
from ecorec.energy.emissions import Intensity, YearRange

GRID = Intensity(300.0, "Italy", 2024, "test")


def _source(low: float | None, high: float | None) -> Source:
    return Source("x", low, high, "")


def _energy(interval: tuple[float, float] | None = None, n: int = 1) -> Energy:
    return Energy(10.0, 5.0, 20.0, interval, None, 2 * n, n, "seeds", "assumed")


def test_one_source_alone_is_itself() -> None:
    assert combine([_source(0.5, 2.0)]) == (pytest.approx(0.5), pytest.approx(2.0))
    assert combine([]) == (1.0, 1.0)


def test_two_sources_are_added_in_quadrature_of_logarithms() -> None:
    low, high = combine(
        [_source(math.exp(-0.3), math.exp(0.6)), _source(math.exp(-0.4), math.exp(0.8))]
    )
    assert (math.log(low), math.log(high)) == (pytest.approx(-0.5), pytest.approx(1.0))


def test_what_is_not_known_is_left_out_and_nothing_is_nothing() -> None:
    assert combine([_source(0.5, 2.0), _source(None, None)]) == combine([_source(0.5, 2.0)])
    assert combine([_source(0.0, 2.0), _source(0.5, 1.0)]) == (0.0, 2.0)


def test_the_budget_of_a_measured_and_priced_configuration() -> None:
    years = YearRange(GRID, Intensity(360.0, "Italy", 2022, "test"), 2018, 2024)
    sensors, repeats, grid, pue = budget(_energy((9.0, 12.0), 5), GRID, years, 1.2)
    assert (sensors.name, sensors.low, sensors.high) == ("sensors", 0.5, 2.0)
    assert (repeats.low, repeats.high) == (0.9, 1.2)
    assert repeats.words == "95 % t interval of the mean of 5 seeds"
    assert (grid.low, grid.high) == (1.0, pytest.approx(1.2))
    assert "300 (2024) to 360 (2022) g/kWh over 2018-2024" in grid.words
    assert (pue.low, pue.high, pue.words) == (1.0, 1.0, "1.2 as stated, taken for exact")
    low, high = combine([sensors, repeats, grid, pue])
    assert math.log(high) == pytest.approx(math.hypot(math.log(2), math.log(1.2), math.log(1.2)))
    assert math.log(low) == pytest.approx(-math.hypot(math.log(2), math.log(0.9)))


@pytest.mark.parametrize(
    ("n", "words"), [(1, "not known from a single one"), (3, "not known from only 3 seeds")]
)
def test_few_repeats_are_said_to_tell_nothing(n: int, words: str) -> None:
    _, repeats, grid, _ = budget(_energy(None, n), GRID, None, 1.0)
    assert (repeats.low, repeats.high) == (None, None)
    assert words in repeats.words
    assert grid.low is None
    assert "one figure" in grid.words


def test_coverage_of_the_combined_interval_with_a_known_truth() -> None:
    """Three independent log-normal sources whose stated ends are 95 %: together 93 to 97 %."""
    import numpy as np

    rng = np.random.default_rng(11)
    sigmas = np.array([0.3, 0.1, 0.05])
    errors = rng.normal(0, sigmas, (4000, 3)).sum(axis=1)
    low, high = combine([_source(math.exp(-1.96 * s), math.exp(1.96 * s)) for s in sigmas])
    covered = np.mean((np.exp(errors) >= low) & (np.exp(errors) <= high))
    assert 0.93 < covered < 0.97
