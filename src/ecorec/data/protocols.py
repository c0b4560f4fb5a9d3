"""The protocols of a split: the part that each interaction goes to."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ecorec.config import Config
from ecorec.data.dataset import TEST, TRAIN, VALID, Dataset
from ecorec.data.interactions import Interactions
from ecorec.errors import InputError

Share = Annotated[float, Field(gt=0, lt=1)]


class SplitSettings(Config):
    """How interactions are divided into train, validation and test."""

    protocol: Literal["ratio", "leave-one-out", "temporal", "given"] = "ratio"
    """`ratio` per user, `leave-one-out` by time, `temporal` with one global cut, or `given`."""
    order: Literal["random", "time"] = "random"
    """For `ratio`: which of a user's interactions are held out, random ones or the last."""
    valid_share: Share = 0.1
    """For `ratio` and `temporal`: share of the interactions for validation."""
    test_share: Share = 0.1
    """For `ratio` and `temporal`: share of the interactions for the test."""

    @property
    def reads_time(self) -> bool:
        """Whether what comes last in time is held out."""
        in_time = self.protocol in ("leave-one-out", "temporal")
        return in_time or (self.protocol == "ratio" and self.order == "time")

    def in_words(self) -> str:
        """Return the protocol as it stands in a record."""
        if self.protocol in ("leave-one-out", "given"):
            return self.protocol
        train = 1 - self.valid_share - self.test_share
        shares = "/".join(
            f"{100 * s:g}" for s in (round(train, 6), self.valid_share, self.test_share)
        )
        if self.protocol == "temporal":
            return f"temporal {shares}, one global cut"
        return f"ratio {shares} per user, {self.order} order"


def assign(dataset: Dataset, settings: SplitSettings, seed: int) -> NDArray[np.int8]:
    """Return the part of every interaction: `TRAIN`, `VALID` or `TEST`.

    Args:
        dataset: Filtered interactions.
        settings: The protocol.
        seed: Of the random order; anything that is not random ignores it.

    Raises:
        InputError: The protocol does not fit the data.
    """
    whole = dataset.interactions
    if settings.protocol == "given":
        if dataset.parts is None:
            message = f"`{dataset.name}` brings no split of its own"
            hint = "`given` needs a folder with train.txt and test.txt; choose another --split"
            raise InputError(message, hint=hint)
        return _with_validation(dataset.parts, seed)
    by_time = settings.reads_time
    if by_time and not whole.has_order:
        message = f"`{dataset.name}` has no timestamps, which `{settings.in_words()}` needs"
        raise InputError(
            message, hint="name the column with --columns timestamp=…, or use --split ratio"
        )
    if settings.protocol == "temporal":
        return _global_cut(dataset, settings)
    if by_time:
        rank, size = _position_in_user(whole, _time_of(whole))
    else:
        rank, size = _position_in_user(whole, np.random.default_rng(seed).random(len(whole)))
    if settings.protocol == "leave-one-out":
        # The last for the test, the one before it for validation; users with fewer than
        # three interactions keep all of them for training.
        from_end = np.where(size >= 3, size - 1 - rank, 2)
        return np.select([from_end == 0, from_end == 1], [TEST, VALID], TRAIN).astype(np.int8)
    n_test, n_valid = _held_out_sizes(size, settings)
    part = np.select([rank >= size - n_test, rank >= size - n_test - n_valid], [TEST, VALID], TRAIN)
    return part.astype(np.int8)


def _held_out_sizes(
    size: NDArray[np.int64], settings: SplitSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many of a user's interactions are for the test and for validation.

    Rounded as RecBole does, so that published numbers are comparable: down, but a share that
    is less than one interaction takes one, the test first, as long as training keeps one.
    """
    sizes = []
    n_train = size
    for share in (settings.test_share, settings.valid_share):
        # A whisker before rounding down: a tenth of 30 must be 3, not 2.999….
        n_held = np.floor(size * share + 1e-9).astype(np.int64)
        sizes.append(n_held)
        n_train = n_train - n_held
    for index, share in enumerate((settings.test_share, settings.valid_share)):
        extra = (n_train > 1) & (size * share < 1 - 1e-9)
        sizes[index] = sizes[index] + extra
        n_train = n_train - extra
    return sizes[0], sizes[1]


def is_drawn(dataset: Dataset, settings: SplitSettings) -> bool:
    """Return whether the seed decides anything about a split."""
    if settings.protocol == "given":
        return dataset.parts is not None and not (dataset.parts == VALID).any()
    return settings.protocol == "ratio" and settings.order == "random"


def _with_validation(parts: NDArray[np.int8], seed: int) -> NDArray[np.int8]:
    """Take a tenth of the given training interactions for validation if none is given."""
    if (parts == VALID).any():
        return parts
    candidates = np.flatnonzero(parts == TRAIN)
    chosen = np.random.default_rng(seed).permutation(candidates)[: candidates.size // 10]
    filled = parts.copy()
    filled[chosen] = VALID
    return filled


def _time_of(whole: Interactions) -> NDArray[np.int64]:
    return np.arange(len(whole)) if whole.timestamps is None else whole.timestamps


def _position_in_user(
    whole: Interactions, key: NDArray[np.int64] | NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each interaction's rank by `key` among its user's, and how many the user has.

    Equal keys keep the order of the file.
    """
    order = np.lexsort((np.arange(len(whole)), key, whole.users))
    counts = np.bincount(whole.users, minlength=whole.n_users)
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(whole), dtype=np.int64)
    rank[order] = np.arange(len(whole)) - starts[whole.users[order]]
    return rank, counts[whole.users]


def _global_cut(dataset: Dataset, settings: SplitSettings) -> NDArray[np.int8]:
    whole = dataset.interactions
    if whole.timestamps is None:
        message = f"`{dataset.name}` has no timestamps: a global cut needs one clock for all users"
        raise InputError(
            message, hint="use --split leave-one-out, which needs only each user's order"
        )
    order = np.lexsort((np.arange(len(whole)), whole.timestamps))
    n_test = int(len(whole) * settings.test_share)
    n_valid = int(len(whole) * settings.valid_share)
    parts = np.full(len(whole), TRAIN, dtype=np.int8)
    parts[order[len(whole) - n_test - n_valid : len(whole) - n_test]] = VALID
    parts[order[len(whole) - n_test :]] = TEST
    return parts
