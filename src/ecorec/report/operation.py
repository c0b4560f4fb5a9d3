"""Two systems in operation as text: whether they cross in time, a year of each, their course."""

from ecorec.analysis.deployed.break_even import BreakEven
from ecorec.analysis.deployed.deployment import Deployed
from ecorec.analysis.deployed.life_cycle import (
    DAYS_PER_YEAR,
    Joules,
    Operation,
    grams,
    kwh_range,
    requests_per_training,
)
from ecorec.analysis.repricing import GridView
from ecorec.energy.embodied import Grams
from ecorec.report.paragraphs import wrapped
from ecorec.report.ranges import between
from ecorec.report.tables import as_text
from ecorec.units import (
    SECONDS_PER_DAY,
    format_count,
    format_duration,
    format_energy,
    format_mass,
    format_power,
)

MILESTONES = (1.0, 7.0, 30.0, 90.0, DAYS_PER_YEAR)
"""Days at which the life cycle is printed."""


def operation_in_words(
    found: BreakEven, pair: tuple[Deployed, Deployed], operation: Operation
) -> str:
    """Return which of two systems draws less in operation, and from when on.

    Args:
        found: Their break-even.
        pair: The one that is dearer to train, and the other.
        operation: How they are operated.
    """
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
    idle = " and ".join(format_power(item.idle_w[1]) for item in pair)
    method = "+".join(cheaper.latest.idle.server.methods) if cheaper.latest.idle else "absent"
    return f" With them ({idle}, {method}) {least.system.label} does."


def _days(days: float) -> str:
    if days < 1:
        return format_duration(days * SECONDS_PER_DAY)
    if days > 2 * DAYS_PER_YEAR:
        return f"{days / DAYS_PER_YEAR:.3g} years"
    return f"{days:.3g} day{'' if days == 1 else 's'}"


def year_table(pair: tuple[Deployed, Deployed], operation: Operation, grid: GridView | None) -> str:
    """Return what a year of each takes: joules, kilowatt-hours, grams, shares of its parts."""
    lives = [item.life_cycle for item in pair]
    years = [life.of_a_year(operation) for life in lives]
    parts = [life.parts_of_a_year(operation) for life in lives]
    lines = [
        ["a year", *(life.label for life in lives)],
        [
            "  joules",
            *(joules_with_range(y, life.method) for y, life in zip(years, lives, strict=True)),
        ],
        ["  kWh", *(_kwh(year) for year in years)],
    ]
    if grid is not None:
        priced = [grams(year, grid.grid, grid.pue) for year in years]
        lines.append(["  CO2-eq", *(grams_with_range(item) for item in priced if item is not None)])
    for name in parts[0]:
        shares = [part[name] / max(sum(part.values()), 1e-300) for part in parts]
        if any(shares):
            lines.append([f"  {name}", *(f"{100 * share:.3g} %" for share in shares)])
    return as_text(lines)


def joules_with_range(ends: Joules, method: str) -> str:
    """Return central joules with their range and how they were obtained."""
    low, central, high = ends
    return f"{format_energy(central)} ({between(low, high, format_energy)}) {method}"


def grams_with_range(found: Grams) -> str:
    """Return central grams with their range."""
    low, high = format_mass(found.low_g), format_mass(found.high_g)
    return f"{format_mass(found.central_g)} ({low} - {high})"


def _central(joules: Joules | None) -> str:
    return "absent" if joules is None else format_energy(joules[1])


def _kwh(joules: Joules) -> str:
    low, central, high = kwh_range(joules)
    return f"{central:.3g} ({low:.3g}-{high:.3g})"


def milestone_table(pair: tuple[Deployed, Deployed], operation: Operation) -> str:
    """Return what each has taken after some days: the course of both.

    A system has none where the joules of its tuning were not read.
    """
    lives = [item.life_cycle for item in pair]
    first = "after, with tuning" if any(item.tuning for item in pair) else "after"
    head = [first, "recommendations", *(f"{life.label}, {life.method}" for life in lives)]
    lines = [
        [
            f"  {_days(days)}",
            format_count(days * operation.requests_per_day),
            *(_central(life.after(days, operation)) for life in lives),
        ]
        for days in MILESTONES
    ]
    return as_text([head, *lines], right=(1, 2, 3))
