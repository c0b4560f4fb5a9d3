"""What is trained on, what selects and what is tested: by a named protocol, checked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecorec.data.dataset import TEST, TRAIN, VALID, Dataset, DataSettings
from ecorec.data.filters import k_core_rows
from ecorec.data.interactions import Interactions
from ecorec.data.protocols import SplitSettings, assign, is_drawn
from ecorec.errors import DataError, InputError


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint parts of a data set that share its vocabularies."""

    train: Interactions
    valid: Interactions
    test: Interactions
    protocol: str
    """In words."""
    seed: int | None
    """`None` where nothing of these parts was drawn; a random reduction of the training
    interactions leaves it as it is, since what is validated and tested stays the same."""
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
    parts = assign(dataset, settings, seed)
    n_dropped = 0
    if data_settings and data_settings.k_core and data_settings.k_core_scope == "train":
        kept = _train_core(whole, parts, data_settings.k_core)
        n_dropped = int((~kept).sum())
        parts = np.where(kept, parts, -1)
    in_train = np.bincount(whole.users[parts == TRAIN], minlength=whole.n_users) > 0
    in_test = np.bincount(whole.users[parts == TEST], minlength=whole.n_users) > 0
    in_any = np.bincount(whole.users[parts >= 0], minlength=whole.n_users) > 0
    split = Split(
        train=whole.select(np.flatnonzero(parts == TRAIN)),
        valid=whole.select(np.flatnonzero(parts == VALID)),
        test=whole.select(np.flatnonzero(parts == TEST)),
        protocol=settings.in_words(),
        seed=seed if is_drawn(dataset, settings) else None,
        n_users_without_train=int((in_any & ~in_train).sum()),
        n_users_without_test=int((in_any & ~in_test).sum()),
        n_dropped=n_dropped,
    )
    split.check(whole)
    return split


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
