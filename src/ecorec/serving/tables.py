"""Tables of vectors as stored: in full, as float16, or as int8 with a scale for each row.

A quantised table is turned back into floating point numbers a tile at a time, small enough to
stay in the cache, and multiplied as such: this saves memory and reads from it, but no
multiplications. A row of int8 is round(x / s) for s = max |x| / 127, so that an entry is off by
s / 2 at most, and a score by the sum over the width of s / 2 times the other vector's entry.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor

Precision = Literal["exact", "float16", "int8"]

LARGEST_INT8 = 127


@dataclass(frozen=True, eq=False)
class Table:
    """Vectors, one a row."""

    values: Tensor
    """Shape (rows, size): float32 or float64, float16, int8."""
    scales: Float[Tensor, " rows"] | None = None
    """Factor of each row of int8; `None` at other precisions."""

    @classmethod
    def of(cls, vectors: Float[Tensor, "rows size"], precision: Precision) -> "Table":
        """Return vectors at a precision; `exact` keeps their dtype."""
        vectors = vectors.detach().cpu().contiguous()
        if precision == "exact":
            return cls(vectors)
        if precision == "float16":
            return cls(vectors.half())
        scales = vectors.float().abs().amax(dim=1) / LARGEST_INT8
        # A row of zeros has no scale of its own.
        divisors = torch.where(scales > 0, scales, 1.0)
        return cls((vectors.float() / divisors[:, None]).round().to(torch.int8), scales)

    @classmethod
    def from_arrays(cls, arrays: dict[str, Tensor], name: str) -> "Table":
        """Return a table that was stored under a name."""
        return cls(arrays[name], arrays.get(f"{name}_scales"))

    def arrays(self, name: str) -> dict[str, Tensor]:
        """Return what is stored, under a name."""
        if self.scales is None:
            return {name: self.values}
        return {name: self.values, f"{name}_scales": self.scales}

    @property
    def n_rows(self) -> int:
        """How many vectors there are."""
        return self.values.shape[0]

    @property
    def size(self) -> int:
        """Width of a vector."""
        return self.values.shape[1]

    @property
    def size_bytes(self) -> int:
        """Memory of values and scales."""
        return sum(part.numel() * part.element_size() for part in self.arrays("_").values())

    @property
    def dtype(self) -> torch.dtype:
        """The dtype in which products are computed."""
        return torch.float64 if self.values.dtype == torch.float64 else torch.float32

    def tile(self, start: int, stop: int) -> Float[Tensor, "tile size"]:
        """Return consecutive rows as floating point numbers."""
        return self._numbers(self.values[start:stop], slice(start, stop))

    def rows(self, wanted: Int64[Tensor, " rows"]) -> Float[Tensor, "rows size"]:
        """Return some rows as floating point numbers."""
        return self._numbers(self.values.index_select(0, wanted), wanted)

    def _numbers(self, values: Tensor, at: slice | Tensor) -> Tensor:
        numbers = values.to(self.dtype)
        return numbers if self.scales is None else numbers * self.scales[at, None]
