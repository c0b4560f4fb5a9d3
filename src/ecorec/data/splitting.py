"""What is trained on, what selects and what is tested: by a named protocol, checked."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ecorec.data.dataset import TEST, TRAIN, VALID, Dataset
from ecorec.data.filters import k_core_rows
from ecorec.data.interactions import Interactions
from ecorec.data.protocols import SplitSettings, assign, is_drawn
from ecorec.errors import DataError, InputError


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint parts of what is in use of a data set, which share its vocabularies."""

    whole: Interactions
    """Every interaction in use, in the order of the source."""
    train: Interactions
    valid: Interactions
    test: Interactions
    protocol: str
    """In words."""
    seed: int | None
    """`None` where nothing of these parts was drawn; a random reduction of the training
    interactions leaves it as it is, since what is validated and tested stays the same."""
    n_users_without_train: int
    """Users in use without an interaction that is learnt from: nothing is known of them. In a whole
    split, they have held-out interactions only; in a reduced one, some have none of these either.
    """
    n_users_without_test: int
    """Users who are not evaluated."""
    unused: Interactions | None = None
    """Training interactions that nobody learns from; known all the same when items are ranked."""

    def check(self) -> None:
        """Make sure that nothing leaks, nothing is lost and there is something to test.

        Raises:
            DataError: Naming what is wrong.
        """
        whole = self.whole
        keys = [part.users * whole.n_items + part.items for part in self._parts()]
        together = np.concatenate(keys)
        if np.unique(together).size != together.size:
            message = "an interaction is in more than one part of the split"
            raise DataError(message, hint="remove repeated (user, item) pairs from the files")
        if together.size != len(whole):
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


def make_split(dataset: Dataset, settings: SplitSettings, seed: int) -> Split:
    """Divide a data set by a protocol, and check the result.

    Whoever a k-core over training interactions drops is in no part, and in no vocabulary: nobody
    is trained on, drawn as a negative, ranked or counted who is not there.

    Args:
        dataset: Filtered interactions.
        settings: The protocol.
        seed: Of the random order; anything that is not random ignores it.

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
    if dataset.train_core:
        kept = _train_core(whole, parts, dataset.train_core)
        if not kept.any():
            message = f"`{dataset.name}`: nothing is left after the {dataset.train_core}-core over "
            raise DataError(message + "training interactions", hint="lower --k-core")
        if not kept.all():
            whole, parts = whole.select(kept).compacted(), parts[kept]
    in_train = np.bincount(whole.users[parts == TRAIN], minlength=whole.n_users) > 0
    in_test = np.bincount(whole.users[parts == TEST], minlength=whole.n_users) > 0
    in_any = np.bincount(whole.users, minlength=whole.n_users) > 0
    split = Split(
        whole=whole,
        train=whole.select(np.flatnonzero(parts == TRAIN)),
        valid=whole.select(np.flatnonzero(parts == VALID)),
        test=whole.select(np.flatnonzero(parts == TEST)),
        protocol=settings.in_words(),
        seed=seed if is_drawn(dataset, settings) else None,
        n_users_without_train=int((in_any & ~in_train).sum()),
        n_users_without_test=int((in_any & ~in_test).sum()),
    )
    split.check()
    return split


def in_use(dataset: Dataset, split: Split) -> Dataset:
    """Return a data set, to be shown and counted, as its split uses it."""
    if split.whole is dataset.interactions:
        return dataset
    return replace(dataset, interactions=split.whole, parts=None)


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
