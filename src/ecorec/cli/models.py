"""`ecorec models`: the catalogue, and one model's hyper-parameters."""

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecorec.cli import console
from ecorec.report.paragraphs import WIDTH

if TYPE_CHECKING:
    from ecorec.models.entry import ModelEntry

EXAMPLE = {"n_users": 6_000, "n_items": 3_700, "n_interactions": 800_000}
"""About MovieLens-1M after a split; every user and every item is taken to be equally active."""


def models(
    name: Annotated[str | None, typer.Argument(help="A model; all, if not given.")] = None,
) -> None:
    """List the models, or show one's paper and hyper-parameters.

    Example: ecorec models simgcl
    """
    from ecorec.models.catalogue import MODELS, find_model
    from ecorec.study.presets import PRESETS

    if name is None:
        for entry in MODELS.values():
            console.out(f"{entry.name:<12} {entry.kind:<14} {entry.idea}")
        return
    entry = find_model(name)
    console.out(f"{entry.title} ({entry.kind}): {entry.idea}\n{entry.paper}")
    preset = PRESETS["recommended"].models.get(name, {})
    for key, field in entry.config.model_fields.items():
        value = preset.get(key, field.get_default())
        console.out(f"  {key:<24} {value!s:<8} {field.description}")
    for key in preset.keys() - entry.config.model_fields.keys():
        console.out(f"  {key:<24} {preset[key]!s:<8} training, preset `recommended`")
    console.out(_cost_in_words(entry, preset))


def _cost_in_words(entry: "ModelEntry", preset: dict[str, Any]) -> str:
    """Return what an epoch and a recommendation take by formula, for the example's sizes."""
    from ecorec.models.problem import Problem
    from ecorec.training.settings import TrainingSettings
    from ecorec.units import format_bytes, format_count

    own = {key: value for key, value in preset.items() if key in entry.config.model_fields}
    is_trained = entry.kind == "trained"
    batch_size = TrainingSettings().batch_size if is_trained else None
    n_negatives = preset.get("n_negatives", 1)
    problem = Problem.even(**EXAMPLE, batch_size=batch_size, n_negatives=n_negatives)
    cost = entry.cost(entry.config(**own), problem)
    sizes = ", ".join(f"{size:,} {name[2:]}" for name, size in EXAMPLE.items())
    steps = f", {batch_size:,} a step" if batch_size else ""
    steps += f", {n_negatives} negatives each" if n_negatives > 1 else ""
    parts = {
        "sparse": cost.sparse_multiply_adds_per_epoch,
        "dense": cost.dense_multiply_adds_per_epoch,
        "loops": cost.row_multiply_adds_per_epoch,
    }
    told = ", ".join(f"{format_count(value)} {name}" for name, value in parts.items() if value)
    words = (
        f"By formula, for {sizes}{steps}, all equally active: "
        f"{'an epoch' if is_trained else 'the fit'} takes "
        f"{format_count(cost.multiply_adds_per_epoch)} multiply-adds ({told}) and moves "
        f"{format_bytes(cost.bytes_per_epoch)}; scoring all items for one user takes "
        f"{format_count(cost.multiply_adds_per_recommendation)} multiply-adds and "
        f"{format_bytes(cost.bytes_per_recommendation)}; {cost.n_parameters:,} parameters."
    )
    return textwrap.fill(words, WIDTH, break_on_hyphens=False)
