"""Two systems against each other as text: what each draws, where they cross, what a year takes."""

from dataclasses import dataclass

from ecorec.analysis.amounts import Amount
from ecorec.analysis.break_even import BreakEven, break_even
from ecorec.analysis.break_even_words import in_words
from ecorec.analysis.deployment import Deployed
from ecorec.analysis.life_cycle import (
    BOUNDARY,
    DAYS_PER_YEAR,
    Joules,
    Operation,
    grams,
    kwh_range,
    requests_per_training,
)
from ecorec.analysis.repricing import GridView
from ecorec.analysis.serving_carbon import sci_of
from ecorec.energy.embodied import EmbodiedSettings, Grams
from ecorec.report.paragraphs import wrapped
from ecorec.report.ranges import between
from ecorec.report.tables import as_text
from ecorec.serving.energy import PER
from ecorec.units import SECONDS_PER_DAY, format_count, format_duration, format_energy, format_mass

MILESTONES = (1.0, 7.0, 30.0, 90.0, DAYS_PER_YEAR)
"""Days at which the life cycle is printed."""


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
    parts = [_costs(pair), "", *map(wrapped, in_words(found)), *_caveats(pair)]
    if question.operation is not None:
        parts += ["", _operation(found, pair, question.operation), "", _year(pair, question)]
        parts += ["", _milestones(pair, question.operation)]
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
    return "none" if bill is None else _joules(bill.ends_j, bill.method)


def _amount(amount: Amount | None) -> str:
    if amount is None:
        return "absent"
    return _joules(amount.ends_j, amount.method)


def _joules(ends: Joules, method: str) -> str:
    low, central, high = ends
    return f"{format_energy(central)} ({between(low, high, format_energy)}) {method}"


def _thousand(item: Deployed) -> str:
    each = item.system.recommendation
    low, central, high = each.ends_j
    return _joules((PER * low, PER * central, PER * high), each.method)


def _how(item: Deployed) -> str:
    step = item.step
    where = "the index alone, without HTTP" if step is None else f"{100 * step.load:g} % load"
    n = len(item.system.recommendation.values_j)
    parts = f"{n} measurements" if len(item.serving) > 1 else f"{n} slices of one window"
    return f"{where}, {parts}"


def _idle(item: Deployed) -> str:
    if item.alone or item.latest.idle is None:
        return "not in it"
    low, central, high = (1000 * watts for watts in item.idle_w)
    method = "+".join(item.latest.idle.server.methods)
    return f"{central:.3g} mW ({low:.3g}-{high:.3g}) {method}"


def _p99(item: Deployed) -> str:
    latency = item.latency
    return "absent" if latency is None else f"{1000 * latency.p99_s:.3g} ms"


def _caveats(pair: tuple[Deployed, Deployed]) -> list[str]:
    found = []
    machines = {item.latest.machine.machine_id for item in pair}
    machines |= {item.configuration.machine_id for item in pair}
    if len(machines) > 1:
        found.append("Measured on different machines: the range if they draw unalike is theirs.")
    if len({item.record.data.fingerprint for item in pair}) > 1:
        found.append("Trained on different data: what each recommends is not compared here.")
    if pair[0].alone and any(item.latest.steps for item in pair):
        found.append(
            "One of the two was measured without HTTP, so that the index alone stands for both; "
            "ecorec stress without --no-http measures the servers."
        )
    if any(len(item.serving) == 1 for item in pair):
        found.append(
            "Slices of one window scatter less than windows of other days do: measure again "
            "(ecorec stress) for repeats."
        )
    if any(not item.configuration.clean for item in pair):
        found.append("Training was measured beside other work on the machine.")
    return [wrapped(text) for text in found]


def _operation(found: BreakEven, pair: tuple[Deployed, Deployed], operation: Operation) -> str:
    per_day = f"{format_count(operation.requests_per_day)} recommendations a day"
    dearer, other = pair
    served = requests_per_training(operation)
    if served is None:
        cadence = f"{per_day}, trained once"
        if found.recommendations is None:
            return wrapped(f"{cadence}: {dearer.system.label} never overtakes.")
        days = found.recommendations / operation.requests_per_day
        return wrapped(f"{cadence}: {dearer.system.label} overtakes after {_days(days)}.")
    every = _days(operation.retrain_every_days or 0.0)
    cadence = f"{per_day}, retrained every {every}: {format_count(served)} a training"
    n = found.recommendations
    if n is None:
        return wrapped(f"{cadence}; {other.system.label} draws less at any number.")
    above = served > n
    cheaper = dearer if above else other
    side = "above" if above else "below"
    return wrapped(
        f"{cadence}, {side} the break-even of {format_count(n)}: {cheaper.system.label} draws less "
        f"beyond what waiting servers draw.{_with_idle(pair, operation, cheaper)}"
    )


def _with_idle(pair: tuple[Deployed, Deployed], operation: Operation, cheaper: Deployed) -> str:
    """Return a sentence where the waiting servers turn the answer."""
    least = min(pair, key=lambda item: item.life_cycle.of_a_year(operation)[1])
    if least is cheaper:
        return ""
    idle = " and ".join(f"{1000 * item.idle_w[1]:.3g} mW" for item in pair)
    method = "+".join(cheaper.latest.idle.server.methods) if cheaper.latest.idle else "absent"
    return f" With them ({idle}, {method}) {least.system.label} does."


def _days(days: float) -> str:
    if days < 1:
        return format_duration(days * SECONDS_PER_DAY)
    if days > 2 * DAYS_PER_YEAR:
        return f"{days / DAYS_PER_YEAR:.3g} years"
    return f"{days:.3g} day{'' if days == 1 else 's'}"


def _year(pair: tuple[Deployed, Deployed], question: Question) -> str:
    operation = question.operation
    assert operation is not None
    lives = [item.life_cycle for item in pair]
    years = [life.of_a_year(operation) for life in lives]
    parts = [life.parts_of_a_year(operation) for life in lives]
    lines = [
        ["a year", *(life.label for life in lives)],
        ["  joules", *(_joules(y, life.method) for y, life in zip(years, lives, strict=True))],
        ["  kWh", *(_kwh(year) for year in years)],
    ]
    if question.grid is not None:
        view = question.grid
        priced = [grams(year, view.grid, view.pue) for year in years]
        lines.append(["  CO2-eq", *(_grams(item) for item in priced if item is not None)])
    for name in parts[0]:
        shares = [part[name] / max(sum(part.values()), 1e-300) for part in parts]
        if any(shares):
            lines.append([f"  {name}", *(f"{100 * share:.3g} %" for share in shares)])
    return as_text(lines)


def _kwh(joules: Joules) -> str:
    low, central, high = kwh_range(joules)
    return f"{central:.3g} ({low:.3g}-{high:.3g})"


def _grams(found: Grams) -> str:
    low, high = format_mass(found.low_g), format_mass(found.high_g)
    return f"{format_mass(found.central_g)} ({low} - {high})"


def _milestones(pair: tuple[Deployed, Deployed], operation: Operation) -> str:
    lives = [item.life_cycle for item in pair]
    first = "after, with tuning" if any(item.tuning for item in pair) else "after"
    head = [first, "recommendations", *(f"{life.label}, {life.method}" for life in lives)]
    lines = [
        [
            f"  {_days(days)}",
            format_count(days * operation.requests_per_day),
            *(format_energy(life.after(days, operation)[1]) for life in lives),
        ]
        for days in MILESTONES
    ]
    return as_text([head, *lines], right=(1, 2, 3))


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
                _grams(total),
                f"{item.system.recommendation.method} + assumed",
            ]
        )
    return f"{wrapped(title)}\n{as_text([head, *lines], right=(1, 2, 3))}"
