"""From a model's name and a study's settings to the complete settings of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ecorec.config import Config
from ecorec.data.dataset import DataSettings
from ecorec.data.protocols import SplitSettings
from ecorec.data.reduction import ReductionSettings
from ecorec.errors import unknown_name
from ecorec.evaluation.metrics import MetricAtK
from ecorec.models.catalogue import MODELS, find_model
from ecorec.models.entry import ModelEntry
from ecorec.study.presets import Preset
from ecorec.study.run_settings import RunSettings
from ecorec.study.settings import StudySettings
from ecorec.training.settings import TrainingSettings

GROUPS: dict[str, type[Config]] = {
    "training": TrainingSettings,
    "data": DataSettings,
    "split": SplitSettings,
}
"""Groups of settings other than a model's own, which come from the catalogue."""


@dataclass
class Overrides:
    """Settings by the class that they belong to."""

    model: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)

    def add(self, entry: ModelEntry, assignments: Mapping[str, Any]) -> None:
        """Sort `key` and `model.key` assignments into the groups, ignoring other models' keys.

        Raises:
            InputError: No model and no group has a setting of this name.
        """
        for key, value in assignments.items():
            owner, _, name = key.rpartition(".")
            if owner in MODELS:
                if (
                    name
                    not in find_model(owner).config.model_fields | TrainingSettings.model_fields
                ):
                    known = [*find_model(owner).config.model_fields, *TrainingSettings.model_fields]
                    listing = f"`ecorec models {owner}` lists its settings; in all:"
                    raise unknown_name(f"setting of `{owner}`", name, known, listing)
                if owner == entry.name:
                    self._put(entry, name, value)
            elif owner in GROUPS and name in GROUPS[owner].model_fields:
                getattr(self, owner)[name] = value
            elif owner or not self._put(entry, name, value):
                self._refuse_unless_some_model_has(key)

    def _put(self, entry: ModelEntry, name: str, value: Any) -> bool:
        if name in entry.config.model_fields:
            self.model[name] = value
            return True
        for group, settings in GROUPS.items():
            if name in settings.model_fields:
                getattr(self, group)[name] = value
                return True
        return False

    @staticmethod
    def _refuse_unless_some_model_has(key: str) -> None:
        of_models = {f for entry in MODELS.values() for f in entry.config.model_fields}
        if key not in of_models:
            known = of_models.union(*(settings.model_fields for settings in GROUPS.values()))
            listing = "`ecorec models NAME` lists a model's settings; names in all:"
            raise unknown_name("setting", key, known, listing)


def resolve(
    study: StudySettings,
    preset: Preset,
    dataset: str,
    model: str,
    embedding_size: int,
    n_layers: int | None,
    epochs: int,
    seed: int,
    assignments: Mapping[str, Any],
    reduction: ReductionSettings | None = None,
    tuned: Mapping[str, Any] | None = None,
) -> RunSettings:
    """Return the complete settings of one run.

    Later ones win: defaults, preset, tuning, factors of the grid, `set` and `vary`.

    Raises:
        InputError: A setting is not known or out of its range.
    """
    entry = find_model(model)
    overrides = Overrides()
    overrides.training |= preset.training
    overrides.add(
        entry, {f"{model}.{key}": value for key, value in preset.models.get(model, {}).items()}
    )
    overrides.add(entry, {f"{model}.{key}": value for key, value in (tuned or {}).items()})
    if entry.has_embeddings:
        overrides.model["embedding_size"] = embedding_size
        if n_layers is not None and entry.propagates:
            overrides.model["n_layers"] = n_layers
    overrides.training["epochs"] = epochs
    assignments = dict(assignments)
    dtype = assignments.pop("dtype", study.dtype)
    overrides.add(entry, assignments)
    split = study.split_settings.model_dump() | overrides.split
    trained = entry.kind == "trained"
    hint = "`ecorec run --help` says what each option takes"
    training = TrainingSettings.parse(overrides.training, "training", hint)
    MetricAtK.parse(training.metric)
    own_hint = f"`ecorec models {model}` says what each of its settings means"
    config = entry.config.parse(overrides.model, f"`{model}`", own_hint)
    values = {
        "dataset": dataset,
        "data": DataSettings.parse(overrides.data, "data", hint),
        "split": SplitSettings.parse(split, "split", hint),
        "split_seed": study.split_seed,
        "model": model,
        "model_settings": config.model_dump(mode="json"),
        "training": training if trained else None,
        "seed": seed if trained else None,
        "dtype": dtype,
        "topk": tuple(sorted(set(study.topk))),
        "reduction": reduction,
    }
    return RunSettings.parse(values, "the run", hint)
