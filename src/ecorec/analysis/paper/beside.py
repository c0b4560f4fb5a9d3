"""Published cells and our runs' values for them, with intervals."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ecorec.analysis.configurations import Configuration, configurations
from ecorec.analysis.naming import measured_under
from ecorec.analysis.paper.chosen_runs import as_preset_first, conditions, longest, once_each
from ecorec.analysis.paper.curve import read_off
from ecorec.analysis.paper.footprint import Footprint, footprint, preset_of
from ecorec.analysis.paper.published import MODELS, TABLE_SIZE, Cell, Published
from ecorec.analysis.paper.quirks import named
from ecorec.analysis.paper.row import Beside
from ecorec.analysis.rows import in_order
from ecorec.analysis.run_energy import by_seed_and_repeat
from ecorec.analysis.statistics.energy_statistics import FEWEST as FEWEST_MEASUREMENTS
from ecorec.analysis.statistics.energy_statistics import mean_of_seeds
from ecorec.analysis.statistics.independent_values import independent
from ecorec.analysis.statistics.statistics_of_means import further_run
from ecorec.energy import codecarbon_2_5
from ecorec.study.store import StoredStudy

FEWEST_SEEDS = 3
"""Seeds below which quality has no interval."""

SAME_DATA = 0.001
"""Relative difference of interactions up to which a data set is the paper's."""

COUNTS: dict[str, Callable[[Configuration], int]] = {
    "users": lambda item: item.first.data.n_users,
    "items": lambda item: item.first.data.n_items,
    "interactions": lambda item: item.first.data.n_interactions,
}


def beside(
    data: Published,
    studies: Iterable[StoredStudy],
    g_per_kwh: float = codecarbon_2_5.G_PER_KWH["ITA"],
    rated_w: float = codecarbon_2_5.UNKNOWN_CPU_W,
) -> list[Beside]:
    """Return every published cell of a table, figure or board with each of our values for it.

    A cell for which we have no run is returned once, without a value. Of runs that differ only in
    their epochs, the longest counts for quality; for emissions each is a row.

    Args:
        data: The published figures.
        studies: Our runs; none is enough.
        g_per_kwh: Grams a kilowatt-hour of the electricity, the same for every preset.
        rated_w: Thermal design power of the CPU, for `as-run`'s accounting.
    """
    items = [
        item
        for study in studies
        for item in configurations(in_order(read_off(study.records)), with_contaminated=True)
    ]
    rows: list[Beside] = []
    for cell in data:
        if cell.dataset == "all":
            continue
        found = [*_ours(data, cell, items, g_per_kwh, rated_w)]
        rows += found or [Beside(cell)]
    return rows


def _ours(
    data: Published, cell: Cell, items: list[Configuration], g_per_kwh: float, rated_w: float
) -> Iterator[Beside]:
    of_data = [item for item in items if _is_of(cell, item)]
    if cell.model == "":
        known = {item.first.data.fingerprint: item for item in of_data}
        for item in known.values():
            yield Beside(cell, float(COUNTS[cell.quantity](item)), note=_filters(item))
        return
    if cell.model == "largest":
        yield from _largest(data, cell, of_data)
        return
    same = [
        item
        for item in of_data
        if item.model == cell.model and item.embedding_size == cell.embedding_size
    ]
    if cell.quantity == "emissions":
        for item in as_preset_first(once_each(same)):
            yield from _emissions(data, cell, item, g_per_kwh, rated_w)
        return
    for item in as_preset_first(longest(same)):
        if cell.quantity in item.first.metrics:
            yield _quality(data, cell, item)


def _largest(data: Published, cell: Cell, items: list[Configuration]) -> Iterator[Beside]:
    """Yield the largest of the four models of each preset that was run alike with all of them."""
    chosen = {
        model: as_preset_first(
            longest([i for i in items if (i.model, i.embedding_size) == (model, TABLE_SIZE)])
        )
        for model in MODELS
    }
    names = dict.fromkeys(named(item.first) for found in chosen.values() for item in found)
    for name in names:
        of_preset = [
            next((item for item in found if named(item.first) == name), None)
            for found in chosen.values()
        ]
        whole = [item for item in of_preset if item and cell.quantity in item.first.metrics]
        if len(whole) == len(MODELS):
            best = max(whole, key=lambda item: item.quality(cell.quantity))
            found = _quality(data, cell, best)
            note = "; ".join(filter(None, (best.model, found.note)))
            yield replace(found, low=None, high=None, note=note)


def _is_of(cell: Cell, item: Configuration) -> bool:
    """Return whether a run is on a cell's data: RecBole-GNN's board keeps ratings of 3 and more."""
    settings = item.first.settings.get("data", {})
    filtered = settings.get("min_rating"), settings.get("k_core", 0)
    wanted = (3.0, 0) if cell.table == "board" else (None, 0)
    return (
        item.first.data.name == cell.dataset
        and filtered == wanted
        and item.first.settings.get("reduction") is None
    )


def _quality(data: Published, cell: Cell, item: Configuration) -> Beside:
    values = item.per_seed(cell.quantity)
    interval = further_run(values, FEWEST_SEEDS)
    low, high = interval or (None, None)
    return Beside(
        cell, item.quality(cell.quantity), low, high, len(values), named(item.first),
        item.first.max_epochs, note=_note(data, cell, item),
    )  # fmt: skip


def _emissions(
    data: Published, cell: Cell, item: Configuration, g_per_kwh: float, rated_w: float
) -> Iterator[Beside]:
    found = [footprint(record, preset_of(record), rated_w) for record in item.records]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return
    kilograms = [
        (record.seed, one.emissions_kg(g_per_kwh))
        for record, one in zip(item.records, known, strict=True)
    ]
    values = independent((seed, math.log(kg)) for seed, kg in kilograms)
    logs = further_run(values, FEWEST_MEASUREMENTS)
    low, high = (math.exp(logs[0]), math.exp(logs[1])) if logs else (None, None)
    yield Beside(
        cell, mean_of_seeds(kilograms), low, high, len(kilograms), named(item.first),
        item.first.max_epochs, ", ".join(conditions(item)), _method(known),
        _note(data, cell, item, beside_others=item.n_contaminated > 0),
        measured_under(item.first), _joules_by_run(item),
    )  # fmt: skip


def _joules_by_run(item: Configuration) -> dict[tuple[int | None, int], float]:
    found = {}
    for key, record in by_seed_and_repeat(item.records).items():
        sensed = footprint(record, replace(preset_of(record), accounting="sensors"))
        if sensed is None:
            return {}
        found[key] = sensed.energy_j
    return found


def _method(found: list[Footprint]) -> str:
    scopes = dict.fromkeys(one.scope for one in found)
    methods = dict.fromkeys(one.method for one in found)
    return f"{' + '.join(scopes)}; {' + '.join(methods)}"


def _note(data: Published, cell: Cell, item: Configuration, *, beside_others: bool = False) -> str:
    notes = ["beside other work"] if beside_others else []
    ended = sorted({len(record.epochs) for record in item.records if record.ended_by})
    if ended:
        most = f" to {ended[-1]}" if len(ended) > 1 else ""
        notes.append(f"ended after {ended[0]}{most} epochs")
    table = "board" if cell.table == "board" else "table-1"
    published = data.find(table, cell.dataset, "", None, "interactions")
    ours = item.first.data.n_interactions
    if published is not None and abs(ours / published.value - 1) > SAME_DATA:
        notes.append(f"other data: {ours:,} interactions")
    return "; ".join(notes)


def _filters(item: Configuration) -> str:
    return ", ".join(item.first.data.filters)
