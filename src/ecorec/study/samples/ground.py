"""Data, split and graph that several samples share, and what making them took.

Test interactions are not used: ranking is measured on those of validation.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ecorec.data.dataset import Dataset
from ecorec.data.interactions import Interactions
from ecorec.data.load import load_dataset
from ecorec.data.splitting import Split
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.evaluation.evaluate import HeldOut
from ecorec.evaluation.item_lists import ItemLists
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.study.prepare import build_graph, build_split, validation_set
from ecorec.study.run_settings import MeasurementSettings, RunSettings

RANKED_USERS = 1000
"""Users whose lists are ranked for a sample; the others are taken to need as long each."""


@dataclass(frozen=True, eq=False)
class Ground:
    """Data, split and graph of some runs, and what making them took."""

    dataset: Dataset
    split: Split
    graph: BipartiteGraph
    held_out: HeldOut
    """Validation interactions of some of the users, with the users a call of the runs."""
    n_valid_users: int
    n_test_users: int
    readings: dict[str, Reading]
    """`load`, `split`, `graph`, and `lists`: the lists of what is held out and masked."""

    @classmethod
    def prepare(
        cls,
        run: RunSettings,
        measurement: MeasurementSettings,
        data_path: Path | None,
        meter: Meter,
    ) -> "Ground":
        """Load, split and build the graph, each in a window of its own."""
        load_dataset(run.dataset, run.data, data_path=data_path)  # from here on, they are cached
        found: dict[str, Any] = {}

        def measured(name: str, work: Callable[[], Any]) -> Any:
            with meter.window(name) as window:
                made = work()
            found[name] = window.reading
            return made

        dataset = measured("load", lambda: load_dataset(run.dataset, run.data, data_path=data_path))
        split = measured("split", lambda: build_split(dataset, run))
        graph = measured("graph", lambda: build_graph(split, run, measurement))
        lists = measured("lists", lambda: validation_set(split, run, graph.device))
        whole = replace(lists, users_per_call=measurement.users_per_call)
        return cls(
            dataset,
            split,
            graph,
            _of_some_users(whole),
            int(whole.users.size),
            int(np.unique(split.test.users).size),
            found,
        )


def _of_some_users(whole: HeldOut) -> HeldOut:
    users = whole.users
    if users.size <= RANKED_USERS:
        return whole
    kept = np.random.default_rng(0).choice(users, RANKED_USERS, replace=False)
    owners = np.repeat(np.arange(whole.relevant.indptr.size - 1), whole.relevant.counts())
    rows = np.isin(owners, kept)
    relevant = ItemLists.from_pairs(
        owners[rows], whole.relevant.items[rows].astype(np.int64), whole.relevant.indptr.size - 1
    )
    return replace(whole, relevant=relevant)


def smaller(train: Interactions, share: float) -> Interactions:
    """Return the interactions of random users with random items, with new indices.

    Args:
        train: Training interactions.
        share: Of the users, and of the items.
    """
    rng = np.random.default_rng(0)
    users = rng.permutation(train.n_users)[: max(2, int(train.n_users * share))]
    items = rng.permutation(train.n_items)[: max(2, int(train.n_items * share))]
    new_user, new_item = np.full(train.n_users, -1), np.full(train.n_items, -1)
    new_user[users], new_item[items] = np.arange(users.size), np.arange(items.size)
    rows = (new_user[train.users] >= 0) & (new_item[train.items] >= 0)
    return Interactions(
        new_user[train.users[rows]],
        new_item[train.items[rows]],
        None,
        train.user_ids[users],
        train.item_ids[items],
    )


def as_held_out(train: Interactions, users_per_call: int | None) -> HeldOut:
    """Return the interactions as held-out data, which is enough to measure ranking."""
    some = train.users < RANKED_USERS
    relevant = ItemLists.from_pairs(train.users[some], train.items[some], train.n_users)
    nothing = ItemLists.from_pairs(train.users[:0], train.items[:0], train.n_users)
    popularity = np.bincount(train.items, minlength=train.n_items)
    return HeldOut(relevant, nothing, popularity, 0, torch.device("cpu"), users_per_call)
