"""Quality against cost: the front, its knee, and what each further bit of quality costs.

If all configurations were validated in the metric, validation decides which ones are on the front,
and test is used only to say what each step along it gains. Otherwise test decides, and the result
says so, because the best of many on test looks better than it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Literal

from ecorec.analysis.compare import Comparison
from ecorec.analysis.configurations import Configuration
from ecorec.analysis.decision.validation import selecting_metric, validated
from ecorec.analysis.deployed.alike import measured
from ecorec.analysis.spent import Currency, Prices, Spent, require
from ecorec.analysis.statistics.knee import knee
from ecorec.analysis.statistics.pareto import pareto_front
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis

POINT = 0.001
"""The step of quality that exchange rates are given for."""


@dataclass(frozen=True)
class Rate:
    """Cost of 0.001 more of a metric, from the test's gain over the previous point of the front.

    The range of the sensors and the interval of the gain are two ranges and are kept apart.
    """

    central: float | None
    """`None` if test shows no gain."""
    watts: tuple[float, float] | None
    """The rate with the low ends of both costs and with their high ends; `None` without a gain."""
    gain: tuple[float, float | None] | None
    """The rate over the gain's 95 % interval; its high end is `None` if there may be no gain. The
    whole is `None` if the interval is not known."""


@dataclass(frozen=True)
class Point:
    """One configuration between quality and cost."""

    position: int
    """Among the benchmark's configurations."""
    label: str
    quality: float
    """What decides the front: the metric on validation, or on test if validation is lacking."""
    test: float
    test_half: float | None
    """Half the 95 % interval over users and seeds; `None` if it is not known, as of one user."""
    spent: Spent


@dataclass(frozen=True)
class TradeOff:
    """All configurations of a benchmark that have a cost, and what cannot be beaten among them."""

    metric: str
    currency: Currency
    by: Literal["validation", "test"]
    points: tuple[Point, ...]
    """Cheapest first."""
    front: tuple[Point, ...]
    """Cheapest first."""
    rates: tuple[Rate | None, ...]
    """One for each point of the front; `None` for the cheapest."""
    knee: Point | None
    not_validated: tuple[str, ...]
    """Labels that keep the front from being decided on validation."""
    left_out: tuple[str, ...]
    """Labels without this cost on the benchmark's machine."""
    served_as: str = ""
    """How serving was measured, in words; empty for another cost."""


def trade_off(benchmark: Benchmark, currency: Currency, prices: Prices) -> TradeOff:
    """Return the trade-off of one data set and split in the metric that it is compared by.

    Args:
        benchmark: Configurations with their comparison on test.
        currency: What is counted as cost.
        prices: Grid and serving.

    Raises:
        InputError: No configuration has this cost.
    """
    members, metric = benchmark.configurations, benchmark.comparison.metric
    prices = prices.alike([c for c in members if c.machine_id == benchmark.machine_id])
    priced = {
        i: spent
        for i, item in enumerate(members)
        if item.machine_id == benchmark.machine_id
        and (spent := currency.of(item, prices)) is not None
    }
    require(priced, currency)
    known = {i: validated(members[i], metric) for i in priced}
    missing = tuple(members[i].label for i, value in known.items() if value is None)
    points = [
        Point(
            position=i,
            label=members[i].label,
            quality=members[i].quality(metric) if missing or value is None else value,
            test=members[i].quality(metric),
            test_half=benchmark.half_interval(i),
            spent=priced[i],
        )
        for i, value in known.items()
    ]
    points.sort(key=lambda point: (point.spent.central, -point.quality))
    found = pareto_front([p.quality for p in points], [p.spent.central for p in points])
    front = tuple(points[i] for i in found)
    at = knee([p.quality for p in front], [p.spent.central for p in front])
    return TradeOff(
        metric=metric,
        currency=currency,
        by="test" if missing else "validation",
        points=tuple(points),
        front=front,
        rates=tuple(
            _rate(front[i - 1], point, benchmark.comparison) if i else None
            for i, point in enumerate(front)
        ),
        knee=None if at is None else front[at],
        not_validated=missing,
        left_out=tuple(item.label for i, item in enumerate(members) if i not in priced),
        served_as=_served_as([members[i] for i in priced], prices)
        if currency.name == "serving"
        else "",
    )


def _served_as(items: Sequence[Configuration], prices: Prices) -> str:
    found = [prices.served(run_id) for item in items for run_id in item.run_ids]
    kinds = dict.fromkeys(one.kind for one in found if one is not None)
    return "" if prices.way is None else prices.way.in_words([*kinds])


def prices_of(analysis: StudyAnalysis) -> Prices:
    """Return the grid of a study, and what was measured of its runs under load.

    What was served on another machine than it was trained on is left out.
    """
    trained_on = {(r.run_id, r.machine.machine_id) for r in analysis.study.records}
    serving = {
        run_id: [
            one
            for record in records
            if (run_id, record.machine.machine_id) in trained_on
            for one in measured(record)
        ]
        for run_id, records in analysis.study.served.items()
    }
    return Prices(analysis.grid, analysis.pue, serving)


def validation_metric(benchmark: Benchmark) -> str:
    """Return the validation metric by which most of its runs chose their epoch."""
    return selecting_metric(benchmark.configurations, benchmark.comparison.metric)


def _rate(cheaper: Point, better: Point, comparison: Comparison) -> Rate:
    gain = better.test - cheaper.test
    half = half_interval(comparison, better.position, cheaper.position)
    low, central, high = (
        # Both at the same end of their ranges: the same watts are assumed for both.
        max(0.0, getattr(better.spent, end) - getattr(cheaper.spent, end))
        for end in ("low", "central", "high")
    )
    return Rate(
        central=POINT * central / gain if gain > 0 else None,
        watts=(POINT * low / gain, POINT * high / gain) if gain > 0 else None,
        gain=None if half is None else _over(POINT * central, gain - half, gain + half),
    )


def _over(cost: float, least: float, most: float) -> tuple[float, float | None]:
    return cost / most if most > 0 else inf, cost / least if least > 0 else None


def half_interval(comparison: Comparison, a: int, b: int) -> float | None:
    """Return half the 95 % interval of the difference of two on test; `None` if not known."""
    half = float(comparison.margin[a, b])
    return half if isfinite(half) else None
