"""A configuration that may be deployed: validation, test, and joules of training and use."""

from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.decision.validation import validation_of
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
    serving: Spent | None
    """Joules of 1,000 recommendations; `None` where it was never under load."""
    in_use_j: tuple[float, float, float] | None
    """Low, central and high joules of training and serving as asked for; `None` if not known."""


def candidate(
    position: int,
    metric: str,
    validation: float,
    benchmark: Benchmark,
    prices: Prices,
    use: Use | None,
) -> Candidate | None:
    """Return a configuration as a candidate; `None` if its joules on this machine are not known.

    Args:
        position: Among the benchmark's configurations.
        metric: The validation metric.
        validation: Its value of that metric, averaged over seeds.
        benchmark: The benchmark that it belongs to.
        prices: What is known of serving.
        use: How it will be used.
    """
    item = benchmark.configurations[position]
    energy = CURRENCIES["energy"].of(item, prices)
    if energy is None or item.machine_id != benchmark.machine_id:
        return None
    run_id = _best_run(item, metric, prices)
    serving = prices.serving.get(run_id)
    return Candidate(
        position=position,
        label=item.label,
        run_id=run_id,
        validation=validation,
        test=item.quality(benchmark.comparison.metric),
        test_half=benchmark.half_interval(position),
        energy=energy,
        serving=serving,
        in_use_j=None if use is None or serving is None else in_use(energy, serving, use),
    )


def in_use(energy: Spent, serving: Spent, use: Use) -> tuple[float, float, float]:
    """Return low, central and high joules of a training and of what it serves."""
    thousands = use.requests_per_day * use.days / PER
    return (
        energy.low + thousands * serving.low,
        energy.central + thousands * serving.central,
        energy.high + thousands * serving.high,
    )


def _best_run(item: Configuration, metric: str, prices: Prices) -> str:
    """Return the run to deploy: of those that were under load, if any, the best on validation."""
    loaded = [id_ for id_ in item.run_ids if id_ in prices.serving]
    values = {r.run_id: validation_of(r, metric) or 0.0 for r in item.records}
    return max(loaded or item.run_ids, key=lambda run_id: values[run_id])
