"""An index with outside ids; requests are checked before they wait to be computed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32
from numpy import ndarray

from ecorec.serving.limits import Limits, RequestError
from ecorec.serving.lists import ListIndex
from ecorec.serving.storage import StoredIndex

NAMED = 3
"""How many unknown ids an error names."""


class Recommender:
    """A stored index and the ids of its users and items.

    Args:
        stored: The index that answers.
        limits: What one request may ask for.
    """

    def __init__(self, stored: StoredIndex, limits: Limits) -> None:
        self.index, self.manifest = stored.index, stored.manifest
        self._users, self._items, self._limits = stored.users, stored.items, limits
        self.about = {
            "model": self.manifest.model,
            "run_id": self.manifest.run_id,
            "index_version": self.manifest.version,
        }

    def check_k(self, k: int) -> None:
        """Refuse lists that are longer than there are items, or than is allowed."""
        n_items = self.index.n_items
        longest = self.index.longest_k if isinstance(self.index, ListIndex) else n_items
        most, why = min(
            (n_items, "the catalogue has"),
            (longest, "the stored lists have"),
            (self._limits.max_k, "this server allows"),
            key=lambda bound: bound[0],
        )
        if not 1 <= k <= most:
            message = f"k = {k}: {why} {most} items" if k > 0 else f"k = {k} is not at least 1"
            raise RequestError(422, "k_out_of_range", message, f"ask for 1 to {most}")

    def check_batch(self, users: Sequence[str], histories: Sequence[Sequence[str]]) -> None:
        """Refuse requests for no lists or too many, and histories that are empty or too long."""
        wanted, limits = len(users) + len(histories), self._limits
        if not wanted:
            message = "neither `users` nor `histories` names anybody"
            raise RequestError(422, "empty_request", message, "give at least one of either")
        if wanted > limits.max_batch:
            message = f"{wanted} lists in one request: this server allows {limits.max_batch}"
            raise RequestError(413, "batch_too_large", message, "split it into several requests")
        for at, history in enumerate(histories):
            if not history:
                message = f"histories[{at}] has no items, and nothing is known of its user"
                raise RequestError(422, "empty_history", message, "give at least one item")
            if len(history) > limits.max_history:
                message = (
                    f"histories[{at}] has {len(history)} items: this server allows "
                    f"{limits.max_history}"
                )
                raise RequestError(413, "history_too_long", message, "give the latest ones")

    def users(self, ids: Sequence[str]) -> list[int]:
        """Return the indices of users."""
        found = [self._users.index(text) for text in ids]
        if None in found:
            hint = "send their items as `histories` to POST /recommendations"
            raise _unknown("user", ids, found, len(self._users), hint)
        return [index for index in found if index is not None]

    def items(self, ids: Sequence[str]) -> list[int]:
        """Return the indices of items."""
        found = [self._items.index(text) for text in ids]
        if None in found:
            hint = "leave out items that the model was not trained on"
            raise _unknown("item", ids, found, len(self._items), hint)
        return [index for index in found if index is not None]

    def ranking(
        self, items: Int32[ndarray, " k"], scores: Float32[ndarray, " k"]
    ) -> dict[str, Any]:
        """Return a list in outside ids, without its empty places."""
        n = int(np.count_nonzero(items >= 0))
        ids = self._items.ids
        return {"items": [ids[item] for item in items[:n].tolist()], "scores": scores[:n].tolist()}


def _unknown(
    kind: str, ids: Sequence[str], found: Sequence[int | None], n_known: int, hint: str
) -> RequestError:
    missing = [text[:64] for text, index in zip(ids, found, strict=True) if index is None]
    named = ", ".join(f"`{text}`" for text in missing[:NAMED])
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    message = f"no {kind} is called {named}{more} ({n_known:,} are known)"
    return RequestError(404, f"unknown_{kind}", message, hint)
