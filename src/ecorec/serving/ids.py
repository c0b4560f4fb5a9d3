"""Outside ids of users and items, as clients know them, and the indices that arrays use."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


class OutsideIds:
    """Translates indices to ids and back.

    Args:
        ids: In the order of their index, without repetition.
    """

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = list(ids)
        self._index = {text: index for index, text in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> str:
        return self.ids[index]

    def index(self, text: str) -> int | None:
        """Return the index of an id; `None` if it is not known."""
        return self._index.get(text)

    def arrays(self, name: str) -> dict[str, Tensor]:
        """Return what is stored, under a name: the ids in UTF-8, joined, and where each ends."""
        encoded = [text.encode() for text in self.ids]
        ends = np.cumsum([len(part) for part in encoded], dtype=np.int64)
        letters = np.frombuffer(b"".join(encoded), dtype=np.uint8).copy()
        return {f"{name}_utf8": torch.from_numpy(letters), f"{name}_ends": torch.from_numpy(ends)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Tensor], name: str) -> "OutsideIds":
        """Return the ids that were stored under a name."""
        letters = arrays[f"{name}_utf8"].numpy().tobytes()
        ends = arrays[f"{name}_ends"].tolist()
        starts = [0, *ends][:-1]
        return cls([letters[a:b].decode() for a, b in zip(starts, ends, strict=True)])
