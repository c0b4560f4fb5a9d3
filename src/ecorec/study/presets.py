"""Named sets of hyper-parameters: ours, those of the paper's public code, those of its text."""

from dataclasses import dataclass, field
from typing import Any, Literal

from ecorec.errors import unknown_name


@dataclass(frozen=True)
class Preset:
    """What a preset changes from the defaults of models, training and study."""

    name: str
    meaning: str
    training: dict[str, Any] = field(default_factory=dict)
    """Training settings for every trained model."""
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Model name -> model and training settings, by their own names."""
    study: dict[str, Any] = field(default_factory=dict)
    """The study's protocol and factors, where the study does not state them itself."""
    scope: Literal["run", "training"] = "run"
    """Whether emissions are of the whole call or of the training epochs alone."""
    accounting: Literal["sensors", "codecarbon-2.5"] = "sensors"
    """How kilograms are counted when they are compared with the paper's."""
    conditions: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Model name -> measurement settings that change joules and seconds but no results.

    Studies do not apply these, because they take many times the energy. They are measured over a
    few epochs (`studies/paper/as-run-energy.toml`).
    """


_MANY_NEGATIVES: dict[str, Any] = {"n_negatives": 300}
"""What UltraGCN needs to work as published; it is not part of the paper's protocol."""

FRAMEWORK_VALIDATION: dict[str, Any] = {"validate_every": 1, "patience": 11}
"""How the framework of the paper's code, RecBole, validates unless it is told otherwise.

Its stopping step of 10 ends a training at the eleventh validation that is no better.
"""

_ONE_USER = {"users_per_call": 1}
"""RecBole scores 4096 / n_items users at a time, and at least one."""

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="recommended",
            meaning="ours: learning rates and contrastive weights chosen on validation data of "
            "movietweetings (not directau's), dropout off at evaluation, contrastive mean",
            models={
                "ngcf": {"learning_rate": 0.005},
                "lightgcn": {"learning_rate": 0.005},
                "simgcl": {"learning_rate": 0.002},
                "lightgcl": {"learning_rate": 0.005, "contrastive_weight": 0.001},
                "bpr-mf": {"learning_rate": 0.002},
                "xsimgcl": {"learning_rate": 0.005, "contrastive_weight": 0.02},
                # At their papers' weights both stay at or below Popularity on the bundled data.
                "sgl": {"learning_rate": 0.002, "contrastive_weight": 0.005, "temperature": 0.12},
                "ultragcn": _MANY_NEGATIVES
                | {"learning_rate": 0.005, "negative_weight": 40.0, "item_weight": 6.0}
                | {"l2_weight": 4e-6},
            },
        ),
        Preset(
            name="as-run",
            meaning="what the paper's public code does: its defaults, best checked epoch by MRR@10",
            training={
                "learning_rate": 0.001,
                "validate_every": 100,
                "metric": "mrr@10",
                "comparison": "recbole",
            },
            models={
                "ngcf": {"layer_size": 64, "dropout_at_evaluation": True},
                "simgcl": {
                    "contrastive_weight": 0.5,
                    "contrastive_reduction": "sum",
                    "temperature": 0.2,
                },
                "lightgcl": {"contrast_negatives": False},
                "ultragcn": _MANY_NEGATIVES,
            },
            accounting="codecarbon-2.5",
            conditions={
                "ngcf": {"kernel": "edge-wise"} | _ONE_USER,
                "lightgcn": {"kernel": "edge-wise"} | _ONE_USER,
                "simgcl": {"kernel": "edge-wise"} | _ONE_USER,
                # LightGCL's code multiplies torch's sparse matrices.
                "lightgcl": {"kernel": "library"} | _ONE_USER,
            },
        ),
        Preset(
            name="as-described",
            meaning="what the paper's text says, as far as it can be stated: leave-one-out, "
            "400 epochs, the last one tested, equal depth, cross-entropy for LightGCN",
            training={"learning_rate": 0.001, "select": "last", "validate_every": 400},
            models={
                "ngcf": {"n_layers": 3},
                "lightgcn": {"n_layers": 3, "ranking_loss": "bce"},
                "simgcl": {"n_layers": 3},
                "lightgcl": {"n_layers": 3},
                "ultragcn": _MANY_NEGATIVES,
            },
            study={"split": "leave-one-out", "epochs": (400,)},
            scope="training",
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
