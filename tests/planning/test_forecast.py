"""Forecasts: sums of samples, intervals that cover, and what epochs that have passed add."""

import numpy as np
import pytest

from ecorec.energy.reading import ComponentEnergy, Reading
from ecorec.planning.errors_of_forecasts import CONFIDENCE, USUAL, ForecastError
from ecorec.planning.forecast import Part, forecast_run, refine
from ecorec.planning.sum_of_runs import total_of

ERROR = ForecastError(own=0.1, shared=0.06, by_formula=0.2, epoch=0.1)


def reading(cpu_s: float, watts: float = 6.0, wall: float = 2.0) -> Reading:
    joules = watts * cpu_s
    return Reading(
        name="sample",
        duration_s=wall * cpu_s,
        cpu_s=cpu_s,
        components=(
            ComponentEnergy(
                component="cpu", sensor="s", method="assumed", scope="process",
                energy_j=joules, low_j=joules / 2, high_j=joules * 1.5,
            ),
        ),
    )  # fmt: skip


def run_of(train_s: float, rest_s: float = 0.0, epochs: int = 1, error: ForecastError = ERROR):
    parts = [Part("train", reading(train_s / epochs), epochs)]
    return forecast_run([*parts, Part("test", reading(rest_s), 1)], error)


def test_a_run_is_its_samples_times_how_often_it_does_them() -> None:
    run = forecast_run(
        [
            Part("load", reading(0.5), 1),
            Part("train", reading(0.02), 30 * 17),
            Part("validate", reading(0.1), 6, reach=2.0),
        ],
        ERROR,
    )
    assert run.total.cpu_s == pytest.approx(0.5 + 10.2 + 1.2)
    assert run.total.energy_j == pytest.approx(6 * 11.9)
    assert (run.total.low_j, run.total.high_j) == pytest.approx((3 * 11.9, 9 * 11.9))
    assert run.total.duration_s == pytest.approx(23.8)
    assert run.total.methods == ("assumed",)
    assert [phase.name for phase in run.phases] == ["load", "train", "validate"]
    # A tenth of the run is by a formula over a factor of two.
    away = 0.2 * np.log(2) * 1.2 / 11.9
    assert run.sd == pytest.approx((0.1**2 + 0.06**2 + away**2) ** 0.5)


def test_a_known_bias_is_put_right_and_short_epochs_are_trusted_less() -> None:
    biased = ERROR.model_copy(update={"bias": 0.1})
    assert run_of(10.0, error=biased).total.cpu_s == pytest.approx(10 * np.exp(0.1))
    short = ERROR.model_copy(update={"short_epoch": 0.2})
    # 0.1 of any epoch, 0.2 of one of 10 ms, 0.03 of the drift; four of them.
    variance = (0.1**2 + 0.2**2) / 4 + 0.03**2
    assert short.of_epochs(4, 0.01) == pytest.approx(variance**0.5)
    seen = [1.3 * 0.01]
    told = [refine(run_of(1.0, epochs=100, error=e), seen, 100).central for e in (short, ERROR)]
    assert 1.0 < told[0] < told[1] < 1.3


def test_a_moment_is_less_sure_than_a_mean() -> None:
    error = ERROR.model_copy(update={"short": 0.2})
    # Two samples of 0.5 s each stand for 9 s of 10, one of a second for the rest.
    parts = [Part("train", reading(0.5), 9.0), Part("train", reading(0.5), 9.0)]
    run = forecast_run([*parts, Part("test", reading(1.0), 1)], error)
    per_s = 2 * 0.45**2 / 0.5 + 0.1**2 / 1.0 + 1 / 10
    assert run.sd == pytest.approx((0.1**2 + 0.06**2 + 0.2**2 * per_s) ** 0.5)
    # A run of a tenth of a second is a moment itself, however long its sample was.
    long, short = (
        forecast_run([Part("train", reading(10.0), times)], error).sd for times in (1.0, 0.01)
    )
    assert long**2 == pytest.approx(0.1**2 + 0.06**2 + 0.2**2 * (1 / 10 + 1 / 10))
    assert short**2 == pytest.approx(0.1**2 + 0.06**2 + 0.2**2 * (1 / 10 + 1 / 0.1))


def test_the_tail_is_counted_in_standard_deviations() -> None:
    heavy = ERROR.model_copy(update={"tail": 2.0, "tail_seen": 3.0})
    run = run_of(10.0, epochs=10, error=heavy)
    assert run.factor == pytest.approx(np.exp(2 * run.sd))
    seen, usual = (refine(run_of(10.0, epochs=10, error=e), [1.0], 10) for e in (heavy, ERROR))
    assert seen.central == usual.central
    left = 9.0
    ends = [np.log((told.high - 1.0) / left) for told in (seen, usual)]
    assert ends[0] / ends[1] == pytest.approx(3 / 1.645)


def test_what_has_passed_is_exact_and_the_first_epoch_is_known_to_be_dearer() -> None:
    dear = ERROR.model_copy(update={"first": np.log(1.2)})
    parts = [Part("load", reading(3.0), 1), Part("train", reading(1.0), 10)]
    run = forecast_run(parts, dear)
    told = refine(run, [1.2], 10, passed=5.0)
    assert told.central == pytest.approx(5.0 + 1.2 + 9.0)
    assert refine(run, [1.2, 1.0], 10).central == pytest.approx(3.0 + 2.2 + 8.0)
    assert refine(forecast_run(parts, ERROR), [1.2], 10, passed=5.0).central > 15.5


def test_what_runs_share_does_not_average_out() -> None:
    runs = [run_of(10.0) for _ in range(100)]
    one = total_of(runs[:1], [60.0])
    many = total_of(runs, [60.0] * 100)
    assert many.central == pytest.approx(6000)
    half = np.log(one.high / one.central), np.log(many.high / many.central)
    assert half[0] == pytest.approx(np.log(runs[0].factor))
    assert half[1] == pytest.approx(half[0] * (0.06**2 + 0.1**2 / 100) ** 0.5 / runs[0].sd)


def test_intervals_cover_what_they_state() -> None:
    rng = np.random.default_rng(1)
    inside = [0, 0, 0]
    runs = [run_of(10.0) for _ in range(5)]
    one, many = total_of(runs[:1], [10.0]), total_of(runs, [10.0] * 5)
    for _ in range(2000):
        shared = rng.normal(0, ERROR.shared)
        actual = 10.0 * np.exp(shared + rng.normal(0, ERROR.own, 5))
        inside[0] += one.low <= actual[0] <= one.high
        inside[1] += many.low <= actual.sum() <= many.high
        # Half the interval would hold 59 %.
        narrow = np.log(one.high / 10.0) / 2
        inside[2] += abs(np.log(actual[0] / 10.0)) <= narrow
    assert inside[0] / 2000 == pytest.approx(CONFIDENCE, abs=0.02)
    assert inside[1] / 2000 == pytest.approx(CONFIDENCE, abs=0.02)
    assert inside[2] / 2000 < 0.65


@pytest.mark.parametrize("reach", [1.0, 3.0])
@pytest.mark.parametrize("n", [1, 5, 20])
def test_runs_that_share_a_sample_are_off_by_the_same(n: int, reach: float) -> None:
    """Two configurations of n seeds, each from one sample of .75 s, by the model's own errors."""
    rng = np.random.default_rng(3)
    samples = [reading(0.75), reading(0.75)]
    runs = [
        forecast_run([Part("train", sample, 40, reach)], USUAL)
        for sample in samples
        for _ in range(n)
    ]
    seconds = runs[0].total.cpu_s
    one, both = (total_of(some, [1.0] * len(some)) for some in (runs[:n], runs))
    shape = (4000, 2, 1)
    session = rng.normal(0, USUAL.shared, (4000, 1, 1))
    off = rng.normal(0, USUAL.short / 0.75**0.5, shape)
    formula = rng.normal(0, USUAL.by_formula * np.log(reach), shape)
    own = rng.normal(0, (USUAL.own**2 + USUAL.short**2 / seconds) ** 0.5, (4000, 2, n))
    actual = np.exp(session + off + formula + own)
    for told, sums in ((one, actual[:, 0].sum(axis=1)), (both, actual.sum(axis=(1, 2)))):
        covered = np.mean((told.low <= sums) & (sums <= told.high))
        assert covered == pytest.approx(CONFIDENCE, abs=0.02)
    assert total_of(runs[:1], [1.0]).high == pytest.approx(runs[0].factor)


def test_epochs_that_have_passed_mend_a_forecast_and_narrow_it() -> None:
    run = run_of(100.0, epochs=100)
    before = refine(run, [], 100)
    assert (before.low, before.central, before.high) == pytest.approx(
        (100 / run.factor, 100, 100 * run.factor)
    )
    first = refine(run, [1.3, 1.3], 100)
    assert 100 < first.central < 130
    assert first.central == pytest.approx(130, rel=0.1)
    assert first.high / first.low < before.high / before.low
    later = refine(run, [1.3] * 60, 100)
    assert later.central == pytest.approx(130, rel=0.01)
    assert refine(run, [1.3] * 100, 100).central == pytest.approx(130)


def test_refined_intervals_cover_too() -> None:
    rng = np.random.default_rng(2)
    inside, errors, first_errors = 0, [], []
    run = run_of(50.0, epochs=50)
    for _ in range(1000):
        rate = np.exp(rng.normal(0, ERROR.shared) + rng.normal(0, ERROR.own))
        seen = rate * np.exp(rng.normal(0, ERROR.epoch, 50))
        told = refine(run, list(seen[:2]), 50)
        inside += told.low <= seen.sum() <= told.high
        errors.append(abs(told.central / seen.sum() - 1))
        first_errors.append(abs(50 / seen.sum() - 1))
    assert inside / 1000 >= CONFIDENCE - 0.03
    assert np.median(errors) < 0.75 * np.median(first_errors)


def test_energy_that_cannot_be_read_stays_absent() -> None:
    absent = ComponentEnergy(
        component="cpu", sensor="s", method="absent", scope="process",
        energy_j=None, low_j=None, high_j=None, reason="no",
    )  # fmt: skip
    sample = reading(1).model_copy(update={"components": (absent,)})
    run = forecast_run([Part("train", sample, 3)], ERROR)
    assert run.total.energy_j is None
    assert run.total.cpu_s == pytest.approx(3)
