"""The list of trainings that a study needs, each planned once, in a fair order."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from ecorec.data.reduction import ReductionSettings
from ecorec.models.catalogue import find_model
from ecorec.study.machine import check_kernel
from ecorec.study.presets import find_preset
from ecorec.study.resolve import resolve
from ecorec.study.run_settings import MeasurementSettings, RunSettings
from ecorec.study.settings import GridSection, StudySettings
from ecorec.study.tuning.chosen import Tunings

CONDITIONS = ("threads", "device", "kernel", "users_per_call")
"""Factors that change the energy of a run but not what it computes."""


@dataclass(frozen=True)
class Job:
    """One training and every run that comes of it.

    The runs differ only in their number of epochs, ascending: a training of 50 epochs also yields
    the run of 10 that it passes on its way.
    """

    runs: tuple[RunSettings, ...]
    measurement: MeasurementSettings
    preset: str

    @property
    def longest(self) -> RunSettings:
        """The run that the training ends with."""
        return self.runs[-1]

    @property
    def epochs(self) -> int:
        """Epochs of the training; 0 for a training-free model."""
        return self.longest.training.epochs if self.longest.training else 0

    @property
    def label(self) -> str:
        """What people call it: `lightgcn d=64 seed 1`."""
        words = [self.longest.model]
        if "embedding_size" in self.longest.model_settings:
            words.append(f"d={self.longest.model_settings['embedding_size']}")
        if self.longest.reduction is not None:
            words.append(f"train={self.longest.reduction.in_words()}")
        if self.longest.seed is not None:
            words.append(f"seed {self.longest.seed}")
        if self.measurement.repeat > 1:
            words.append(f"repeat {self.measurement.repeat}")
        return " ".join(words)


def plan(study: StudySettings, threads: int) -> list[Job]:
    """Return the study's jobs, without repetition.

    Training-free models come first, because they are cheap and set the bar. The others are sorted
    by repeat and seed before anything else, so that systems to be compared alternate (A-B-A-B) and
    a drift of the machine does not favour one of them.

    Raises:
        InputError: A name or a value of the study is wrong.
    """
    preset, tunings = find_preset(study.preset), Tunings.read(study.tuned)
    usual = {
        "threads": threads,
        "device": study.device,
        "kernel": study.kernel,
        "repeat": 1,
        "users_per_call": study.users_per_call,
        "memory_map": study.memory_map,
    }
    grouped: dict[tuple[str, MeasurementSettings, str], list[RunSettings]] = {}
    without_kernel: dict[tuple[str, MeasurementSettings, str], MeasurementSettings] = {}
    for section in study.sections():
        for dataset, model, size, layers, seed, reduction, assignments in _combinations(section):
            stated = {key: assignments.pop(key) for key in CONDITIONS if key in assignments}
            conditions = MeasurementSettings.parse(
                usual | stated,
                "the conditions of a run",
                "`ecorec run --help`: --threads, --device, --kernel, --memory-map",
            )
            check_kernel(conditions.device, conditions.kernel, model)
            own_size = size if find_model(model).has_embeddings else None
            tuned = tunings.of(dataset, model, own_size)
            values = tuned.settings if tuned else {}
            name = f"{preset.name}, tuned" if tuned else preset.name
            for epochs in section.epochs:
                run = resolve(
                    study, preset, dataset, model, size, layers, epochs, seed, assignments,
                    reduction, values,
                )  # fmt: skip
                tunings.check(run)
                apart = _apart_from_epochs(run)
                if not find_model(model).propagates:
                    # A kernel is nothing to it: the first one stands for all, and is its state's.
                    alike = (apart, conditions.model_copy(update={"kernel": None}), name)
                    conditions = without_kernel.setdefault(alike, conditions)
                runs = grouped.setdefault((apart, conditions, name), [])
                if run not in runs:
                    runs.append(run)
    jobs = [
        Job(
            runs=tuple(sorted(runs, key=_epochs_of)),
            measurement=conditions.model_copy(update={"repeat": repeat}),
            preset=name,
        )
        for repeat in range(1, study.repeats + 1)
        for (_, conditions, name), runs in grouped.items()
    ]
    return sorted(jobs, key=_turn)


def _combinations(
    section: GridSection,
) -> Iterator[tuple[str, str, int, int | None, int, ReductionSettings | None, dict[str, Any]]]:
    varied = [[(key, value) for value in values] for key, values in section.vary.items()]
    for dataset, model, size, layers, seed, reduction, *values in product(
        section.datasets,
        section.models,
        section.embedding_sizes,
        section.layers or (None,),
        section.seeds,
        _reductions(section),
        *varied,
    ):
        yield dataset, model, size, layers, seed, reduction, section.set | dict(values)


def _reductions(section: GridSection) -> list[ReductionSettings | None]:
    """Return every reduction of the training data; a share of 1 is the same whatever it is by."""
    ways = [
        None if share == 1 else ReductionSettings(share=share, by=by)
        for share in section.train_shares
        for by in section.train_shares_by
    ]
    return list(dict.fromkeys(ways))


def _epochs_of(run: RunSettings) -> int:
    return run.training.epochs if run.training else 0


def _apart_from_epochs(run: RunSettings) -> str:
    if run.training is None:
        return run.model_dump_json()
    same = run.training.model_copy(update={"epochs": 1})
    return run.model_copy(update={"training": same}).model_dump_json()


def _turn(job: Job) -> tuple[bool, int, int, str, int]:
    run = job.longest
    trained = find_model(run.model).kind == "trained"
    size = run.model_settings.get("embedding_size", 0)
    return trained, job.measurement.repeat, run.seed or 0, run.dataset, size
