"""Builds a stored run's index: metered, compared with the model itself, and stored."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from ecorec.energy.counter_test import without_failing
from ecorec.energy.detect import find_sensors
from ecorec.energy.meter import Meter
from ecorec.energy.sampling import sampled_window
from ecorec.errors import InputError
from ecorec.evaluation.ranking import rank
from ecorec.evaluation.scorer import EmbeddingScorer
from ecorec.models.served import Served, SparseProduct, Vectors
from ecorec.serving.build import LIST_LENGTH, build_index, natural_kind
from ecorec.serving.ids import OutsideIds
from ecorec.serving.index import Kind, Seen
from ecorec.serving.manifest import FILE, Manifest
from ecorec.serving.recall import measure_recall
from ecorec.serving.storage import StoredIndex, annotate, check_folder, load_index, save_index
from ecorec.study.cpus import default_threads
from ecorec.study.machine import use_threads
from ecorec.study.stored import StoredRun, bring_back, machine_for
from ecorec.version import VERSION

COMPARED_USERS = 1000
"""Users whose lists are compared with the exact ones, evenly spaced; all, if there are fewer."""

RECALL_AT = 10


def index_run(
    run: Path,
    kind: Kind | None = None,
    list_length: int = LIST_LENGTH,
    out: Path | None = None,
    data_path: Path | None = None,
) -> tuple[Path, Manifest]:
    """Build and store an index of a run.

    Args:
        run: The run's folder.
        kind: How the index finds the best items; as the model scores, if not given.
        list_length: Items in each list of the kind `lists`; recall is measured at 10 and at this.
        out: Where the index goes; RUN/index/KIND, if not given.
        data_path: Where catalogue data sets are looked for.

    Returns:
        The index's folder, and what is known of it.

    Raises:
        StudyError: The folder holds no run.
        InputError: The model cannot be served by this kind, the data are not the run's, or `out`
            holds something else.
    """
    if list_length < 1:
        message = f"k = {list_length}: a list has at least one item"
        raise InputError(message, hint="ask for 1 or more, e.g. --k 100")
    if out is not None:
        check_folder(out)
    stored = bring_back(run, data_path)
    hardware = machine_for(stored.record)
    use_threads(min(stored.record.threads, default_threads()))
    parts = served_parts(stored)
    wanted = kind or natural_kind(parts)
    whole = stored.split.whole
    seen = Seen(stored.held_out.seen, stored.held_out.tie_seed)
    users, items = (OutsideIds(ids.tolist()) for ids in (whole.user_ids, whole.item_ids))
    folder = out or index_folder(run, wanted)
    record = stored.record
    about = {
        "run_id": record.run_id,
        "model": record.model,
        "dataset": record.data.name,
        "fingerprint": record.data.fingerprint,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "ecorec_version": VERSION,
    }
    _warm_up(stored, seen)
    sensors = without_failing(find_sensors(hardware))
    with sampled_window(Meter(sensors), "index") as window:
        index = build_index(
            wanted, record.model, parts, stored.scorer, seen, whole.n_items, list_length
        )
        manifest = save_index(folder, index, seen, users, items, about)
    compared = np.unique(
        np.linspace(0, whole.n_users - 1, min(COMPARED_USERS, whole.n_users)).astype(np.int64)
    )
    recall = []
    for k in sorted({min(RECALL_AT, list_length), min(list_length, whole.n_items)}):
        exact = rank(
            stored.scorer,
            compared,
            seen.lists,
            whole.n_items,
            k,
            seen.tie_seed,
            torch.device("cpu"),
        )
        recall.append(measure_recall(index, exact, compared))
    return folder, annotate(folder, manifest, build=window.reading, recall=tuple(recall))


def _warm_up(stored: StoredRun, seen: Seen) -> None:
    """Compile the ranking functions, so that no index is billed for compilation."""
    one, n_items = np.zeros(1, dtype=np.int64), stored.graph.n_items
    rank(stored.scorer, one, seen.lists, n_items, 1, seen.tie_seed, torch.device("cpu"))


def open_index(run: Path, kind: Kind | None = None) -> StoredIndex:
    """Read a run's index: of the kind asked for, else the one that serves the model as it is.

    Args:
        run: A run's folder, or an index's.
        kind: Which of the run's indices.

    Raises:
        InputError: There is none, or it is not what was written.
    """
    return load_index(find_index(run, kind))


def find_index(run: Path, kind: Kind | None = None) -> Path:
    """Return the folder of a run's index."""
    if kind is not None:
        return index_folder(run, kind)
    if (run / FILE).is_file():
        return run
    for natural in ("exact", "sparse", "lists"):
        if (run / "index" / natural / FILE).is_file():
            return run / "index" / natural
    return run / "index" / "exact"


def index_folder(run: Path, kind: Kind) -> Path:
    """Return the usual folder of a run's index of a kind."""
    return run / "index" / kind


def served_parts(stored: StoredRun) -> Vectors | SparseProduct | None:
    """Return the part of a model that is deployed; `None` if its scores take several products."""
    if isinstance(stored.scorer, EmbeddingScorer):
        return Vectors(stored.scorer.users, stored.scorer.items)
    return stored.model.served() if isinstance(stored.model, Served) else None
