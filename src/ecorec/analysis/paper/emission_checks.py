"""Do Table 2's emissions agree with Figure 1, with the text, and with the models' work?"""

from collections.abc import Callable, Iterator

from ecorec.analysis.configurations import title
from ecorec.analysis.paper.check import Check
from ecorec.analysis.paper.published import DATASETS, MODELS, SIZES, TABLE_SIZE, Published
from ecorec.energy.codecarbon_2_5 import FALLBACK_PLACE, G_PER_KWH

AGREES_WITHIN = 0.005
"""Relative difference up to which a digitised value is the printed one."""

Emissions = Callable[[Published, str, str], float]
"""Data set and model -> kilograms."""


def emission_checks(data: Published) -> Iterator[Check]:
    """Yield the checks of kilograms."""
    yield from _table_and_figure(data)
    yield from _ngcf_is_cheapest(data)
    yield _lightgcn_is_second(data)
    yield from _larger_emits_more(data)
    yield from _simgcl_does_more(data)
    yield _cost_grows(data)
    yield _kilograms(data)


def _table_and_figure(data: Published) -> Iterator[Check]:
    for cell in data.of("table-2"):
        if cell.quantity != "emissions":
            continue
        figure = data.emissions_kg(cell.dataset, cell.model, TABLE_SIZE)
        ratio = cell.value / figure
        holds = abs(ratio - 1) <= AGREES_WITHIN
        yield Check(
            f"table=figure {cell.dataset} {cell.model}",
            f"{title(cell.model)} on {DATASETS[cell.dataset]}: Table 2 and Figure 1 show one run",
            holds,
            f"{cell.value:g} kg in the table, {figure:g} kg in the figure at {TABLE_SIZE}: "
            f"{'equal' if holds else f'{ratio:.3g} times'}",
            f"{cell.where}; Figure 1",
        )


def _ngcf_is_cheapest(data: Published) -> Iterator[Check]:
    for where, of in (("Table 2", _in_table), ("Figure 1", _in_figure)):
        first = {dataset: _from_the_least(data, dataset, of)[0] for dataset in DATASETS}
        n = [*first.values()].count("ngcf")
        found = ", ".join(
            f"{title(model)} on {DATASETS[dataset]} ({of(data, dataset, model):g} kg)"
            for dataset, model in first.items()
        )
        yield Check(
            f"ngcf cheapest, {where.lower()}",
            f"NGCF emits least on two of three data sets (by {where}, size {TABLE_SIZE})",
            n >= 2,
            f"least: {found}; NGCF on {n} of 3",
            where if of is _in_figure else "Table 2 where held, elsewhere Figure 1 at 64",
        )


def _lightgcn_is_second(data: Published) -> Check:
    places = {
        dataset: 1 + _from_the_least(data, dataset, _in_table).index("lightgcn")
        for dataset in DATASETS
    }
    n = [*places.values()].count(2)
    found = ", ".join(f"{DATASETS[dataset]} {place}" for dataset, place in places.items())
    return Check(
        "lightgcn second",
        "LightGCN emits second-least on two of three data sets",
        n >= 2,
        f"its place from the least: {found}; second on {n} of 3",
        "Table 2 where held, elsewhere Figure 1 at 64",
    )


def _larger_emits_more(data: Published) -> Iterator[Check]:
    for model in ("ngcf", "lightgcl"):
        small, large = (data.emissions_kg("ml-1m", model, size) for size in (128, 256))
        holds = large > small
        yield Check(
            f"256 above 128, {model}",
            f"{title(model)} on MovieLens-1M emits more at 256 than at 128",
            holds,
            f"{large:g} kg at 256 {'>' if holds else '<='} {small:g} kg at 128",
            f"Figure 1, panel ML-1M, line {title(model)}",
        )


def _simgcl_does_more(data: Published) -> Iterator[Check]:
    for dataset, name in DATASETS.items():
        pairs = [
            (
                size,
                data.emissions_kg(dataset, "simgcl", size),
                data.emissions_kg(dataset, "lightgcn", size),
            )
            for size in SIZES
        ]
        below = [f"{s:g} < {g:g} kg at {size}" for size, s, g in pairs if s < g]
        yield Check(
            f"simgcl above lightgcn {dataset}",
            f"SimGCL emits more than LightGCN on {name}: its step is LightGCN's and two "
            "propagations more",
            not below,
            f"below it: {', '.join(below)}" if below else "above it at all four sizes",
            f"Figure 1, panel {name}",
        )


def _cost_grows(data: Published) -> Check:
    small, large = (data.emissions_kg("ml-1m", "lightgcn", size) for size in (32, 128))
    change = large / small - 1
    return Check(
        "lightgcn grows",
        "LightGCN on MovieLens-1M does not emit less at 128 than at 32, at four times the numbers",
        change >= 0,
        f"{small:g} kg at 32, {large:g} kg at 128: {change:+.0%}".replace("%", " %"),
        "Figure 1, panel ML-1M, line LightGCN",
    )


def _kilograms(data: Published) -> Check:
    kg = _in_table(data, "ml-1m", "ngcf")
    grams_italy, grams_canada = G_PER_KWH["ITA"], G_PER_KWH[FALLBACK_PLACE]
    italy, canada = (kg * 1000 / grams for grams in (grams_italy, grams_canada))
    return Check(
        "one energy",
        "kilograms say how much energy it was: the grams a kilowatt-hour are stated",
        any(cell.quantity == "intensity" for cell in data),
        f"not stated; NGCF on MovieLens-1M, {kg:g} kg: {italy:.3f} kWh at Italy's "
        f"{grams_italy:.1f} g/kWh, {canada:.3f} kWh at {grams_canada:.1f}, which "
        "CodeCarbon 2.5.0 takes where it does not find the place",
        "Table 2; CodeCarbon 2.5.0's table",
    )


def _in_figure(data: Published, dataset: str, model: str) -> float:
    return data.emissions_kg(dataset, model, TABLE_SIZE)


def _in_table(data: Published, dataset: str, model: str) -> float:
    """Return Table 2's kilograms; where we do not have them, those of Figure 1, which agree."""
    cell = data.find("table-2", dataset, model, TABLE_SIZE, "emissions")
    return cell.value if cell else _in_figure(data, dataset, model)


def _from_the_least(data: Published, dataset: str, of: Emissions) -> list[str]:
    return sorted(MODELS, key=lambda model: of(data, dataset, model))
