"""What a training step sees: users with one positive and one negative item each."""

from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor


@dataclass(frozen=True, eq=False)
class PairBatch:
    """Pairs of a training interaction and a sampled negative."""

    users: Int64[Tensor, " batch"]
    positives: Int64[Tensor, " batch"]
    negatives: Int64[Tensor, " batch"]

    def nodes(self, n_users: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return users, positives and negatives as rows of a table that holds users first."""
        return self.users, self.positives + n_users, self.negatives + n_users

    def to(self, device: torch.device) -> "PairBatch":
        """Return the batch on a device."""
        if device.type == "cpu":
            return self
        parts = (self.users, self.positives, self.negatives)
        return PairBatch(*(part.to(device, non_blocking=True) for part in parts))
