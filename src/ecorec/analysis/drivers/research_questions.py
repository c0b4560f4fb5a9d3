"""The two questions of Purificato and Silvestri (2024), answered from a study's own data.

Each answer says what the data show, with intervals, and what they cannot show, and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from ecorec.analysis.configurations import Configuration, title
from ecorec.analysis.drivers.complexity import epoch_joules
from ecorec.analysis.drivers.effects import Effect, Effects
from ecorec.analysis.statistics.least_squares import Estimate
from ecorec.analysis.study_analysis import Benchmark
from ecorec.analysis.words import listed, metric_title

RQ1 = "How do the complexity of a model and the duration of its training drive emissions?"
RQ2 = "How do embedding size and hardware drive emissions?"

MODELLED = ("modelled", "assumed")


@dataclass(frozen=True)
class Answer:
    """One question and what a study says to it."""

    question: str
    told: tuple[str, ...]
    """Sentences that the data support."""
    untold: tuple[str, ...]
    """What cannot be said, and why; without a full stop."""

    @property
    def text(self) -> str:
        """Both, as one paragraph."""
        parts = [*self.told]
        if self.untold:
            parts.append(f"It cannot be said: {'; '.join(self.untold)}.")
        return " ".join(parts)


def answers(benchmark: Benchmark, found: Sequence[Effects]) -> tuple[Answer, Answer]:
    """Return the answers of one data set and split.

    Args:
        benchmark: Its configurations.
        found: From `effects`: of a run's energy, of its training's, of quality.
    """
    run, training, quality = found
    return _complexity(benchmark, run, training, quality), _hardware(benchmark, run, quality)


def exponent(found: Estimate) -> str:
    """Return an exponent with its interval, e.g. `0.71 (0.67 to 0.75)`."""
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def gain(found: Estimate) -> str:
    """Return a gain of quality with its interval, e.g. `+.0019 (+.0008 to +.0030)`."""
    value, low, high = (_signed(x) for x in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("0.", ".", 1)


def _complexity(
    benchmark: Benchmark, run: Effects, training: Effects, quality: Effects
) -> Answer:  # fmt: skip
    told, untold = ["Grams of one grid follow joules exactly, so joules are looked at."], []
    work = training.work["multiply-adds"]
    if work.estimate is None:
        untold.append(f"how energy follows multiply-adds ({work.reason})")
    else:
        told.append(
            f"Within a model, energy of training grows with multiply-adds to the power of "
            f"{exponent(work.estimate)}{_models(work)}."
        )
    prices = _joules_per_work(benchmark)
    if len(prices) > 1:
        (cheap, least), (dear, most) = prices[0], prices[-1]
        told.append(
            f"Between models, work alone does not say it: a multiply-add of {title(dear)} takes "
            f"{most / least:.2g} times the energy of one of {title(cheap)}."
        )
    epochs = run.factors["epochs"]
    if epochs.estimate is None:
        untold.append(f"what more epochs cost and give ({epochs.reason})")
    else:
        told.append(
            f"Energy of a run grows with epochs to the power of {exponent(epochs.estimate)}"
            f"{_gained(quality.factors['epochs'], quality)}."
        )
    late = _after_best(benchmark)
    if late is not None:
        told.append(
            f"{100 * late:.0f} % of training's energy came after the epoch that was kept (median)."
        )
    if _is_modelled(benchmark):
        untold.append(
            "whether a second of one model draws more than one of another, as joules here are CPU "
            "seconds times watts that are the same for all"
        )
    return Answer(RQ1, tuple(told), tuple(untold))


def _hardware(benchmark: Benchmark, run: Effects, quality: Effects) -> Answer:
    told, untold = [], []
    size = run.factors["embedding size"]
    if size.estimate is None:
        untold.append(f"what embedding size does ({size.reason})")
    else:
        told.append(
            f"Energy of a run grows with embedding size to the power of {exponent(size.estimate)}, "
            f"{2**size.estimate.value:.2f} times a doubling{_models(size)}"
            f"{_gained(quality.factors['embedding size'], quality)}."
        )
    enough = benchmark.verdict.findings.useful_sizes
    if enough:
        sizes = [f"d={found} for {title(model)}" for model, found in enough.items()]
        told.append(f"Beyond {listed(sizes)} nothing is gained that can be told from noise.")
    threads = run.factors["threads"]
    if threads.estimate is not None:
        told.append(f"With threads it goes to the power of {exponent(threads.estimate)}.")
    machines = {item.machine_id for item in benchmark.configurations}
    devices = {item.first.device for item in benchmark.configurations}
    if len(machines) == 1:
        n = benchmark.first.threads
        fixed = "" if threads.estimate else f" with {n} thread{'' if n == 1 else 's'}"
        untold.append(
            f"what other hardware does, as all ran on one machine{fixed} ({listed(sorted(devices))}"
            "): run the study elsewhere into another folder, and `ecorec compare` both"
        )
    else:
        told.append(
            f"{len(machines)} machines took part; their joules are not pooled "
            "(`ecorec results --format csv` has each)."
        )
    return Answer(RQ2, tuple(told), tuple(untold))


def _models(found: Effect) -> str:
    """Return, in words, that models differ in an effect, and its smallest and largest value."""
    if found.differs is None or found.differs >= 0.05 or not found.by_model:
        return ""
    ordered = sorted(found.by_model, key=lambda pair: pair[1].value)
    (low, least), (high, most) = ordered[0], ordered[-1]
    return (
        f", from {least.value:.2f} for {title(low)} to {most.value:.2f} for {title(high)} "
        f"({p_in_words(found.differs)} for one power of all)"
    )


def p_in_words(p: float) -> str:
    """Return a p-value as texts print it, e.g. `p = .02`, `p < .001`."""
    return "p < .001" if p < 0.001 else f"p = {p:.2g}".replace("0.", ".", 1)


def _gained(found: Effect, of: Effects) -> str:
    if found.estimate is None:
        return ""
    metric = metric_title(of.response.name)
    sure = "" if found.estimate.p < 0.05 else ", which may be nothing"
    return f"; a doubling brings {gain(found.estimate)} {metric}{sure}"


def _joules_per_work(benchmark: Benchmark) -> list[tuple[str, float]]:
    """Return trained models with their median joules a multiply-add, cheapest first."""
    found: dict[str, list[float]] = {}
    for item in _here(benchmark):
        if item.is_training_free or item.first.cost is None:
            continue
        work = item.first.cost.multiply_adds_per_epoch
        known = [joules for record in item.compared if (joules := epoch_joules(record))]
        if known and work:
            found.setdefault(item.model, []).append(fmean(known) / work)
    return sorted(((model, median(each)) for model, each in found.items()), key=lambda x: x[1])


def _after_best(benchmark: Benchmark) -> float | None:
    """Return the median share of training's joules that were spent after the tested epoch."""
    shares = []
    for record in (record for item in _here(benchmark) for record in item.compared):
        spent = [(e.epoch, e.train_j) for e in record.epochs if e.train_j is not None]
        if len(spent) < len(record.epochs):
            continue
        total = sum(joules for _, joules in spent)
        if total and record.best_epoch is not None:
            shares.append(sum(j for at, j in spent if at > record.best_epoch) / total)
    return median(shares) if shares else None


def _is_modelled(benchmark: Benchmark) -> bool:
    methods = {name for item in _here(benchmark) for r in item.records for name in r.total.methods}
    return bool(methods & set(MODELLED))


def _here(benchmark: Benchmark) -> list[Configuration]:
    return [c for c in benchmark.configurations if c.machine_id == benchmark.machine_id]
