"""Named sets of hyper-parameters: ours, and those of the paper's public code."""

from dataclasses import dataclass, field
from typing import Any

from ecorec.errors import unknown_name


@dataclass(frozen=True)
class Preset:
    """What a preset changes from the defaults of models and training."""

    name: str
    meaning: str
    training: dict[str, Any] = field(default_factory=dict)
    """Training settings for every trained model."""
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Model name -> model and training settings, by their own names."""


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="recommended",
            meaning="ours: learning rates chosen on validation data of movietweetings, dropout off "
            "at evaluation, contrastive mean",
            models={
                "ngcf": {"learning_rate": 0.005},
                "lightgcn": {"learning_rate": 0.005},
                "simgcl": {"learning_rate": 0.002},
                "lightgcl": {"learning_rate": 0.005, "contrastive_weight": 0.001},
            },
        ),
        Preset(
            name="as-run",
            meaning="what the paper's public code does: its defaults, best checked epoch by MRR@10",
            training={"learning_rate": 0.001, "validate_every": 100, "metric": "mrr@10"},
            models={
                "ngcf": {"layer_size": 64, "dropout_at_evaluation": True},
                "simgcl": {
                    "contrastive_weight": 0.5,
                    "contrastive_reduction": "sum",
                    "temperature": 0.2,
                },
                "lightgcl": {"contrast_negatives": False},
            },
        ),
    )
}


def find_preset(name: str) -> Preset:
    """Return a preset by name.

    Raises:
        InputError: No preset has this name.
    """
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS, f"there are {', '.join(PRESETS)}; in all:")
    return PRESETS[name]
