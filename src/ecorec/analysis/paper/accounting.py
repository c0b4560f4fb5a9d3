"""The same runs counted in three ways, which shows what scope and tool do to the result."""

from collections.abc import Iterable
from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration, configurations
from ecorec.analysis.paper.chosen_runs import conditions
from ecorec.analysis.paper.curve import read_off
from ecorec.analysis.paper.footprint import emissions_kg, footprint
from ecorec.analysis.paper.quirks import named
from ecorec.analysis.rows import in_order
from ecorec.analysis.statistics.energy_statistics import geometric_mean
from ecorec.energy import codecarbon_2_5
from ecorec.study.presets import PRESETS
from ecorec.study.store import StoredStudy

WAYS = {"recommended": "whole call", "as-described": "training epochs", "as-run": "CodeCarbon 2.5"}
"""Preset whose way of counting it is -> its heading."""


@dataclass(frozen=True)
class Counted:
    """One configuration, counted in every way."""

    dataset: str
    model: str
    embedding_size: int
    preset: str
    conditions: tuple[str, ...]
    """Kernel, and users a call where that was stated."""
    epochs: int
    energy_j: dict[str, float | None]
    """Way -> joules of 400 epochs, geometric mean over measurements."""
    method: str
    """How the joules of the first two ways were obtained; those of CodeCarbon are assumed."""

    def emissions_kg(self, place: codecarbon_2_5.Place) -> float | None:
        """Return the kilograms that CodeCarbon 2.5.0 would report at a place."""
        joules = self.energy_j["as-run"]
        if joules is None:
            return None
        g_per_kwh = codecarbon_2_5.G_PER_KWH[place]
        return emissions_kg(joules, g_per_kwh)


def counted(
    studies: Iterable[StoredStudy], rated_w: float = codecarbon_2_5.UNKNOWN_CPU_W
) -> list[Counted]:
    """Return runs that are as their preset says, the longest of each, counted in every way.

    Args:
        studies: Any of our runs.
        rated_w: Thermal design power of the CPU, for CodeCarbon 2.5.0's constants.
    """
    longest: dict[tuple[str | int | None, ...], Configuration] = {}
    for study in studies:
        for item in configurations(in_order(read_off(study.records)), with_contaminated=True):
            if not item.first.epochs or named(item.first) != item.first.preset:
                continue
            key = (item.first.data.fingerprint, item.first.preset, item.model,
                   item.embedding_size, *conditions(item), item.machine_id)  # fmt: skip
            if key not in longest or item.max_epochs > longest[key].max_epochs:
                longest[key] = item
    return [_counted(item, rated_w) for item in longest.values()]


def _counted(item: Configuration, rated_w: float) -> Counted:
    joules: dict[str, float | None] = {}
    method = ""
    for way in WAYS:
        found = [footprint(record, PRESETS[way], rated_w) for record in item.records]
        known = [one for one in found if one is not None]
        whole = known and len(known) == len(found)
        joules[way] = geometric_mean([one.energy_j for one in known]) if whole else None
        if way == "recommended":
            method = " + ".join(dict.fromkeys(one.method for one in known)) or "absent"
    return Counted(
        dataset=item.first.data.name,
        model=item.model,
        embedding_size=item.embedding_size or 0,
        preset=item.first.preset,
        conditions=conditions(item),
        epochs=item.max_epochs,
        energy_j=joules,
        method=method + (" !" if item.n_contaminated else ""),
    )
