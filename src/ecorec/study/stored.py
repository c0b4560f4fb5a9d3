"""A stored run brought back: its data, split and graph, and the model as it was tested."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ecorec.data.dataset import Dataset
from ecorec.data.load import load_dataset
from ecorec.data.splitting import Split
from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.errors import InputError
from ecorec.evaluation.evaluate import HeldOut
from ecorec.evaluation.scorer import Scorer
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.base import TrainingFree
from ecorec.study import checkpoint
from ecorec.study.prepare import build_graph, build_model, build_split, scorer_of, test_set
from ecorec.study.record import RunRecord
from ecorec.study.run_settings import MeasurementSettings, RunSettings
from ecorec.study.store import read_record


@dataclass(frozen=True, eq=False)
class StoredRun:
    """Everything of a run that can be asked again."""

    record: RunRecord
    settings: RunSettings
    dataset: Dataset
    split: Split
    graph: BipartiteGraph
    model: Any
    """As it was tested."""
    scorer: Scorer
    """What ranks items: the model, or its embeddings."""
    held_out: HeldOut
    """Test items, with training and validation items as seen."""


def bring_back(run: Path, data_path: Path | None = None) -> StoredRun:
    """Return a stored run as it was when it was tested.

    Args:
        run: The run's folder.
        data_path: Where catalogue data sets are looked for.

    Raises:
        StudyError: The folder holds no run, or a damaged one.
        InputError: The data are not those that it was trained on.
    """
    record = read_record(run)
    settings = RunSettings.model_validate(record.settings)
    dataset = load_dataset(settings.dataset, settings.data, data_path=data_path)
    if dataset.fingerprint() != record.data.fingerprint:
        message = f"`{settings.dataset}` is not the data that run {record.run_id} was trained on"
        raise InputError(
            message, hint="give the same file with --data-path, or run the study again"
        )
    split = build_split(dataset, settings)
    measurement = MeasurementSettings(threads=record.threads, device="cpu", kernel=None, repeat=1)
    graph = build_graph(split, settings, measurement)
    model = build_model(settings, graph, torch.Generator())
    parameters = checkpoint.load(run / "model.safetensors")
    if isinstance(model, TrainingFree):
        model.restore(parameters, graph)  # type: ignore[attr-defined]
    else:
        model.load_state_dict(parameters)
    held_out = test_set(split, settings, graph.device)
    return StoredRun(record, settings, dataset, split, graph, model, scorer_of(model), held_out)


def machine_for(record: RunRecord) -> Hardware:
    """Return this machine, with the watts that the run was billed with if it ran here."""
    here = describe_machine()
    return record.machine if record.machine.machine_id == here.machine_id else here
