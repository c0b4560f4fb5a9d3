"""Errors of a choice that cannot be made: why not, and what comes nearest to the request."""

from collections.abc import Sequence

from ecorec.analysis.decision.candidate import Candidate
from ecorec.analysis.decision.constraint import Constraint
from ecorec.analysis.decision.trade_off import validation_metric
from ecorec.analysis.study_analysis import Benchmark
from ecorec.analysis.words import metric_title, quality
from ecorec.errors import InputError
from ecorec.units import format_energy


def not_validated(benchmark: Benchmark, metric: str, n: int) -> InputError:
    """Return the error for a metric that was not validated, naming the metrics that were."""
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


def nothing_fulfils(
    benchmark: Benchmark,
    constraint: Constraint,
    candidates: Sequence[Candidate],
    metric: str,
    floor: float,
    cap: float,
) -> InputError:
    """Return the error for a constraint that nothing fulfils, naming what comes nearest."""
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
