"""Ways to a vector for an unknown user, compared on users who are known.

python benchmarks/serving_fold_in.py RUN [--users 800]
"""

import argparse
from pathlib import Path

import numpy as np

from ecorec.evaluation.item_lists import ItemLists
from ecorec.models.served import Vectors
from ecorec.study.index import served_parts
from ecorec.study.stored import StoredRun, bring_back

K = 10
BLANKS, PENALTIES = (1.0, 0.1, 0.01, 0.001), (0.01, 0.1, 1.0)
"""Of the ridge regression: weight of what is not there, and of the squared norm."""


class Rules:
    """Every rule: from a history to a vector."""

    def __init__(self, items: np.ndarray, degrees: np.ndarray) -> None:
        self.items, self.degrees = items, np.maximum(degrees, 1)
        self.gram = items.T @ items

    def names(self) -> list[str]:
        """Return what can be asked for."""
        plain = ["mean", "unit-sum", "root-degree"]
        return plain + [f"ridge {blank:g} {weight:g}" for blank in BLANKS for weight in PENALTIES]

    def vector(self, name: str, history: np.ndarray) -> np.ndarray:
        """Return the vector of a history."""
        rows = self.items[history]
        if name == "mean":
            return rows.mean(axis=0)
        if name == "unit-sum":
            return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).sum(axis=0)
        if name == "root-degree":
            return (rows / np.sqrt(self.degrees[history])[:, None]).sum(axis=0)
        blank, penalty = (float(word) for word in name.split()[1:])
        width = self.items.shape[1]
        ridge = blank * penalty * np.trace(self.gram) / width * np.eye(width)
        normal = blank * self.gram + (1 - blank) * rows.T @ rows + ridge
        return np.linalg.solve(normal, rows.sum(axis=0))


def compare(stored: StoredRun, n_users: int) -> None:
    """Print overlap with the trained lists, and NDCG, of every rule."""
    parts = served_parts(stored)
    if not isinstance(parts, Vectors):
        raise SystemExit("give a run of a model that scores by vectors")
    users, items = (part.detach().numpy().astype(float) for part in (parts.users, parts.items))
    train, seen, relevant = stored.split.train, stored.held_out.seen, stored.held_out.relevant
    own = ItemLists.from_pairs(train.users, train.items, train.n_users)
    rules = Rules(items, np.bincount(train.items, minlength=train.n_items))
    fit = np.flatnonzero((own.counts() >= 3) & (relevant.counts() > 0))
    chosen = np.random.default_rng(0).permutation(fit)[:n_users].tolist()

    def top(vector: np.ndarray, user: int) -> np.ndarray:
        scores = items @ vector
        scores[seen.of(user)] = -np.inf
        return np.argsort(-scores)[:K]

    known = {user: top(users[user], user) for user in chosen}
    print(f"{'':<18}overlap@{K}  ndcg@{K}  ({len(chosen)} users)")
    for name in ["trained", *rules.names()]:
        overlap, quality = [], []
        for user in chosen:
            trained = name == "trained"
            found = known[user] if trained else top(rules.vector(name, own.of(user)), user)
            overlap.append(np.isin(found, known[user]).mean())
            discounts = 1 / np.log2(np.arange(K) + 2)
            hits = np.isin(found, relevant.of(user))
            best = discounts[: relevant.of(user).size].sum()
            quality.append((hits * discounts).sum() / best)
        print(f"{name:<18}{np.mean(overlap):>9.3f} {np.mean(quality):>8.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--users", type=int, default=800)
    parser.add_argument("--data-path", type=Path)
    arguments = parser.parse_args()
    compare(bring_back(arguments.run, arguments.data_path), arguments.users)
