"""What a training step sees: users with one positive item and one or more negative ones each."""

from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor


@dataclass(frozen=True, eq=False)
class PairBatch:
    """Training interactions, each with its sampled negatives."""

    users: Int64[Tensor, " batch"]
    positives: Int64[Tensor, " batch"]
    negatives: Int64[Tensor, "..."]
    """Shape (batch,) for one negative each, (batch, negatives) for several."""

    @property
    def flat(self) -> "PairBatch":
        """The batch with all its negatives in one row, for what counts each row once."""
        if self.negatives.ndim == 1:
            return self
        return PairBatch(self.users, self.positives, self.negatives.flatten())

    def nodes(self, n_users: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return users, positives and all negatives as rows of a table that holds users first."""
        return self.users, self.positives + n_users, self.flat.negatives + n_users

    def to(self, device: torch.device) -> "PairBatch":
        """Return the batch on a device."""
        if device.type == "cpu":
            return self
        parts = (self.users, self.positives, self.negatives)
        return PairBatch(*(part.to(device, non_blocking=True) for part in parts))
