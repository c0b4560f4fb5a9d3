"""A stored run brought back to recommend to one user."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ecorec.data.load import load_dataset
from ecorec.errors import InputError, unknown_name
from ecorec.evaluation.ranking import rank
from ecorec.models.base import TrainingFree
from ecorec.study import checkpoint
from ecorec.study.prepare import build_graph, build_model, build_split, scorer_of, test_set
from ecorec.study.settings import MeasurementSettings, RunSettings
from ecorec.study.store import read_record

SHOWN_HISTORY = 20
"""Latest items of a user's history that are shown."""


@dataclass(frozen=True)
class Recommendation:
    """What a model says to one user."""

    model: str
    dataset: str
    history: list[str]
    """Titles, or ids where the data have no titles, of training and validation items."""
    items: list[tuple[str, float, bool]]
    """Title or id, score, and whether the user really chose it (it is in the test set)."""


def recommend_to(run: Path, user: str, k: int, data_path: Path | None = None) -> Recommendation:
    """Return the k best unseen items of a user under a stored run.

    Raises:
        StudyError: The folder holds no run.
        InputError: The user is not known, or k does not fit the catalogue.
    """
    record = read_record(run)
    settings = RunSettings.model_validate(record.settings)
    dataset = load_dataset(settings.dataset, settings.data, data_path=data_path)
    if dataset.interactions.fingerprint() != record.data.fingerprint:
        message = f"`{settings.dataset}` is not the data that run {record.run_id} was trained on"
        raise InputError(
            message, hint="give the same file with --data-path, or run the study again"
        )
    whole = dataset.interactions
    if user not in whole.user_ids:
        raise unknown_name("user", user, whole.user_ids.tolist(), "users in all:")
    if not 1 <= k <= whole.n_items:
        message = f"k = {k} does not fit the catalogue of {whole.n_items} items"
        raise InputError(message, hint=f"ask for 1 to {whole.n_items}")
    split = build_split(dataset, settings)
    measurement = MeasurementSettings(threads=record.threads, device="cpu", kernel=None, repeat=1)
    graph = build_graph(split, settings, measurement)
    model = build_model(settings, graph, torch.Generator())
    parameters = checkpoint.load(run / "model.safetensors")
    if isinstance(model, TrainingFree):
        model.restore(parameters, graph)  # type: ignore[attr-defined]
    else:
        model.load_state_dict(parameters)
    index = int(np.flatnonzero(whole.user_ids == user)[0])
    held_out = test_set(split, settings, graph.device)
    chosen = np.array([index])
    scorer = scorer_of(model)
    top = rank(scorer, chosen, held_out.seen, whole.n_items, k, held_out.tie_seed, graph.device)[0]
    with torch.no_grad():
        scores = scorer.scores(torch.from_numpy(chosen))[0]
    titles = dataset.titles or {}

    def title(item: int) -> str:
        outside = str(whole.item_ids[item])
        return titles.get(outside, outside)

    tested = set(held_out.relevant.of(index).tolist())
    return Recommendation(
        model=record.model,
        dataset=settings.dataset,
        history=[title(item) for item in held_out.seen.of(index)[-SHOWN_HISTORY:].tolist()],
        items=[
            (title(item), float(scores[item]), item in tested) for item in top.tolist() if item >= 0
        ],
    )
