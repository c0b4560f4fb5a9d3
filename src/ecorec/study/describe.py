"""Settings and data in the words of a record."""

import shlex
from typing import Any

from ecorec.config import Config
from ecorec.data.dataset import Dataset, DataSettings
from ecorec.data.interactions import Interactions
from ecorec.data.protocols import SplitSettings
from ecorec.data.splitting import Split
from ecorec.data.statistics import statistics
from ecorec.models.catalogue import find_model
from ecorec.models.cost import Cost
from ecorec.models.problem import Problem
from ecorec.study.prepare import DTYPES
from ecorec.study.presets import PRESETS
from ecorec.study.record import DataRecord, SplitRecord
from ecorec.study.run_settings import MeasurementSettings, RunSettings
from ecorec.study.settings import SPLITS
from ecorec.training.settings import TrainingSettings


def data_record(dataset: Dataset, split: Split) -> DataRecord:
    """Return the data set's part of a record: what a split has in use of it."""
    found = statistics(split.whole)
    return DataRecord(
        name=dataset.name,
        fingerprint=dataset.fingerprint(),
        n_users=found.n_users,
        n_items=found.n_items,
        n_interactions=found.n_interactions,
        density=found.density,
        sparsity=found.sparsity,
        filters=dataset.filters,
        from_cache=dataset.from_cache,
    )


def split_record(split: Split) -> SplitRecord:
    """Return the split's part of a record."""
    return SplitRecord(
        protocol=split.protocol,
        seed=split.seed,
        n_train=len(split.train),
        n_valid=len(split.valid),
        n_test=len(split.test),
        n_users_without_train=split.n_users_without_train,
        n_users_without_test=split.n_users_without_test,
    )


def cost_of_run(settings: RunSettings, train: Interactions) -> Cost:
    """Return what a run takes by its model's formula."""
    entry = find_model(settings.model)
    config = entry.config.parse(settings.model_settings, f"`{settings.model}`")
    training, element_bytes = settings.training, DTYPES[settings.dtype].itemsize
    if training is None:
        return entry.cost(config, Problem.of(train, element_bytes=element_bytes))
    sizes = training.batch_size, element_bytes, training.n_negatives
    return entry.cost(config, Problem.of(train, *sizes))


def command_line(settings: RunSettings, measurement: MeasurementSettings) -> str:
    """Return a command that repeats a run; defaults are left out.

    Every setting is written where it differs from its default or where the preset
    `recommended`, under which the command will run, has one of its own, so that the command
    does not depend on which preset the study used.
    """
    preset = PRESETS["recommended"].models.get(settings.model, {})
    words = ["ecorec", "run", "--models", settings.model, "--datasets", settings.dataset]
    name = next((key for key, value in SPLITS.items() if _same(value, settings)), "ratio")
    words += ["--split", name, "--split-seed", str(settings.split_seed)]
    if settings.reduction is not None:
        words += ["--train-shares", f"{settings.reduction.share!r}"]
        words += ["--train-shares-by", settings.reduction.by]
    named = SplitSettings.model_validate(SPLITS[name])
    assignments: dict[str, Any] = {
        f"split.{key}": value for key, value in _changed(settings.split, named).items()
    }
    for key, value in _changed(settings.data, DataSettings()).items():
        if key == "columns":
            words += ["--columns", ",".join(f"{role}={column}" for role, column in value.items())]
        else:
            assignments[f"data.{key}"] = value
    if settings.training is not None:
        words += ["--epochs", str(settings.training.epochs), "--seeds", str(settings.seed)]
        training = settings.training.model_dump()
        defaults = TrainingSettings().model_dump()
        assignments |= {
            f"training.{key}": value
            for key, value in training.items()
            if key != "epochs"
            and (key == "learning_rate" or key in preset or value != defaults.get(key))
        }
    defaults = find_model(settings.model).config().model_dump(mode="json")
    for key, value in settings.model_settings.items():
        if key == "embedding_size":
            words += ["--embedding-sizes", str(value)]
        elif value != defaults[key] or key in preset or key == "layer_size":
            assignments[f"{settings.model}.{key}"] = "none" if value is None else value
    words += ["--topk", ",".join(map(str, settings.topk)), "--threads", str(measurement.threads)]
    if settings.dtype != "float32":
        words += ["--dtype", settings.dtype]
    if measurement.device != "cpu":
        words += ["--device", measurement.device]
    if measurement.kernel is not None:
        words += ["--kernel", measurement.kernel]
    if measurement.users_per_call is not None:
        words += ["--set", f"users_per_call={measurement.users_per_call}"]
    if measurement.memory_map is not None:
        words += ["--memory-map", measurement.memory_map]
    for key, value in assignments.items():
        words += ["--set", f"{key}={'none' if value is None else value}"]
    if measurement.shards > 1:
        words = ["torchrun", "--nproc-per-node", str(measurement.shards), "-m", *words]
    return shlex.join(words)


def _same(named: dict[str, str], settings: RunSettings) -> bool:
    split = settings.split.model_dump()
    return all(split[key] == value for key, value in named.items())


def _changed(settings: Config, defaults: Config) -> dict[str, Any]:
    before = defaults.model_dump()
    return {key: value for key, value in settings.model_dump().items() if value != before[key]}
