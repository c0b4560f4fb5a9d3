"""A study under other grids as text: grams with method, year, source and ranges."""

from collections.abc import Sequence

from ecorec.analysis.repricing import GridView, Repriced
from ecorec.energy.embodied import EmbodiedSettings, Grams
from ecorec.energy.sci import NOT_SERVED
from ecorec.report.ranges import between
from ecorec.report.tables import as_text
from ecorec.units import format_energy, format_mass


def table(
    priced: Sequence[Repriced], settings: EmbodiedSettings, *, sci: bool, budget: bool
) -> str:
    """Return one block a grid, with its Software Carbon Intensity and its budget if asked for.

    Args:
        priced: From `reprice`, grid by grid.
        settings: What was assumed of the machine.
        sci: Whether both parts are added up for a functional unit.
        budget: Whether the uncertainty is shown source by source.
    """
    parts = []
    for view in dict.fromkeys(item.view for item in priced):
        members = [item for item in priced if item.view == view]
        parts += [_head(view), _block(members), ""]
        if sci:
            parts += [_sci(members), ""]
        if budget:
            parts += [_budget(item) + "\n" for item in members if item.sources]
    if any(item.contaminated for item in priced):
        parts.append("! measured beside other work on the machine")
    parts.append(_assumption(settings))
    if any(item.configuration.first.device != "cpu" for item in priced):
        parts.append("No GPU is in it: add its making to --embodied-kg.")
    return "\n".join(parts)


def _head(view: GridView) -> str:
    grid = view.grid
    year = f" {grid.year}" if grid.year else ""
    years = f"; {view.years.in_words()}" if view.years else ""
    return (
        f"{grid.place}{year}: {grid.g_per_kwh:.0f} g/kWh x PUE {view.pue:g}{years}\n{grid.source}"
    )


def _block(members: Sequence[Repriced]) -> str:
    head = ["", "energy", "operational (low-high)", "over years", "all sources", "embodied"]
    names = _names(members)
    lines = [
        [
            name,
            _energy(item),
            _with_range(item.operational),
            "" if item.year_range_g is None else between(*item.year_range_g, format_mass),
            "" if item.combined_g is None else between(*item.combined_g, format_mass),
            between(item.embodied.low_g, item.embodied.high_g, format_mass),
        ]
        for name, item in zip(names, members, strict=True)
    ]
    return as_text([head, *lines], right=(1, 2, 3, 4, 5))


def _names(members: Sequence[Repriced]) -> list[str]:
    """Return labels, with the data set in front where there are several."""
    several = len({item.configuration.first.data.name for item in members}) > 1
    return [
        (f"{item.configuration.first.data.name}: " if several else "") + item.configuration.label
        for item in members
    ]


def _energy(item: Repriced) -> str:
    if item.energy is None:
        return "absent"
    mark = " !" if item.contaminated else ""
    return f"{format_energy(item.energy.mean_j)} {item.energy.method}{mark}"


def _with_range(grams: Grams | None) -> str:
    if grams is None:
        return ""
    return f"{format_mass(grams.central_g)} ({between(grams.low_g, grams.high_g, format_mass)})"


def _sci(members: Sequence[Repriced]) -> str:
    scopes = " and ".join(
        dict.fromkeys(
            r.total.scope for i in members for r in i.configuration.records if r.total.scope
        )
    )
    title = (
        "Software Carbon Intensity 1.1, R = one training run; boundary: "
        f"{scopes} energy from load to checkpoint, PUE inside"
    )
    head = ["", "operational", "+ embodied", "= SCI (low-high)", ""]
    lines = [
        [
            name,
            "" if item.operational is None else format_mass(item.operational.central_g),
            format_mass(item.embodied.central_g),
            _with_range(item.per_run.total) if item.per_run else "absent",
            "absent + assumed" if item.energy is None else f"{item.energy.method} + assumed",
        ]
        for name, item in zip(_names(members), members, strict=True)
    ]
    rows = as_text([head, *lines], right=(1, 2, 3))
    return f"{title}\n{rows}\n{_per_1000(members)}"


def _per_1000(members: Sequence[Repriced]) -> str:
    if all(item.per_1000 is None for item in members):
        return f"per 1,000 recommendations: {NOT_SERVED}"
    lines = [
        [
            f"  {name}",
            format_mass(found.operational.central_g),
            format_mass(found.embodied.central_g),
            _with_range(found.total),
            f"{item.per_1000_method} + assumed",
        ]
        for name, item in zip(_names(members), members, strict=True)
        if (found := item.per_1000) is not None
    ]
    head = ["per 1,000 recommendations", "operational", "+ embodied", "= SCI (low-high)", ""]
    return as_text([head, *lines], right=(1, 2, 3))


def _budget(item: Repriced) -> str:
    grams = item.operational
    title = f"Uncertainty of {item.configuration.label} under {item.view.grid.place}"
    lines = [
        [f"  {source.name}", _factor(source.low), _factor(source.high), source.words]
        for source in item.sources
    ]
    if grams is not None and item.combined_g is not None and item.energy is not None:
        low, high = (end / grams.central_g if grams.central_g else 1.0 for end in item.combined_g)
        words = f"{format_mass(grams.central_g)} ({between(*item.combined_g, format_mass)})"
        words += f", {item.energy.method}; 95 %, what is not known left out"
        lines.append(["  together", _factor(low), _factor(high), words])
    return f"{title}\n{as_text(lines, right=(1, 2))}"


def _factor(value: float | None) -> str:
    return "?" if value is None else f"x{value:.2f}"


def _assumption(settings: EmbodiedSettings) -> str:
    low, central, high = settings.machine_kg
    few, middle, many = settings.host_cpus
    return (
        f"Embodied, assumed and not in `operational`: {central:,.0f} kg ({low:,.0f}-{high:,.0f}) a "
        f"server over {settings.lifetime_years:g} years;\na virtual machine's host has {middle} "
        f"({few}-{many}) CPUs. Yours: --embodied-kg, --lifetime-years, --host-cpus."
    )
