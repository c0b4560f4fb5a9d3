"""What is trained on, what selects and what is tested: by a named protocol, checked."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ecorec.config import Config
from ecorec.data.dataset import TEST, TRAIN, VALID, Dataset, DataSettings
from ecorec.data.filters import k_core_rows
from ecorec.data.interactions import Interactions
from ecorec.errors import DataError, InputError

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


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint parts of a data set that share its vocabularies."""

    train: Interactions
    valid: Interactions
    test: Interactions
    protocol: str
    """In words."""
    seed: int | None
    """`None` where nothing was random."""
    n_users_without_train: int
    """Users who have held-out interactions only: nothing is known of them."""
    n_users_without_test: int
    """Users who are not evaluated."""
    n_dropped: int = 0
    """Interactions that a k-core over training interactions took away."""
    unused: Interactions | None = None
    """Training interactions that nobody learns from; known all the same when items are ranked."""

    def check(self, whole: Interactions) -> None:
        """Make sure that nothing leaks, nothing is lost and there is something to test.

        Raises:
            DataError: Naming what is wrong.
        """
        keys = [part.users * whole.n_items + part.items for part in self._parts()]
        together = np.concatenate(keys)
        if np.unique(together).size != together.size:
            message = "an interaction is in more than one part of the split"
            raise DataError(message, hint="remove repeated (user, item) pairs from the files")
        if together.size + self.n_dropped != len(whole):
            message = f"the split holds {together.size:,} of {len(whole):,} interactions"
            raise DataError(message, hint="this is a fault of ecorec; please report it")
        for name, part in zip(("training", "validation", "test"), self._parts(), strict=True):
            if not len(part):
                message = f"the split `{self.protocol}` leaves the {name} set empty"
                hint = "users need at least 3 interactions to hold out from: try another --split"
                raise DataError(message, hint=hint)

    @property
    def known(self) -> tuple[Interactions, ...]:
        """All training interactions, whether they are learnt from or not."""
        return (self.train,) if self.unused is None else (self.train, self.unused)

    def _parts(self) -> tuple[Interactions, Interactions, Interactions]:
        return self.train, self.valid, self.test


def make_split(
    dataset: Dataset,
    settings: SplitSettings,
    seed: int,
    data_settings: DataSettings | None = None,
) -> Split:
    """Divide a data set by a protocol, and check the result.

    Args:
        dataset: Filtered interactions.
        settings: The protocol.
        seed: Of the random order; anything that is not random ignores it.
        data_settings: Where a k-core over training interactions only is asked for.

    Raises:
        InputError: The protocol does not fit the data (`given` without given parts, an
            order by time without times).
        DataError: The result fails its own checks.
    """
    whole = dataset.interactions
    if settings.valid_share + settings.test_share >= 1:
        message = f"valid_share + test_share = {settings.valid_share + settings.test_share:g}"
        raise InputError(
            f"{message} leaves nothing to train on", hint="they must add up to less than 1"
        )
    parts = _assign(dataset, settings, seed)
    n_dropped = 0
    if data_settings and data_settings.k_core and data_settings.k_core_scope == "train":
        kept = _train_core(whole, parts, data_settings.k_core)
        n_dropped = int((~kept).sum())
        parts = np.where(kept, parts, -1)
    in_train = np.bincount(whole.users[parts == TRAIN], minlength=whole.n_users) > 0
    in_test = np.bincount(whole.users[parts == TEST], minlength=whole.n_users) > 0
    in_any = np.bincount(whole.users[parts >= 0], minlength=whole.n_users) > 0
    random = settings.protocol == "ratio" and settings.order == "random"
    split = Split(
        train=whole.select(np.flatnonzero(parts == TRAIN)),
        valid=whole.select(np.flatnonzero(parts == VALID)),
        test=whole.select(np.flatnonzero(parts == TEST)),
        protocol=settings.in_words(),
        seed=seed if random else None,
        n_users_without_train=int((in_any & ~in_train).sum()),
        n_users_without_test=int((in_any & ~in_test).sum()),
        n_dropped=n_dropped,
    )
    split.check(whole)
    return split


def _assign(dataset: Dataset, settings: SplitSettings, seed: int) -> NDArray[np.int8]:
    """Return the part of every interaction."""
    whole = dataset.interactions
    if settings.protocol == "given":
        if dataset.parts is None:
            message = f"`{dataset.name}` brings no split of its own"
            hint = "`given` needs a folder with train.txt and test.txt; choose another --split"
            raise InputError(message, hint=hint)
        return _with_validation(whole, dataset.parts, seed)
    by_time = settings.protocol != "ratio" or settings.order == "time"
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


def _with_validation(whole: Interactions, parts: NDArray[np.int8], seed: int) -> NDArray[np.int8]:
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


def _train_core(whole: Interactions, parts: NDArray[np.int8], k_core: int) -> NDArray[np.bool_]:
    """Return which interactions stay when the k-core sees training interactions only."""
    train = np.flatnonzero(parts == TRAIN)
    core = train[k_core_rows(whole.users[train], whole.items[train], k_core)]
    users = np.zeros(whole.n_users, dtype=bool)
    items = np.zeros(whole.n_items, dtype=bool)
    users[whole.users[core]], items[whole.items[core]] = True, True
    held_out = (parts != TRAIN) & users[whole.users] & items[whole.items]
    held_out[core] = True
    return np.asarray(held_out)
