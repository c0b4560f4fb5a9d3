"""Less data to train on, while what is validated and tested stays as it is."""

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ecorec.config import Config
from ecorec.data.dataset import Dataset
from ecorec.data.interactions import Interactions
from ecorec.data.splitting import Split
from ecorec.errors import InputError

_STREAM = 1
"""Keeps the draw apart from that of the split, which has the same seed."""


class ReductionSettings(Config):
    """Which part of the training interactions a model is trained on."""

    share: Annotated[float, Field(gt=0, lt=1)]
    """Of the training interactions of all users together, rounded down."""
    by: Literal["random", "recent"] = "random"
    """Which ones stay: drawn with the split's seed, or the latest in time."""

    def in_words(self) -> str:
        """Return e.g. `20 %` or `20 % recent`, as labels have it."""
        return f"{100 * self.share:g}%" + (" recent" if self.by == "recent" else "")


def check_reduction(dataset: Dataset, settings: ReductionSettings | None) -> None:
    """Make sure that the data say which interactions are recent, if that is asked.

    Raises:
        InputError: There are no timestamps.
    """
    if settings and settings.by == "recent" and dataset.interactions.timestamps is None:
        message = f"`{dataset.name}` has no timestamps: nothing says which interactions are recent"
        hint = "name the column with --columns timestamp=…, or use --train-shares-by random"
        raise InputError(message, hint=hint)


def reduce_train(split: Split, settings: ReductionSettings, seed: int) -> Split:
    """Return the split with a part of its training interactions.

    For one seed the parts are nested: 20 % is a subset of 40 %. Users and items, validation and
    test stay, and so does what is masked when items are ranked: the task is the same, only less
    of the past has been learnt from.

    Args:
        split: With all training interactions and, for `recent`, timestamps.
        settings: How many and which.
        seed: Of the random order; `recent` ignores it.
    """
    train = split.train
    # A whisker before rounding down: a fifth of 15 must be 3, not 2.999….
    n_kept = max(1, int(len(train) * settings.share + 1e-9))
    kept = np.sort(_best_first(train, settings, seed)[:n_kept])
    unused = np.setdiff1d(np.arange(len(train)), kept, assume_unique=True)
    rest = train.select(kept)
    had = np.bincount(train.users, minlength=train.n_users) > 0
    has = np.bincount(rest.users, minlength=train.n_users) > 0
    return replace(
        split,
        train=rest,
        unused=train.select(unused),
        n_users_without_train=split.n_users_without_train + int((had & ~has).sum()),
    )


def _best_first(train: Interactions, settings: ReductionSettings, seed: int) -> NDArray[np.int64]:
    if settings.by == "random":
        return np.random.default_rng([seed, _STREAM]).permutation(len(train))
    times = np.zeros(len(train)) if train.timestamps is None else train.timestamps
    # Of equal times, the later row counts as the later interaction.
    return np.lexsort((np.arange(len(train)), times))[::-1]
