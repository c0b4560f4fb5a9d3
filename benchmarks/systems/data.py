"""A task's arrays as ecorec's objects: what it and the plain systems are trained on alike."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from task import Task

from ecorec.data.batch import PairBatch
from ecorec.data.interactions import Interactions
from ecorec.data.sampling import PairSampler
from ecorec.graph.bipartite import BipartiteGraph


class Portions(PairSampler):
    """Batches of one epoch after another, of which each call takes a portion."""

    count = 0

    def epoch(self) -> Iterator[PairBatch]:
        """Yield the next `count` batches."""
        if not hasattr(self, "_stream"):
            self._stream = self._endless()
        return islice(self._stream, self.count)

    def _endless(self) -> Iterator[PairBatch]:
        while True:
            yield from super().epoch()


def interactions_of(pairs: np.ndarray, n_users: int, n_items: int) -> Interactions:
    """Return index pairs as interactions with ids that are their indices."""
    users, items = pairs
    ids = (np.arange(n).astype(str) for n in (n_users, n_items))
    return Interactions(users, items, None, *ids)


def graph_of(task: Task) -> BipartiteGraph:
    """Return the graph of the training interactions."""
    return BipartiteGraph(*task.train, task.n_users, task.n_items)
