"""The run to deploy under a constraint: validation selects, test is reported and never selects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.constraint import Constraint
from ecorec.analysis.spent import CURRENCIES, Prices, Spent
from ecorec.analysis.study_analysis import Benchmark
from ecorec.analysis.trade_off import half_interval, validation_metric
from ecorec.analysis.validation import validated, validation_of
from ecorec.analysis.verdict import metric_title, quality
from ecorec.errors import InputError
from ecorec.units import format_energy

PER = 1000.0
"""Recommendations that serving joules are given for."""


@dataclass(frozen=True)
class Use:
    """How the chosen run will be used: what serving adds to its training."""

    requests_per_day: float
    days: float
    """That one training serves."""


@dataclass(frozen=True)
class Candidate:
    """A configuration that may be deployed."""

    position: int
    """Among the benchmark's configurations."""
    label: str
    run_id: str
    """Of its seeds, the best on validation."""
    validation: float
    """Mean over its seeds."""
    test: float
    test_half: float
    """Half the 95 % interval over users and seeds."""
    energy: Spent
    """Joules of one training run."""
    serving: Spent | None
    """Joules of 1,000 recommendations; `None` where it was never under load."""
    in_use_j: tuple[float, float, float] | None
    """Low, central and high joules of training and serving as asked for; `None` if not known."""


@dataclass(frozen=True)
class Decision:
    """What to deploy, and what it was chosen from."""

    constraint: Constraint
    use: Use | None
    metric: str
    """The validation metric that selected."""
    test_metric: str
    chosen: Candidate
    best: Candidate | None
    """Best on validation; `None` where its energy is not known on this machine."""
    best_validation: float
    best_label: str
    floor: float | None
    """Least validation that was asked for."""
    doubt: float
    """Half the 95 % interval of what is held against it: of the difference from the best, where
    a share of the best was asked for, else of a mean; of test, as validation has none."""
    eligible: tuple[Candidate, ...]
    """All that fulfil the constraint, the best bargain first."""
    by_use: bool
    """Whether joules of use decided, not those of training alone."""
    equal_quality: tuple[Candidate, ...]
    """Eligible, and on test not to be told from the chosen one."""
    equal_energy: tuple[Candidate, ...]
    """Eligible, and in training energy not to be told from the chosen one."""
    told_from_best: bool
    """Whether test tells the best on validation from the chosen one."""
    without_serving: tuple[Candidate, ...]
    """Eligible and never under load, where that was asked for or nothing was ever measured."""
    not_validated: tuple[str, ...]
    no_energy: tuple[str, ...]
    """Labels whose energy is of another machine, read beside other work, or not read."""
    n_users: int
    seed_noise_known: bool


def choose(
    benchmark: Benchmark,
    constraint: Constraint,
    prices: Prices,
    use: Use | None = None,
    metric: str | None = None,
) -> Decision:
    """Return the run to deploy of one data set and split.

    Args:
        benchmark: Its configurations, compared on test.
        constraint: What must be fulfilled.
        prices: What is known of serving.
        use: How it will be used; serving is not counted, if not given.
        metric: Validation metric to select by; the one that chose epochs, if not given.

    Raises:
        InputError: Nothing was validated in the metric, has energy, or fulfils the constraint.
    """
    by = metric or validation_metric(benchmark)
    members = benchmark.configurations
    known = {i: validated(item, by) for i, item in enumerate(members)}
    valid = {i: value for i, value in known.items() if value is not None}
    if not valid or (by != validation_metric(benchmark) and len(valid) < len(members)):
        raise _not_validated(benchmark, by, len(members) - len(valid))
    found = [_candidate(i, by, value, benchmark, prices, use) for i, value in valid.items()]
    candidates = [item for item in found if item is not None]
    if not candidates:
        message = f"{benchmark.title}: no validated run has energy that can be compared"
        hint = "`ecorec doctor` says what can be read here; --with-contaminated counts runs beside "
        raise InputError(message, hint=f"{hint}other work")
    top = max(valid, key=lambda i: valid[i])
    floor = constraint.floor(valid[top])
    cap = constraint.max_energy_j if constraint.max_energy_j is not None else float("inf")
    eligible = [c for c in candidates if c.validation >= floor and c.energy.central <= cap]
    if not eligible:
        raise _nothing(benchmark, constraint, candidates, by, floor, cap)
    by_use = use is not None and all(item.in_use_j is not None for item in eligible)
    eligible.sort(key=_order(constraint, by_use))
    chosen, others = eligible[0], eligible[1:]
    best = next((item for item in candidates if item.position == top), None)
    return Decision(
        constraint=constraint,
        use=use,
        metric=by,
        test_metric=benchmark.comparison.metric,
        chosen=chosen,
        best=best,
        best_validation=valid[top],
        best_label=members[top].label,
        floor=None if floor == -float("inf") else floor,
        doubt=_doubt(benchmark, constraint, floor, top, chosen),
        eligible=tuple(eligible),
        by_use=by_use,
        equal_quality=tuple(
            c for c in others if not _told_apart(benchmark, chosen.position, c.position)
        ),
        equal_energy=tuple(
            c for c in others if benchmark.energies.told_apart(chosen.position, c.position) is False
        ),
        told_from_best=_told_apart(benchmark, top, chosen.position),
        without_serving=tuple(item for item in eligible if item.serving is None),
        not_validated=tuple(members[i].label for i, value in known.items() if value is None),
        no_energy=tuple(
            members[i].label for i in valid if all(c.position != i for c in candidates)
        ),
        n_users=benchmark.comparison.n_users,
        seed_noise_known=benchmark.comparison.seed_noise_known,
    )


def _doubt(
    benchmark: Benchmark, constraint: Constraint, floor: float, top: int, chosen: Candidate
) -> float:
    if constraint.within is None or floor == constraint.min_quality:
        return chosen.test_half
    # The best is within any share of itself; others are held against it over the same users.
    if chosen.position == top:
        return 0.0
    return half_interval(benchmark.comparison, top, chosen.position)


def _order(constraint: Constraint, by_use: bool) -> Callable[[Candidate], tuple[float, float]]:
    def key(item: Candidate) -> tuple[float, float]:
        cost = item.in_use_j[1] if by_use and item.in_use_j else item.energy.central
        if constraint.seeks_quality:
            return -item.validation, cost
        return cost, -item.validation

    return key


def _candidate(
    position: int,
    metric: str,
    validation: float,
    benchmark: Benchmark,
    prices: Prices,
    use: Use | None,
) -> Candidate | None:
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
    """Return the run to deploy: best on validation, one that was under load if any was."""
    loaded = [id_ for id_ in item.run_ids if id_ in prices.serving]
    values = {r.run_id: validation_of(r, metric) or 0.0 for r in item.records}
    return max(loaded or item.run_ids, key=lambda run_id: values[run_id])


def _told_apart(benchmark: Benchmark, a: int, b: int) -> bool:
    compared = benchmark.comparison
    return a != b and (compared.is_better(a, b) or compared.is_better(b, a))


def _not_validated(benchmark: Benchmark, metric: str, n: int) -> InputError:
    used = dict.fromkeys(
        name
        for item in benchmark.configurations
        for record in item.records
        for name in (record.selection_metric, *record.validation)
        if name
    )
    of = len(benchmark.configurations)
    message = f"{benchmark.title}: {n} of {of} configurations were not validated in `{metric}`"
    if not used:
        hint = "its records are older than validation: run the study again"
        return InputError(message, hint=hint)
    by = validation_metric(benchmark)
    hint = f"choose by {by}, or run the study with --metric {metric}: epochs were chosen by {by}"
    return InputError(message, hint=hint)


def _nothing(
    benchmark: Benchmark,
    constraint: Constraint,
    candidates: Sequence[Candidate],
    metric: str,
    floor: float,
    cap: float,
) -> InputError:
    """Return the error of a constraint that nothing fulfils, naming what is nearest."""
    good = [item for item in candidates if item.validation >= floor]
    cheap = [item for item in candidates if item.energy.central <= cap]
    near = []
    if good:
        enough = "" if constraint.seeks_quality else " that is good enough"
        near.append(f"the cheapest{enough} is {_facts(_cheapest(good), metric)}")
    else:
        best = max(candidates, key=lambda item: item.validation)
        near.append(f"the best is {_facts(best, metric)}")
    if cheap and good:
        best = max(cheap, key=lambda item: item.validation)
        near.append(f"the best that is cheap enough is {_facts(best, metric)}")
    elif not cheap and not good:
        near.append(f"the cheapest is {_facts(_cheapest(candidates), metric)}")
    message = f"{benchmark.title}: there is no configuration {constraint.in_words(metric)}"
    return InputError(message, hint="; ".join(near))


def _cheapest(candidates: Sequence[Candidate]) -> Candidate:
    return min(candidates, key=lambda item: item.energy.central)


def _facts(item: Candidate, metric: str) -> str:
    return (
        f"{item.label}: validation {metric_title(metric)} {quality(item.validation)}, "
        f"{format_energy(item.energy.central)} {item.energy.method}"
    )
