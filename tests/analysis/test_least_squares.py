"""Least squares against closed forms, and what a design cannot tell."""

import numpy as np
import pytest
from scipy import stats

from ecorec.analysis.statistics.least_squares import compared, fit


def test_a_line_is_that_of_linregress() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=12)
    y = 2.0 + 0.7 * x + rng.normal(0, 0.2, 12)
    known = stats.linregress(x, y)
    found = fit(np.column_stack([x, np.ones(12)]), y)
    slope = found.estimate(np.array([1.0, 0.0]))
    half = stats.t.ppf(0.975, 10) * known.stderr
    assert (slope.value, slope.low, slope.high, slope.p) == pytest.approx(
        (known.slope, known.slope - half, known.slope + half, known.pvalue)
    )
    assert found.explained == pytest.approx(known.rvalue**2)
    assert found.freedom == 10


def test_units_do_not_matter() -> None:
    rng = np.random.default_rng(4)
    x, z = rng.normal(size=(2, 15))
    y = x - z + rng.normal(0, 0.1, 15)
    small = fit(np.column_stack([x, 1e-9 * z, np.ones(15)]), y).estimate(np.array([1.0, 0, 0]))
    large = fit(np.column_stack([x, 1e9 * z, np.ones(15)]), y).estimate(np.array([1.0, 0, 0]))
    assert small.value == pytest.approx(large.value, rel=1e-9)
    assert small.high == pytest.approx(large.high, rel=1e-9)


def test_what_moves_in_step_cannot_be_told_and_the_rest_can() -> None:
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=(2, 20))
    design = np.column_stack([x, 3 * x, z, np.ones(20)])
    y = x + 2 * z + rng.normal(0, 0.01, 20)
    found = fit(design, y)
    assert found.freedom == 17
    assert found.estimate(np.array([1.0, 0, 0, 0])) is None
    assert found.estimate(np.array([0, 1.0, 0, 0])) is None
    assert found.estimate(np.array([0, 0, 1.0, 0])).value == pytest.approx(2.0, abs=0.02)
    # Both together are told: x + 3 x of them.
    assert found.estimate(np.array([1.0, 3.0, 0, 0])).value == pytest.approx(1.0, abs=0.02)


def test_without_freedom_there_is_no_estimate() -> None:
    found = fit(np.array([[1.0, 1.0], [2.0, 1.0]]), np.array([1.0, 3.0]))
    assert found.freedom == 0
    assert found.estimate(np.array([1.0, 0.0])) is None


def test_the_f_test_of_one_term_is_its_t_test() -> None:
    rng = np.random.default_rng(6)
    x, z = rng.normal(size=(2, 14))
    y = x + rng.normal(size=14)
    one = np.ones(14)
    large = fit(np.column_stack([x, z, one]), y)
    small = fit(np.column_stack([x, one]), y)
    assert compared(small, large) == pytest.approx(large.estimate(np.array([0, 1.0, 0])).p)


def test_intervals_cover_nineteen_of_twenty() -> None:
    rng = np.random.default_rng(7)
    sizes = np.log(np.tile([32.0, 64.0, 128.0, 256.0], 3))
    groups = np.kron(np.eye(3), np.ones((4, 1)))
    design = np.column_stack([sizes, groups])
    covered = 0
    for _ in range(2000):
        y = 0.7 * sizes + groups @ rng.normal(size=3) + rng.normal(0, 0.3, 12)
        found = fit(design, y).estimate(np.array([1.0, 0, 0, 0]))
        covered += found.low <= 0.7 <= found.high
    # With a normal quantile in place of t, of 8 degrees of freedom, 91 % would be covered.
    assert 0.93 <= covered / 2000 <= 0.97
