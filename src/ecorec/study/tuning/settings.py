"""What a person asks of a tuning."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, PositiveInt, field_validator

from ecorec.config import Config
from ecorec.errors import InputError
from ecorec.evaluation.metrics import MetricAtK
from ecorec.models.catalogue import find_model
from ecorec.study.presets import find_preset
from ecorec.study.resolve import resolve
from ecorec.study.run_settings import RunSettings
from ecorec.study.settings import StudySettings
from ecorec.study.tuning.label import label_of
from ecorec.study.tuning.spaces import Range, Value, find_space

ENERGY = "energy_j"
"""Name of the objective beside quality: joules of a trial's own training and validation."""


@dataclass(frozen=True)
class Task:
    """One model at one embedding size, which gets its own share of the trials."""

    model: str
    embedding_size: int | None
    """`None` for models without embeddings, which are tuned once."""

    @property
    def label(self) -> str:
        """What people call it, e.g. `lightgcn d=64`."""
        return label_of(self.model, self.embedding_size)


class TuningSettings(Config):
    """A search for each model's settings on one data set, under a study's protocol."""

    study: StudySettings
    """Data, split, models, sizes, epochs and seed; its test set is not touched while trials run."""
    trials: PositiveInt = 20
    """Trials for every model at every embedding size."""
    objective: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)] = ("ndcg@10",)
    """A validation metric alone, or that metric and `energy_j`."""
    prune: bool = True
    """Stop a trial whose validation is below the median of those before it at the same epoch."""

    @field_validator("study")
    @classmethod
    def _has_one_of_each(cls, study: StudySettings) -> StudySettings:
        one_after_the_other = "tune them one after the other, each in its folder"
        of_each = {"datasets": "data set", "epochs": "number of epochs", "seeds": "seed"}
        for name, words in of_each.items():
            values = getattr(study, name)
            if len(values) != 1:
                message = f"a tuning has one {words}, not {', '.join(map(str, values)) or 'none'}"
                raise InputError(message, hint=one_after_the_other)
        if study.section:
            message = f"a tuning has no `section`, the study has {len(study.section)}"
            raise InputError(message, hint=one_after_the_other)
        if study.vary:
            message = f"a tuning varies settings itself: `vary` with {', '.join(study.vary)}"
            raise InputError(message, hint="leave `vary` out, or fix one value each with `set`")
        return study

    @field_validator("objective")
    @classmethod
    def _is_quality_and_perhaps_energy(cls, objective: tuple[str, ...]) -> tuple[str, ...]:
        if objective[0] == ENERGY:
            quality = next((name for name in objective if name != ENERGY), "ndcg@10")
            message = f"`{ENERGY}` is an objective beside quality, and stands second"
            raise InputError(message, hint=f"--objective {quality},{ENERGY}")
        MetricAtK.parse(objective[0])
        if len(objective) == 2 and objective[1] != ENERGY:
            message = f"`{objective[1]}` cannot be the second objective"
            raise InputError(message, hint=f"ask for {objective[0]}, or {objective[0]},{ENERGY}")
        return objective

    @property
    def weighs_energy(self) -> bool:
        """Whether joules are an objective, too."""
        return len(self.objective) == 2

    def tasks(self) -> list[Task]:
        """Return what is to be tuned, in the order in which models were named.

        Raises:
            InputError: A model is not known, or has nothing to tune.
        """
        tasks = []
        for model in self.study.models:
            self.space(Task(model, None))
            sizes = self.study.embedding_sizes if find_model(model).has_embeddings else (None,)
            tasks += [Task(model, size) for size in sizes]
        return list(dict.fromkeys(tasks))

    def space(self, task: Task) -> dict[str, Range]:
        """Return what is searched: the model's space without settings that the study fixes.

        Raises:
            InputError: The study fixes all of them.
        """
        stated = {
            key.rpartition(".")[2]
            for key in self.study.set
            if key.rpartition(".")[0] in ("", "training", task.model)
        }
        whole = find_space(task.model).settings
        left = {name: where for name, where in whole.items() if name not in stated}
        if not left:
            message = f"every setting of `{task.model}` that could be tuned is set already"
            hint = f"leave one of {', '.join(whole)} out of --set, or the model out of --models"
            raise InputError(message, hint=hint)
        return left

    def run_settings(self, task: Task, values: dict[str, Value]) -> RunSettings:
        """Return the complete settings of a trial.

        Args:
            task: Model and size.
            values: What the trial tries, by the settings' own names.

        Raises:
            InputError: A setting is not known or out of its range.
        """
        study = self.study
        tried = {f"{task.model}.{name}": value for name, value in values.items()}
        return resolve(
            study,
            find_preset(study.preset),
            study.datasets[0],
            task.model,
            task.embedding_size or study.embedding_sizes[0],
            None,
            study.epochs[0],
            study.seeds[0],
            study.set | {"training.metric": self.objective[0]} | tried,
        )

    def defaults(self, task: Task) -> dict[str, Value]:
        """Return what the first trial tries: the settings of a run without tuning."""
        run = self.run_settings(task, {})
        known = run.model_settings | (run.training.model_dump() if run.training else {})
        return {name: known[name] for name in self.space(task)}
