"""A configuration that may be deployed: validation, test, and joules of training and use."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.decision.validation import validation_of
from ecorec.analysis.deployed.alike import Served
from ecorec.analysis.spent import CURRENCIES, Prices, Spent
from ecorec.analysis.study_analysis import Benchmark
from ecorec.serving.energy import PER


@dataclass(frozen=True)
class Use:
    """How the chosen run will be used: what serving adds to its training."""

    requests_per_day: float
    days: float
    """How long one trained model is in use."""


@dataclass(frozen=True)
class Candidate:
    """A configuration that may be deployed."""

    position: int
    """Among the benchmark's configurations."""
    label: str
    run_id: str
    """The run that would be deployed: of its seeds, the best on validation."""
    validation: float
    """Mean over its seeds."""
    test: float
    test_half: float | None
    """Half the 95 % interval over users and seeds; `None` if it is not known, as of one user."""
    energy: Spent
    """Joules of one training run."""
    serving: Served | None = None
    """Joules of 1,000 recommendations, measured alike for all; `None` where they were not."""
    in_use_j: tuple[float, float, float] | None = None
    """Low, central and high joules of training and serving as asked for; `None` if not known."""
    measured: tuple[Served, ...] = ()
    """All that was measured of the run under load, in whichever way."""


def candidate(
    position: int,
    metric: str,
    validation: float,
    benchmark: Benchmark,
) -> Candidate | None:
    """Return a configuration as a candidate; `None` if its joules on this machine are not known.

    Args:
        position: Among the benchmark's configurations.
        metric: The validation metric.
        validation: Its value of that metric, averaged over seeds.
        benchmark: The benchmark that it belongs to.
    """
    item = benchmark.configurations[position]
    energy = CURRENCIES["energy"].of(item, Prices())
    if energy is None or item.machine_id != benchmark.machine_id:
        return None
    return Candidate(
        position=position,
        label=item.label,
        run_id=_best_run(item, metric, item.run_ids),
        validation=validation,
        test=item.quality(benchmark.comparison.metric),
        test_half=benchmark.half_interval(position),
        energy=energy,
    )


def in_service(
    found: Candidate, item: Configuration, metric: str, prices: Prices, use: Use | None
) -> Candidate:
    """Return a candidate with its serving; of its runs, those that were under load come first.

    Args:
        found: The candidate.
        item: Its configuration.
        metric: The validation metric.
        prices: What is known of serving, and in which way it counts.
        use: How it will be used.
    """
    alike = [run_id for run_id in item.run_ids if prices.served(run_id)]
    loaded = [run_id for run_id in item.run_ids if prices.serving.get(run_id)]
    run_id = _best_run(item, metric, alike or loaded or item.run_ids)
    serving = prices.served(run_id)
    return replace(
        found,
        run_id=run_id,
        serving=serving,
        in_use_j=None if use is None or serving is None else in_use(found.energy, serving, use),
        measured=tuple(prices.serving.get(run_id, ())),
    )


def in_use(energy: Spent, serving: Served, use: Use) -> tuple[float, float, float]:
    """Return low, central and high joules of a training and of what it serves."""
    thousands = use.requests_per_day * use.days / PER
    low, central, high = serving.each.ends_j
    return (
        energy.low + thousands * low,
        energy.central + thousands * central,
        energy.high + thousands * high,
    )


def _best_run(item: Configuration, metric: str, run_ids: Sequence[str]) -> str:
    """Return the one of some runs that is the best on validation."""
    values = {r.run_id: validation_of(r, metric) or 0.0 for r in item.records}
    return max(run_ids, key=lambda run_id: values[run_id])
