"""A data set as a study uses it: filtered interactions and where they come from."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeInt

from ecorec.config import Config
from ecorec.data.interactions import Interactions

TRAIN, VALID, TEST = 0, 1, 2
"""Parts of a split, as they stand in `Dataset.parts`."""


class DataSettings(Config):
    """How a file becomes interactions: everything here changes quality."""

    columns: dict[str, str] = Field(default_factory=dict)
    """Columns that hold `user`, `item`, `rating`, `timestamp`; guessed if not given."""
    min_rating: float | None = None
    """Keep interactions rated at least this; all, if not given."""
    k_core: NonNegativeInt = 0
    """Keep users and items with at least this many interactions, repeatedly; 0 keeps all."""
    k_core_scope: Literal["all", "train"] = "all"
    """Whether the k-core counts all interactions (customary) or only training ones."""
    timestamp_format: str | None = None
    """strptime format of the timestamps, e.g. `%d/%m/%Y`; guessed if not given."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Filtered interactions with their provenance."""

    name: str
    """Catalogue name, or the path that was given."""
    interactions: Interactions
    """After every filter but `train_core`, in the order of the source."""
    parts: NDArray[np.int8] | None = None
    """The source's own split: 0 train, 1 valid, 2 test for each interaction."""
    train_core: int = 0
    """k of a k-core over training interactions only, which a split has yet to apply; 0 for none."""
    titles: dict[str, str] | None = None
    """Item id -> what people call it."""
    source: str | None = None
    licence: str | None = None
    citation: str | None = None
    notes: tuple[str, ...] = ()
    """What was detected or dropped on the way, in words."""
    filters: tuple[str, ...] = ()
    """What was filtered, in order and in words."""
    from_cache: bool = False
    """Whether the interactions were read as they had been parsed earlier: the same, but sooner."""

    def fingerprint(self) -> str:
        """Return a hash of what results depend on: interactions, the source's split, `train_core`.

        Without the last two, it is that of the interactions.
        """
        interactions = self.interactions.fingerprint()
        if self.parts is None and not self.train_core:
            return interactions
        digest = hashlib.sha256(interactions.encode())
        if self.parts is not None:
            # Lines that moved from one file of the split to the next may leave the rows as they
            # were.
            digest.update(self.parts.astype("<i1").tobytes())
        if self.train_core:
            digest.update(f"{self.train_core}-core over training interactions".encode())
        return digest.hexdigest()[:16]
