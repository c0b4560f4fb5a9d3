"""What a source holds once it is read: before the k-core, and before it has a name."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ecorec.data.interactions import Interactions, id_array


@dataclass(frozen=True, eq=False)
class Parsed:
    """Interactions of one file or folder, with what was found out while reading them."""

    interactions: Interactions
    """Without duplicates, in the order of the source."""
    parts: NDArray[np.int8] | None
    """The source's own split, as in `Dataset.parts`."""
    titles: dict[str, str] | None
    """Item id -> title, where the source has a column of titles."""
    notes: tuple[str, ...]
    filters: tuple[str, ...]

    def to_frame(self) -> pl.DataFrame:
        """Return everything as one frame, whose shorter columns end in nulls.

        No value is null, so that a column without its nulls is what it was. What is absent
        has no column.
        """
        whole = self.interactions
        columns: dict[str, Any] = {
            "user": pl.Series(whole.users, dtype=pl.Int32),
            "item": pl.Series(whole.items, dtype=pl.Int32),
            "timestamp": whole.timestamps,
            "part": self.parts,
            "user_id": pl.Series(whole.user_ids.tolist(), dtype=pl.String),
            "item_id": pl.Series(whole.item_ids.tolist(), dtype=pl.String),
            "ordered": [whole.ordered],
            "titled": None if self.titles is None else list(self.titles),
            "title": None if self.titles is None else list(self.titles.values()),
            "note": list(self.notes) or None,
            "filter": list(self.filters) or None,
        }
        series = [pl.Series(name, it) for name, it in columns.items() if it is not None]
        height = max(one.len() for one in series)
        return pl.DataFrame([one.extend_constant(None, height - one.len()) for one in series])

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> "Parsed":
        """Return what `to_frame` was made from, equal in every bit."""

        def numbers(name: str, dtype: type[np.signedinteger[Any]]) -> Any:
            # A copy: polars lends its memory for reading only, and torch asks to write.
            return frame[name].drop_nulls().to_numpy().astype(dtype)

        def texts(name: str) -> list[str]:
            return frame[name].drop_nulls().to_list() if name in frame.columns else []

        whole = Interactions(
            users=numbers("user", np.int64),
            items=numbers("item", np.int64),
            timestamps=numbers("timestamp", np.int64) if "timestamp" in frame.columns else None,
            user_ids=id_array(texts("user_id")),
            item_ids=id_array(texts("item_id")),
            ordered=bool(frame["ordered"][0]),
        )
        return cls(
            interactions=whole,
            parts=numbers("part", np.int8) if "part" in frame.columns else None,
            titles=dict(zip(texts("titled"), texts("title"), strict=True)) or None,
            notes=tuple(texts("note")),
            filters=tuple(texts("filter")),
        )
