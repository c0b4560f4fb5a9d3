"""`ecorec models`: the catalogue, and one model's hyper-parameters."""

from typing import Annotated

import typer

from ecorec.cli import console


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
