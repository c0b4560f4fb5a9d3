"""Studies that turn one quirk at a time, as settings.

There are four ladders: our preset with one quirk of the paper's code, the code's preset without
one of its quirks, the code's preset with one thing that the paper's text says instead, and the
code's preset with the validation that its framework has by default.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ecorec.analysis.paper.quirks import (
    QUIRKS,
    TIED,
    Kind,
    Quirk,
    ours,
    preset_values,
    quirk_values,
)


@dataclass(frozen=True)
class Ladder:
    """A preset to start from and the quirks that are turned, each alone."""

    name: str
    """Name of the study's file."""
    preset: str
    sign: str
    """How a quirk is written beside the preset: `+` turned on, `-` turned off."""
    kinds: tuple[Kind, ...]
    title: str

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """The quirks that it turns."""
        return tuple(quirk for quirk in QUIRKS if quirk.kind in self.kinds)

    def values(self, quirk: Quirk, model: str) -> dict[str, Any]:
        """Return the settings of a model once the quirk is turned."""
        return ours(quirk, model) if self.sign == "-" else quirk_values(quirk, model)


LADDERS: tuple[Ladder, ...] = (
    Ladder("recommended-plus-one", "recommended", "+", ("code", "energy"),
           "Ours, with one quirk of the paper's code"),
    Ladder("as-run-less-one", "as-run", "-", ("code",), "The paper's code, less one quirk"),
    Ladder("as-run-plus-text", "as-run", "+", ("text",),
           "The paper's code, with one thing that its text says"),
    Ladder("as-run-plus-framework", "as-run", "+", ("framework",),
           "The paper's code, with its framework's default"),
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """How large the ablation is."""

    datasets: tuple[str, ...] = ("ml-1m",)
    models: tuple[str, ...] = ("ngcf", "lightgcn", "simgcl", "lightgcl")
    embedding_sizes: tuple[int, ...] = (64,)
    epochs: int = 400
    energy_epochs: int = 3
    """Epochs for quirks that change joules but not what is computed."""
    seeds: tuple[int, ...] = (1, 2, 3)


def ablation(ladder: Ladder, scale: Scale) -> dict[str, Any]:
    """Return a ladder as the keys of a study's file.

    Args:
        ladder: Which one.
        scale: Data sets, models, sizes, epochs, seeds.
    """
    baseline = [scale.epochs]
    if "energy" in ladder.kinds:
        # One training yields the runs of both lengths.
        baseline = sorted({scale.energy_epochs, scale.epochs})
    sections: list[dict[str, Any]] = [{"models": [*scale.models], "epochs": baseline}]
    for quirk in ladder.quirks:
        epochs = scale.energy_epochs if quirk.kind == "energy" else scale.epochs
        for sizes in _sizes(quirk, scale):
            for models, values in _alike(ladder, quirk, scale.models, sizes[0]):
                section = {"models": models, "embedding_sizes": sizes, "epochs": [epochs]}
                sections.append(section | {"set": values})
    return {
        "name": ladder.title,
        "preset": ladder.preset,
        "datasets": [*scale.datasets],
        "embedding_sizes": [*scale.embedding_sizes],
        "seeds": [*scale.seeds],
        "split": "ratio",
        "split_seed": 2020,
        "topk": [10, 100],
        "section": sections,
    }


def quirks_in(ladder: Ladder, scale: Scale) -> list[Quirk]:
    """Return the quirks of a ladder that change anything at this scale."""
    return [
        quirk
        for quirk in ladder.quirks
        if _sizes(quirk, scale) and not set(quirk.models).isdisjoint(scale.models)
    ]


def _sizes(quirk: Quirk, scale: Scale) -> list[list[int]]:
    """Return the embedding sizes of a quirk, in groups that have the same settings."""
    if TIED not in quirk.keys:
        return [[*scale.embedding_sizes]]
    # At the size that equals the code's fixed width, this quirk changes nothing.
    width = int(preset_values("as-run", "ngcf")[TIED])
    return [[size] for size in scale.embedding_sizes if size != width]


def _alike(
    ladder: Ladder, quirk: Quirk, models: Sequence[str], size: int
) -> list[tuple[list[str], dict[str, Any]]]:
    """Return the models of a quirk with their settings, in groups that have the same settings."""
    found: list[tuple[list[str], dict[str, Any]]] = []
    for model in models:
        if model not in quirk.models:
            continue
        values = {
            # A study's file cannot say `tied to the embedding size`, so the number is written.
            _setting(key, model): size if key == TIED and value is None else value
            for key, value in ladder.values(quirk, model).items()
        }
        same = next((members for members, known in found if known == values), None)
        if same is None:
            found.append(([model], values))
        else:
            same.append(model)
    return found


def _setting(key: str, model: str) -> str:
    """Return a key of a quirk as a study's file names it."""
    group, _, name = key.partition(".")
    if group == "measurement":
        return name
    return f"{model}.{name}" if group == "model" else key
