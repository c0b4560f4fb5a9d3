"""What several runs will take together, with the interval of their sum.

Of the errors of a forecast, some are of the session and the same for all its runs; some are of a
sample and of the formula that extrapolates it, and the same for all runs that were forecast from
it: seeds, repeats, numbers of epochs, and further sizes once samples have taken long enough. Only
what is a run's own averages out over many.
"""

from collections.abc import Sequence

from ecorec.planning.forecast import Expected, RunForecast, extrapolated, sampled_per_second


def total_of(
    forecasts: Sequence[RunForecast], values: Sequence[float], fixed: float = 0.0
) -> Expected:
    """Return the sum over runs of one quantity, with the interval of the sum.

    Runs whose parts hold the same readings as samples share the error of these.

    Args:
        forecasts: Of the runs.
        values: Of the quantity, in the same order.
        fixed: Added to the sum, without error.
    """
    whole = sum(values)
    if not whole:
        return Expected(fixed, fixed, fixed)
    error = forecasts[0].error
    # By sample: standard deviations of the sum, from its shortness and from the formula.
    common: dict[tuple[int, ...], tuple[float, float]] = {}
    own = 0.0
    for item, value in zip(forecasts, values, strict=True):
        share = value / whole
        short, formula = _of_sample(item)
        own += share**2 * max(0.0, item.sd**2 - error.shared**2 - short**2 - formula**2)
        sample = tuple(id(part.sample) for part in item.parts)
        before = common.get(sample, (0.0, 0.0))
        common[sample] = before[0] + share * short, before[1] + share * formula
    variance = error.shared**2 + own + sum(a**2 + b**2 for a, b in common.values())
    factor = error.factor(variance**0.5)
    return Expected(whole + fixed, whole / factor + fixed, whole * factor + fixed)


def _of_sample(item: RunForecast) -> tuple[float, float]:
    """Return the standard deviations that a run's sample and its extrapolation add."""
    seconds = item.total.cpu_s
    short = item.error.short * sampled_per_second(item.parts, seconds) ** 0.5
    return short, item.error.by_formula * extrapolated(item.parts, seconds)
