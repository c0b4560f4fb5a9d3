"""`implicit`: matrix factorisation in compiled code, the yardstick of what needs no graph.

A step of the others is a step of theirs in name only: an epoch is what is compared, a pass of
BPR over as many sampled pairs as there are interactions, or one alternation of ALS.
"""

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from scipy import sparse
from task import L2_WEIGHT, Task


class Implicit:
    """BPR or ALS."""

    def __init__(self, task: Task) -> None:
        settings = task.settings
        self.task = task
        shared = {"factors": settings.embedding_size, "num_threads": settings.threads}
        kinds = {
            "bpr": lambda: BayesianPersonalizedRanking(
                **shared, regularization=L2_WEIGHT, random_state=settings.seed
            ),
            "als": lambda: AlternatingLeastSquares(**shared, random_state=settings.seed),
        }
        self.model = kinds[settings.model]()
        self.model.iterations = 1
        self.train = self._matrix(task.train)
        self.seen = self._matrix(np.concatenate([task.train, task.valid], axis=1))

    def _matrix(self, pairs: np.ndarray) -> sparse.csr_matrix:
        ones = np.ones(pairs.shape[1], dtype=np.float32)
        return sparse.csr_matrix((ones, tuple(pairs)), (self.task.n_users, self.task.n_items))

    def steps(self, count: int) -> float:
        """Take as many epochs as `count` steps are, at least one; there is no loss to tell."""
        for _ in range(max(1, count // self.task.n_steps)):
            self.model.fit(self.train, show_progress=False)
        return float("nan")

    def evaluate(self, k: int) -> float:
        """Return NDCG of the library's own recommendations."""
        users, _ = self.task.test_items()
        lists, _ = self.model.recommend(
            users, self.seen[users], N=k, filter_already_liked_items=True
        )
        return self.task.ndcg(lists)


def build(_: str, task: Task) -> Implicit:
    """Return the system."""
    return Implicit(task)
