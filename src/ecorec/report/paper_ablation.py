"""The ablation of the paper's quirks: its plan, and its studies as files."""

from collections.abc import Sequence
from typing import Any

from ecorec.analysis.configurations import title
from ecorec.analysis.paper.ablation import LADDERS, Ladder, Scale, ablation, quirks_in
from ecorec.analysis.paper.quirks import Quirk, preset_values
from ecorec.report.paragraphs import WIDTH
from ecorec.report.tables import as_text
from ecorec.report.toml_values import toml_value


def plan_table(scale: Scale, n_trainings: dict[str, int]) -> str:
    """Return what each ladder turns, and how many trainings it takes.

    Args:
        scale: Data sets, models, sizes, epochs, seeds.
        n_trainings: Ladder -> how many.
    """
    parts = []
    for ladder in LADDERS:
        head = ["", "models", "from", "to"]
        lines = [_line(ladder, quirk, scale) for quirk in quirks_in(ladder, scale)]
        n = n_trainings[ladder.name]
        text = as_text([head, *lines], width=WIDTH)
        parts.append(f"{ladder.title} ({ladder.name}.toml, {n} trainings)\n{text}")
    sizes = ", ".join(map(str, scale.embedding_sizes))
    epochs = f"{scale.epochs} epochs, those of joules alone {scale.energy_epochs}"
    parts.append(
        f"On {', '.join(scale.datasets)} at size {sizes}, {epochs}, seeds "
        f"{', '.join(map(str, scale.seeds))}. Scope and accounting need no run of their own.\n"
        "Write the files with --write FOLDER, run each with `ecorec run`, then give the folders "
        "here."
    )
    return "\n\n".join(parts)


def _line(ladder: Ladder, quirk: Quirk, scale: Scale) -> list[str]:
    models = [model for model in scale.models if model in quirk.models]
    before = [preset_values(ladder.preset, model) for model in models]
    after = [ladder.values(quirk, model) for model in models]
    return [
        f"{ladder.sign} {quirk.name}: {quirk.meaning}",
        "all" if len(models) == 4 else ", ".join(map(title, models)),
        _values([{key: values[key] for key in quirk.keys} for values in before]),
        _values(after),
    ]


def _values(of_models: Sequence[dict[str, Any]]) -> str:
    texts = [
        ", ".join("usual" if value is None else f"{value}" for value in values.values())
        for values in of_models
    ]
    return " | ".join(dict.fromkeys(texts))


def study_file(ladder: Ladder, scale: Scale) -> str:
    """Return a ladder as a study's TOML file."""
    study = ablation(ladder, scale)
    sections = study.pop("section")
    lines = [
        f"# {ladder.title}. Written by `ecorec paper explain --write`.",
        "#",
        f"#     ecorec run {ladder.name}.toml --out {ladder.name}",
        f"#     ecorec paper explain {ladder.name}",
        "",
        *(f"{key} = {toml_value(value)}" for key, value in study.items()),
    ]
    for section in sections:
        lines += ["", "[[section]]"]
        lines += [f"{key} = {toml_value(value)}" for key, value in section.items()]
    return "\n".join(lines) + "\n"
