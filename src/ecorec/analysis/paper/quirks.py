"""Differences between the paper's code and ours, and of its text and its framework from its code.

Each difference is a named quirk. Its values are not written here but are those of the presets, so
that the two cannot disagree. A test makes sure that the quirks together are the whole difference
between `as-run` and `recommended`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from ecorec.analysis.paper.published import MODELS
from ecorec.study.plan import plan
from ecorec.study.presets import FRAMEWORK_VALIDATION, PRESETS
from ecorec.study.record import RunRecord
from ecorec.study.settings import StudySettings

Kind = Literal["code", "energy", "text", "framework"]
"""The code differs from ours; only joules differ; the text, or a default, differs from the code."""


@dataclass(frozen=True)
class Quirk:
    """One thing that is done differently."""

    name: str
    meaning: str
    keys: tuple[str, ...]
    """Settings that it changes, by group and name: `model.n_layers`, `training.metric`."""
    kind: Kind = "code"
    models: tuple[str, ...] = MODELS
    """Models that it concerns."""


QUIRKS: tuple[Quirk, ...] = (
    Quirk("one-learning-rate", "Adam at .001 for every model, untuned",
          ("training.learning_rate",)),
    Quirk("four-checkpoints", "the best of epochs 100, 200, 300, 400 by MRR@10, not of every "
          "fifth by NDCG@10",
          ("training.validate_every", "training.metric", "training.comparison")),
    Quirk("ngcf-width", "NGCF's layers at 64 whatever the embedding size", ("model.layer_size",),
          models=("ngcf",)),
    Quirk("ngcf-dropout", "NGCF's dropout left on at evaluation",
          ("model.dropout_at_evaluation",), models=("ngcf",)),
    Quirk("simgcl-sum", "SimGCL's contrastive sum at weight .5, not its mean at .01",
          ("model.contrastive_reduction", "model.contrastive_weight"), models=("simgcl",)),
    Quirk("simgcl-temperature", "SimGCL's contrast at temperature .2, not .05",
          ("model.temperature",), models=("simgcl",)),
    Quirk("lightgcl-positives", "LightGCL contrasts positive items alone",
          ("model.contrast_negatives",), models=("lightgcl",)),
    Quirk("lightgcl-weight", "LightGCL's contrast at weight .01, not .001",
          ("model.contrastive_weight",), models=("lightgcl",)),
    Quirk("edge-wise", "products message by message (LightGCL: torch's sparse product)",
          ("measurement.kernel",), "energy"),
    Quirk("one-user", "one user an evaluation call", ("measurement.users_per_call",), "energy"),
    Quirk("leave-one-out", "the split of the text: the last item of each user is tested",
          ("split.protocol",), "text"),
    Quirk("last-epoch", "no choice of epoch: the last one is tested", ("training.select",),
          "text"),
    Quirk("equal-depth", "three layers for every model", ("model.n_layers",), "text",
          ("lightgcn", "simgcl", "lightgcl")),
    Quirk("cross-entropy", "LightGCN optimises binary cross-entropy", ("model.ranking_loss",),
          "text", ("lightgcn",)),
    Quirk("early-stopping", "validated after every epoch, ended by the eleventh that is no better",
          ("training.validate_every", "training.patience"), "framework"),
)  # fmt: skip

TIED = "model.layer_size"
"""A width that equals the embedding size if it is not given."""

UNTOLD = ("training.patience",)
"""Keys that tell no run from its preset: how long to wait is for each study to say."""

EVERY_KEY = tuple(dict.fromkeys(key for quirk in QUIRKS for key in quirk.keys))


@cache
def preset_values(preset: str, model: str) -> dict[str, Any]:
    """Return what a preset gives a model for every key of a quirk; `None` where it has none.

    Args:
        preset: Its name.
        model: One of the catalogue's.
    """
    study = StudySettings.parse({"preset": preset, "models": [model]}, "the study")
    run = plan(study, threads=1)[0].longest
    return _values(run.model_dump(mode="json"), {"kernel": None, "users_per_call": None})


def quirk_values(quirk: Quirk, model: str) -> dict[str, Any]:
    """Return the values with which a quirk is on: the code's, the text's or the framework's."""
    if quirk.kind == "framework":
        return {key: FRAMEWORK_VALIDATION[key.partition(".")[2]] for key in quirk.keys}
    if quirk.kind == "energy":
        conditions = PRESETS["as-run"].conditions.get(model, {})
        return {key: conditions.get(key.partition(".")[2]) for key in quirk.keys}
    source = preset_values("as-described" if quirk.kind == "text" else "as-run", model)
    return {key: source[key] for key in quirk.keys}


def ours(quirk: Quirk, model: str) -> dict[str, Any]:
    """Return the values of `recommended` for a quirk's keys."""
    values = preset_values("recommended", model)
    return {key: values[key] for key in quirk.keys}


def record_values(record: RunRecord) -> dict[str, Any]:
    """Return a record's values of every key of a quirk, as `preset_values` does."""
    # The fastest kernel of a device is what runs if none is stated.
    usual = {"cpu": "fixed-width", "cuda": "library"}.get(record.device.partition(":")[0])
    kernel = None if record.kernel in (usual, "none") else record.kernel
    stated = {"kernel": kernel, "users_per_call": record.users_per_call}
    return _values(record.settings, stated)


def changed(record: RunRecord) -> dict[str, Any]:
    """Return the values in which a record deviates from its preset: key -> value."""
    preset = record.preset.partition(",")[0]
    if preset not in PRESETS:
        return {}
    base, size = preset_values(preset, record.model), record.embedding_size
    return {
        key: value
        for key, value in record_values(record).items()
        if key not in UNTOLD and _spelt_out(key, value, size) != _spelt_out(key, base[key], size)
    }


def turned(record: RunRecord, quirk: Quirk, values: Mapping[str, Any]) -> bool:
    """Return whether a record deviates from its preset in these values of a quirk only.

    Args:
        record: A run under some preset.
        quirk: The quirk whose keys may deviate.
        values: Values of the quirk's keys.
    """
    found, size, others = record_values(record), record.embedding_size, changed(record)
    return set(others) <= set(quirk.keys) and all(
        _spelt_out(key, found[key], size) == _spelt_out(key, value, size)
        for key, value in values.items()
    )


def _spelt_out(key: str, value: Any, size: int | None) -> Any:
    return size if key == TIED and value is None else value


def named(record: RunRecord) -> str:
    """Return a record's preset and how it deviates, e.g. `as-run, learning_rate=0.01`."""
    others = {
        key.partition(".")[2]: value
        for key, value in changed(record).items()
        if not key.startswith("measurement.")
    }
    return ", ".join([record.preset, *(f"{key}={value}" for key, value in others.items())])


def _values(settings: Mapping[str, Any], measurement: Mapping[str, Any]) -> dict[str, Any]:
    groups = {
        "model": settings.get("model_settings") or {},
        # Records leave out settings that have their default.
        "training": {"comparison": "exact"} | (settings.get("training") or {}),
        "split": settings.get("split") or {},
        "measurement": measurement,
    }
    return {
        key: groups[group].get(name)
        for key in EVERY_KEY
        for group, _, name in (key.partition("."),)
    }
