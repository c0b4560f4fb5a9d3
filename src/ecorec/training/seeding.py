"""One seed becomes named generators, so that no part of a run draws from another's stream."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Generators:
    """The streams of one run."""

    init: torch.Generator
    """Initial parameters."""
    model: torch.Generator
    """Dropout, noise and whatever else a model draws while it trains."""
    batches: np.random.Generator
    """The order of the training pairs and their negatives."""

    @classmethod
    def from_seed(cls, seed: int) -> "Generators":
        """Derive all streams from one seed; different streams never overlap."""
        init, model, batches = np.random.SeedSequence(seed).spawn(3)
        return cls(_torch_generator(init), _torch_generator(model), np.random.default_rng(batches))

    def state(self) -> dict[str, Tensor]:
        """Return what a checkpoint needs to continue the streams that training draws from."""
        pcg = self.batches.bit_generator.state
        words = [pcg["state"]["state"], pcg["state"]["inc"]]
        pieces = [word >> shift & 0xFFFFFFFF for word in words for shift in (0, 32, 64, 96)]
        pieces += [pcg["has_uint32"], pcg["uinteger"]]
        return {
            "rng.model": self.model.get_state(),
            "rng.batches": torch.tensor(pieces, dtype=torch.int64),
        }

    def restore(self, state: dict[str, Tensor]) -> None:
        """Continue the streams from a checkpoint."""
        self.model.set_state(state["rng.model"])
        pieces = state["rng.batches"].tolist()
        joined = [
            sum(piece << shift for piece, shift in zip(part, (0, 32, 64, 96), strict=True))
            for part in (pieces[:4], pieces[4:8])
        ]
        self.batches.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": joined[0], "inc": joined[1]},
            "has_uint32": pieces[8],
            "uinteger": pieces[9],
        }


def _torch_generator(sequence: np.random.SeedSequence) -> torch.Generator:
    generator = torch.Generator()
    generator.manual_seed(int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1)))
    return generator
