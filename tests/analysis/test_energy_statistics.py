"""Intervals of joules against closed forms, scipy, and a simulation with a known truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ecorec.analysis.statistics.energy_statistics import (
    compare_energies,
    geometric_mean,
    holm,
    log_interval,
    mean_of_seeds,
    ratio,
)

SEEDS = range(1, 6)
DEAR = dict(zip([(seed, 1) for seed in SEEDS], [21.0, 25.0, 19.0, 30.0, 24.0], strict=True))
CHEAP = [10.0, 13.0, 9.5, 14.0, 12.5]
STUDIES = 4000


def test_geometric_mean_by_hand() -> None:
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4.0)
    assert geometric_mean([7.3]) == 7.3
    assert geometric_mean([0.0, 8.0]) == 0.0


def test_the_interval_is_students_on_logarithms() -> None:
    joules = [9.1, 10.4, 10.0, 11.2, 9.7, 10.1]
    logs = np.log(joules)
    expected = stats.t.interval(0.95, 5, logs.mean(), stats.sem(logs))
    of_seeds = [*enumerate(joules)]
    assert log_interval(of_seeds) == pytest.approx(tuple(np.exp(expected)))
    assert log_interval(of_seeds[:4]) is None
    assert log_interval([(1, value) for value in joules]) == log_interval(of_seeds)
    assert log_interval([]) is None


def test_repeats_of_several_seeds_are_no_further_seeds() -> None:
    """Each seed is one value, the mean of its logarithms, however often it was repeated."""
    once = [(seed, value) for (seed, _), value in DEAR.items()]
    apart = [(seed, value * factor) for seed, value in once for factor in (0.9, 1 / 0.9)]
    assert log_interval(apart) == pytest.approx(log_interval(once))
    assert mean_of_seeds([*apart, *apart[:2]]) == pytest.approx(mean_of_seeds(once))
    assert log_interval(apart[:8]) is None
    few = ratio(
        {(seed, repeat): 2.0 + repeat for seed in (1, 2) for repeat in range(5)},
        {(seed, repeat): 1.0 + seed for seed in (1, 2) for repeat in range(5)},
    )
    assert few is not None
    assert (few.low, few.high, few.p, few.n, few.over) == (None, None, None, 2, "seeds")


def test_a_ratio_says_what_it_is_over() -> None:
    repeats = {(1, repeat): value for repeat, value in enumerate(CHEAP)}
    of_none = {(None, repeat): value for (_, repeat), value in repeats.items()}
    for a, b, over, paired in (
        (DEAR, DEAR, "seeds", True),
        (repeats, repeats, "repeats of one seed", True),
        (of_none, of_none, "repeats", True),
        (DEAR, of_none, "seeds and repeats", False),
        # Seed 1 is of both, and its repeats tell nothing of the other seeds.
        (DEAR | repeats, repeats, "seeds and repeats of one seed", False),
    ):
        found = ratio(a, b)
        assert found is not None
        assert (found.over, found.paired) == (over, paired)
        assert found.low is not None
    apart = ratio(DEAR, DEAR, side_by_side=False)
    assert apart is not None
    assert not apart.paired


def test_a_paired_ratio_is_scipys_paired_test() -> None:
    a = {
        (seed, 1): value for seed, value in zip(SEEDS, [21.0, 25.0, 19.0, 30.0, 24.0], strict=True)
    }
    b = {(seed, 1): value for seed, value in zip(SEEDS, [10.0, 13.0, 9.5, 14.0, 12.5], strict=True)}
    found = ratio(a, b)
    test = stats.ttest_rel(np.log([*a.values()]), np.log([*b.values()]))
    assert found is not None
    assert found.paired
    assert found.p == pytest.approx(test.pvalue)
    low, high = np.exp(test.confidence_interval())
    assert (found.low, found.high) == pytest.approx((low, high))


def test_without_pairs_it_is_welchs_test() -> None:
    a = {
        (seed, 1): value for seed, value in zip(SEEDS, [21.0, 25.0, 19.0, 30.0, 24.0], strict=True)
    }
    b = {(None, i): value for i, value in enumerate([10.0, 13.0, 9.5, 14.0, 12.5, 11.0])}
    found = ratio(a, b)
    test = stats.ttest_ind(np.log([*a.values()]), np.log([*b.values()]), equal_var=False)
    assert found is not None
    assert not found.paired
    assert found.p == pytest.approx(test.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(np.exp(test.confidence_interval())))


def test_few_measurements_have_a_ratio_and_no_interval() -> None:
    found = ratio({(1, 1): 8.0, (2, 1): 18.0}, {(1, 1): 2.0, (2, 1): 2.0})
    assert found is not None
    assert found.value == pytest.approx(6.0)
    assert (found.low, found.high, found.p) == (None, None, None)
    assert ratio({}, {(1, 1): 2.0}) is None


@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=12))
def test_holm_against_its_definition(values: list[float]) -> None:
    """Sorted p_(k) x (m - k), never falling, at most one."""
    corrected = holm(np.array(values))
    running = 0.0
    for k, index in enumerate(np.argsort(values, kind="stable")):
        running = max(running, values[index] * (len(values) - k))
        assert corrected[index] == pytest.approx(min(1.0, running))


def test_pairs_can_be_asked_for_either_way_around() -> None:
    logs = np.random.default_rng(0).normal(0, 0.02, (2, 5))
    measured = [
        {(s, 1): float(base * np.exp(e)) for s, e in zip(SEEDS, row, strict=True)}
        for base, row in zip((10.0, 30.0), logs, strict=True)
    ]
    found = compare_energies(measured)
    there, back = found.ratio(1, 0), found.ratio(0, 1)
    assert there is not None
    assert back is not None
    assert there.value == pytest.approx(1 / back.value)
    assert (there.low, there.high) == pytest.approx((1 / back.high, 1 / back.low))
    assert found.told_apart(0, 1) is found.told_apart(1, 0) is True
    few = compare_energies([{(1, 1): 10.0}, {(1, 1): 30.0}])
    assert few.told_apart(0, 1) is None


@pytest.mark.parametrize("n", [5, 10])
def test_coverage_of_the_interval_with_a_known_truth(n: int) -> None:
    """Nominal 95 % covers 93 to 97 % of 4,000 studies, of one system and of a ratio."""
    rng = np.random.default_rng(7)
    drift = rng.normal(0, 0.1, (STUDIES, n))
    a = 40.0 * np.exp(drift + rng.normal(0, 0.03, (STUDIES, n)))
    b = 16.0 * np.exp(drift + rng.normal(0, 0.03, (STUDIES, n)))
    alone = ratios = 0
    for joules_a, joules_b in zip(a, b, strict=True):
        low, high = log_interval(enumerate(joules_a.tolist())) or (np.nan, np.nan)
        alone += low <= 40.0 <= high
        found = ratio(
            {(seed, 1): float(value) for seed, value in enumerate(joules_a)},
            {(seed, 1): float(value) for seed, value in enumerate(joules_b)},
        )
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        ratios += found.low <= 2.5 <= found.high
    assert 0.93 < alone / STUDIES < 0.97
    assert 0.93 < ratios / STUDIES < 0.97


@pytest.mark.parametrize(("n_seeds", "n_repeats"), [(5, 3), (1, 5)])
def test_coverage_where_seeds_differ_more_than_their_repeats(n_seeds: int, n_repeats: int) -> None:
    """A seed's own part is 20 %, that of a repeat 3 %; of a single seed, its own joules count."""
    rng = np.random.default_rng(8)
    shape = (2, STUDIES // 2, n_seeds)
    of_seed = rng.normal(0, 0.2 if n_seeds > 1 else 0.0, shape)
    joules = 40.0 * np.exp(of_seed[..., None] + rng.normal(0, 0.03, (*shape, n_repeats)))
    alone = ratios = 0
    for a, b in zip(*joules, strict=True):
        first, second = (
            {(seed, repeat): float(value) for (seed, repeat), value in np.ndenumerate(each)}
            for each in (a, b)
        )
        low, high = log_interval((s, value) for (s, _), value in first.items()) or (np.nan, np.nan)
        alone += low <= 40.0 <= high
        found = ratio(first, second)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        ratios += found.low <= 1.0 <= found.high
    assert 0.93 < 2 * alone / STUDIES < 0.97
    assert 0.93 < 2 * ratios / STUDIES < 0.97


def test_equals_are_seldom_told_apart_among_many() -> None:
    """Eight systems that draw the same: some pair is told apart in at most one study of twenty."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(300):
        joules = 10.0 * np.exp(rng.normal(0, 0.05, (8, 5)))
        measured = [{(s, 1): float(v) for s, v in zip(SEEDS, row, strict=True)} for row in joules]
        found = compare_energies(measured)
        wrong += any(p < 0.05 for p in found.p.values())
    assert wrong / 300 < 0.08
