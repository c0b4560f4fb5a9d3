"""What every system is given: the same interactions, split, sizes and settings.

Needs numpy only, because it is also read in RecBole's own environment.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

LEARNING_RATE = 1e-3
L2_WEIGHT = 1e-5
NGCF_DROPOUT = 0.1
"""RecBole's defaults, and ours."""


@dataclass(frozen=True)
class Settings:
    """One measurement's settings."""

    model: str
    embedding_size: int
    n_layers: int
    batch_size: int
    threads: int
    seed: int


@dataclass(frozen=True, eq=False)
class Task:
    """Settings and the split, as index arrays over shared vocabularies."""

    settings: Settings
    folder: Path
    n_users: int
    n_items: int
    train: np.ndarray
    """Shape (2, interactions): users, items."""
    valid: np.ndarray
    test: np.ndarray

    @property
    def n_steps(self) -> int:
        """Steps of an epoch."""
        return -(-self.train.shape[1] // self.settings.batch_size)

    def test_items(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the users with test items, and the items of each."""
        users, items = self.test
        order = np.argsort(users, kind="stable")
        owners, starts = np.unique(users[order], return_index=True)
        return owners, np.split(items[order], starts[1:])

    def ndcg(self, lists: np.ndarray) -> float:
        """Return the mean NDCG of lists of shape (users with test items, K)."""
        k = lists.shape[1]
        discounts = 1 / np.log2(np.arange(2, k + 2))
        _, wanted = self.test_items()
        gains = [
            float(discounts[np.isin(one, held)].sum() / discounts[: min(k, held.size)].sum())
            for one, held in zip(lists, wanted, strict=True)
        ]
        return float(np.mean(gains))


def write_data(folder: Path, split: Any) -> None:
    """Write the parts of a split for every later task."""
    parts = {
        name: np.stack([getattr(split, name).users, getattr(split, name).items])
        for name in ("train", "valid", "test")
    }
    sizes = np.array([split.train.n_users, split.train.n_items])
    np.savez(folder / "split.npz", sizes=sizes, **parts)


def write_settings(folder: Path, name: str, settings: Settings) -> Path:
    """Write one measurement's settings; return the file that a worker is started with."""
    file = folder / f"{name}.json"
    file.write_text(json.dumps(asdict(settings)))
    return file


def read_task(file: Path) -> Task:
    """Read what `write_data` and `write_settings` wrote."""
    settings = Settings(**json.loads(file.read_text()))
    with np.load(file.parent / "split.npz") as stored:
        n_users, n_items = stored["sizes"].tolist()
        parts = {name: stored[name] for name in ("train", "valid", "test")}
    return Task(settings, file.parent, n_users, n_items, **parts)
