"""Comparison with the best: closed forms, and simulations with a known truth."""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from ecorec.analysis.compare import Comparison, compare, corrected_p
from ecorec.analysis.configurations import configurations
from ecorec.errors import StudyError
from tests.analysis.records import Plan, Synthetic, synthesise


def _compared(synthetic: Synthetic, metric: str = "ndcg@10") -> Comparison:
    return compare(configurations(synthetic.records), synthetic.frames, metric)


def test_two_models_without_randomness_are_a_paired_t_test() -> None:
    plans = [Plan("itemknn", seeds=(None,)), Plan("popularity", seeds=(None,), ndcg=0.149)]
    synthetic = synthesise(plans, n_users=300)
    first, second = (frame["ndcg@10"].to_numpy() for frame in synthetic.frames.values())
    known = stats.ttest_rel(first, second)
    interval = known.confidence_interval()
    found = _compared(synthetic)
    assert found.best == 0
    difference = found.differences[1]
    assert difference.mean == pytest.approx(first.mean() - second.mean(), abs=1e-12)
    assert (difference.low, difference.high) == pytest.approx((interval.low, interval.high))
    # With two configurations the studentized range is the t distribution's.
    assert corrected_p(found, 0, 1) == pytest.approx(known.pvalue, abs=1e-6)


def test_three_configurations_are_held_against_the_studentized_range() -> None:
    plans = [Plan("itemknn", seeds=(None,), ndcg=0.15 + 0.002 * i, settings={"k": i})
             for i in range(3)]  # fmt: skip
    synthetic = synthesise(plans, n_users=200)
    found = _compared(synthetic)
    values = [frame["ndcg@10"].to_numpy() for frame in synthetic.frames.values()]
    t = stats.ttest_rel(values[2], values[0]).statistic
    assert found.t[2, 0] == pytest.approx(t)
    assert corrected_p(found, 2, 0) == pytest.approx(
        stats.studentized_range.sf(np.sqrt(2) * t, 3, 199)
    )


def test_variance_between_seeds_is_added_pooled_and_over_the_number_of_seeds() -> None:
    a = Plan("simgcl", 64, ndcg=0.16, seeds=(1, 2, 3), seed_sd=0.004)
    b = Plan("lightgcn", 64, ndcg=0.15, seeds=(1,))
    synthetic = synthesise([a, b], n_users=400, seed=3)
    frames = list(synthetic.frames.values())
    seeds = np.stack([frame["ndcg@10"].to_numpy() for frame in frames[:3]])
    other = frames[3]["ndcg@10"].to_numpy()
    between = seeds.mean(axis=1).var(ddof=1)
    over_users = (seeds.mean(axis=0) - other).var(ddof=1) / 400
    # The second has one seed: it borrows what the first shows, undivided.
    over_seeds = between / 3 + between / 1
    variance = over_users + over_seeds
    freedom = variance**2 / (over_users**2 / 399 + over_seeds**2 / 2)
    half = stats.t.ppf(0.975, freedom) * np.sqrt(variance)
    found = _compared(synthetic).differences[1]
    assert found.high - found.mean == pytest.approx(half)
    assert half > 3 * stats.t.ppf(0.975, 399) * np.sqrt(over_users)


def test_a_single_seed_everywhere_is_said_to_leave_seed_noise_unknown() -> None:
    assert not _compared(synthesise([Plan("simgcl", 64), Plan("ngcf", 64)])).seed_noise_known
    free = [Plan("itemknn", seeds=(None,)), Plan("popularity", seeds=(None,))]
    assert _compared(synthesise(free)).seed_noise_known


def test_a_configuration_on_two_machines_is_not_told_from_itself() -> None:
    plans = [Plan("simgcl", 64, seeds=(1,)), Plan("simgcl", 64, seeds=(1,), machine="other")]
    synthetic = synthesise(plans)
    found = _compared(synthetic)
    assert found.equal_to_best == [0, 1]
    assert found.differences[1].high == 0.0


def _conditions(threads: int) -> Comparison:
    """Return two models of two seeds each, measured under 1, 2, ... threads."""
    plans = [Plan("simgcl", 64, seeds=(1, 2), seed_sd=0.004),
             Plan("ngcf", 64, ndcg=0.16, seeds=(1, 2), seed_sd=0.004)]  # fmt: skip
    once = synthesise(plans, n_users=200, seed=2)
    records = [
        record.model_copy(update={"threads": n})
        for n in range(1, threads + 1)
        for record in once.records
    ]
    return _compared(Synthetic(records, once.frames))


def test_the_same_models_under_more_threads_are_no_more_seeds() -> None:
    once, often = _conditions(1), _conditions(3)
    assert often.half_width == pytest.approx(np.tile(once.half_width, 3))
    assert often.freedom[1, 0] == pytest.approx(once.freedom[1, 0])


def test_the_same_models_under_more_threads_are_no_more_to_choose_from() -> None:
    once, often = _conditions(1), _conditions(3)
    assert corrected_p(often, 1, 0) == pytest.approx(corrected_p(once, 1, 0))
    assert corrected_p(often, 5, 0) == pytest.approx(corrected_p(once, 1, 0))


def test_fewer_seeds_under_other_threads_are_not_told_from_the_same_models() -> None:
    plan = Plan("simgcl", 64, seeds=(1, 2), seed_sd=0.004)
    once = synthesise([plan, Plan("ngcf", 64)], n_users=200, seed=2)
    first = once.records[0].model_copy(update={"threads": 1})
    found = _compared(Synthetic([*once.records, first], once.frames))
    assert found.t[0, 2] == 0.0
    assert not found.is_better(0, 2)
    assert not found.is_better(2, 0)


def test_a_difference_without_any_variance_is_beyond_doubt() -> None:
    plans = [Plan("itemknn", seeds=(None,), user_sd=0.0, ndcg=q, settings={"k": q})
             for q in (0.15, 0.16)]  # fmt: skip
    synthetic = synthesise(plans)
    users = pl.Series("user", ["a", "b"])
    flat = [pl.DataFrame({"user": users, "ndcg@10": [q, q]}) for q in (0.25, 0.5)]
    frames = dict(zip(synthetic.frames, flat, strict=True))
    found = compare(configurations(synthetic.records), frames, "ndcg@10")
    assert found.best == 1
    assert found.equal_to_best == [1]
    assert found.is_better(1, 0)
    assert not found.is_better(0, 1)


def test_one_user_shows_nothing() -> None:
    plans = [Plan("itemknn", seeds=(None,)), Plan("popularity", seeds=(None,), ndcg=0.01)]
    assert len(_compared(synthesise(plans, n_users=1)).equal_to_best) == 2


def test_users_in_another_order_are_paired_by_id() -> None:
    plans = [Plan("itemknn", seeds=(None,)), Plan("popularity", seeds=(None,), ndcg=0.149)]
    synthetic = synthesise(plans)
    expected = _compared(synthetic).differences[1]
    first = next(iter(synthetic.frames))
    synthetic.frames[first] = synthetic.frames[first].reverse()
    assert _compared(synthetic).differences[1].high == pytest.approx(expected.high, abs=1e-15)


def test_other_users_are_refused() -> None:
    synthetic = synthesise([Plan("itemknn", seeds=(None,)), Plan("simgcl", 64)])
    last = synthetic.records[-1].run_id
    synthetic.frames[last] = synthetic.frames[last].head(10)
    with pytest.raises(StudyError, match=rf"run {last} of `simgcl d=64` was tested on other users"):
        _compared(synthetic)


def _share(plans: list[Plan], n_studies: int, wrong: str) -> float:
    """Return in how many of the studies some configuration is told from the best."""
    events = 0
    for seed in range(n_studies):
        found = _compared(synthesise(plans, n_users=120, seed=seed))
        told = [i for i, item in enumerate(found.differences) if item.told_apart]
        events += bool(told) if wrong == "apart" else not told
    return events / n_studies


def test_equals_are_told_apart_in_one_study_of_twenty() -> None:
    """Eight equal models, the best chosen by looking.

    Plain paired t-tests tell some of them apart in about half of the studies, Holm's
    correction of the comparisons with the best alone in about one of eight.
    """
    plans = [Plan("itemknn", seeds=(None,), settings={"k": i}) for i in range(8)]
    # The factory centres its noise, which would make equals exactly equal.
    studies, told = 150, 0
    for seed in range(studies):
        synthetic = synthesise(plans, n_users=120, seed=seed)
        rng = np.random.default_rng(seed)
        for run_id, frame in synthetic.frames.items():
            noise = rng.normal(0, 0.02, frame.height)
            synthetic.frames[run_id] = frame.with_columns(pl.Series("ndcg@10", 0.15 + noise))
        told += len(_compared(synthetic).equal_to_best) < len(plans)
    assert told / studies < 0.103  # three standard errors above 5 %


@pytest.mark.slow
def test_equals_with_seed_noise_are_seldom_told_apart() -> None:
    """Seeds move every mean by more than users do; ignoring them would be wrong nearly always."""
    plans = [
        Plan(model, 64, seeds=(1, 2, 3), seed_sd=0.01)
        for model in ("ngcf", "lightgcn", "simgcl", "lightgcl")
    ]
    assert _share(plans, 100, wrong="apart") < 0.1


def test_what_differs_is_found() -> None:
    plans = [Plan("simgcl", 64, ndcg=0.17, seeds=(1, 2, 3), seed_sd=0.0005),
             Plan("ngcf", 64, ndcg=0.15, seeds=(1, 2, 3), seed_sd=0.0005)]  # fmt: skip
    assert _share(plans, 40, wrong="together") == 0.0


@pytest.mark.slow
def test_interval_covers_the_true_difference() -> None:
    covered = 0
    studies = 200
    noise: dict[str, Any] = {"seeds": (1, 2, 3), "seed_sd": 0.003, "user_sd": 0.0}
    plans = [Plan("simgcl", 64, ndcg=0.2, **noise), Plan("ngcf", 64, ndcg=0.15, **noise)]
    for seed in range(studies):
        difference = _compared(synthesise(plans, n_users=50, seed=seed)).differences[1]
        covered += difference.low <= 0.05 <= difference.high
    assert 0.9 < covered / studies < 0.99


def test_half_width_shrinks_with_users() -> None:
    widths = [
        float(_compared(synthesise([Plan("itemknn", seeds=(None,))], n_users=n)).half_width[0])
        for n in (100, 400, 1600)
    ]
    for wide, narrow in pairwise(widths):
        assert narrow == pytest.approx(wide / 2, rel=0.2)
