"""Two systems against each other as text: what each draws, where they cross, what a year takes."""

from dataclasses import dataclass

from ecorec.analysis.deployed.amounts import Amount
from ecorec.analysis.deployed.break_even import break_even
from ecorec.analysis.deployed.break_even_words import in_words
from ecorec.analysis.deployed.deployment import Deployed
from ecorec.analysis.deployed.life_cycle import BOUNDARY, Operation
from ecorec.analysis.deployed.serving_carbon import sci_of
from ecorec.analysis.repricing import GridView
from ecorec.energy.embodied import EmbodiedSettings
from ecorec.report.break_even_caveats import caveats
from ecorec.report.operation import (
    grams_with_range,
    joules_with_range,
    milestone_table,
    operation_in_words,
    year_table,
)
from ecorec.report.paragraphs import wrapped
from ecorec.report.ranges import between
from ecorec.report.tables import as_text
from ecorec.serving.energy import PER
from ecorec.units import format_duration, format_mass, format_power


@dataclass(frozen=True)
class Question:
    """What was asked beside the two runs."""

    load: float
    operation: Operation | None
    """`None`: only the crossing is asked for."""
    grid: GridView | None
    """`None`: joules, and no grams."""
    embodied: EmbodiedSettings


def answer(a: Deployed, b: Deployed, question: Question) -> str:
    """Return the whole answer, at most 100 columns wide."""
    found = break_even(a.system, b.system)
    pair = (a, b) if found.dearer is a.system else (b, a)
    parts = [_costs(pair), "", *map(wrapped, in_words(found)), *caveats(pair)]
    if question.operation is not None:
        parts += ["", operation_in_words(found, pair, question.operation)]
        parts += ["", year_table(pair, question.operation, question.grid)]
        parts += ["", milestone_table(pair, question.operation)]
    if question.grid is not None:
        parts += ["", _sci(pair, question)]
    else:
        parts += ["", "No grid was stated, so no grams are given: --country ITA, say."]
    return "\n".join([*parts, "", wrapped(BOUNDARY)])


def _costs(pair: tuple[Deployed, Deployed]) -> str:
    lines = [
        ["", *(item.system.label for item in pair)],
        ["training + index", *(_amount(item.system.training) for item in pair)],
        ["  its index", *(_amount(item.build) for item in pair)],
        [f"{PER:,} recommendations", *(_thousand(item) for item in pair)],
        ["  measured as", *(_how(item) for item in pair)],
        ["idle server", *(_idle(item) for item in pair)],
        ["p99 there", *(_p99(item) for item in pair)],
    ]
    if any(item.tuning for item in pair):
        lines.insert(1, ["tuning, once", *(_tuning(item) for item in pair)])
    return as_text(lines)


def _tuning(item: Deployed) -> str:
    bill = item.tuning
    if bill is None:
        return "none"
    return "absent" if bill.ends_j is None else joules_with_range(bill.ends_j, bill.method)


def _amount(amount: Amount | None) -> str:
    if amount is None:
        return "absent"
    return joules_with_range(amount.ends_j, amount.method)


def _thousand(item: Deployed) -> str:
    each = item.system.recommendation
    low, central, high = each.ends_j
    return joules_with_range((PER * low, PER * central, PER * high), each.method)


def _how(item: Deployed) -> str:
    step = item.step
    where = "the index alone, without HTTP" if step is None else f"{100 * step.load:g} % load"
    n = len(item.system.recommendation.values_j)
    parts = f"{n} measurements" if len(item.serving) > 1 else f"{n} slices of one window"
    return f"{where}, {parts}"


def _idle(item: Deployed) -> str:
    if item.alone or item.latest.idle is None:
        return "not in it"
    low, central, high = item.idle_w
    method = "+".join(item.latest.idle.server.methods)
    return f"{format_power(central)} ({between(low, high, format_power)}) {method}"


def _p99(item: Deployed) -> str:
    latency = item.latency
    return "absent" if latency is None else format_duration(latency.p99_s)


def _sci(pair: tuple[Deployed, Deployed], question: Question) -> str:
    view = question.grid
    assert view is not None
    title = (
        f"Software Carbon Intensity 1.1, R = 1,000 recommendations, serving alone; "
        f"{view.grid.in_words()}, PUE {view.pue:g}"
    )
    head = ["", "operational", "+ embodied", "= SCI (low - high)", ""]
    lines = []
    for item in pair:
        per_day = question.operation.requests_per_day if question.operation else None
        record = item.latest.model_copy(update={"steps": (), "idle": None} if item.alone else {})
        found = sci_of(
            record,
            view.grid,
            view.pue,
            question.embodied,
            requests_per_day=per_day,
            load=question.load,
        )
        if found is None:
            lines.append([f"  {item.system.label}", "", "", "absent", ""])
            continue
        total = found.total
        lines.append(
            [
                f"  {item.system.label}",
                format_mass(found.operational.central_g),
                format_mass(found.embodied.central_g),
                grams_with_range(total),
                f"{item.system.recommendation.method} + assumed",
            ]
        )
    return f"{wrapped(title)}\n{as_text([head, *lines], right=(1, 2, 3))}"
