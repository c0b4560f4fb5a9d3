"""Record the golden traces: python -m tests.golden.record

Eight epoch losses of every trained model and some scores of every other, on fixed data, in
float64. A change of any of them changes numbers, and belongs under that heading of the changelog.
"""

import json
from pathlib import Path

import torch

from ecorec.data.sampling import PairSampler
from ecorec.data.synthetic import block
from ecorec.models.catalogue import MODELS
from ecorec.training.seeding import Generators
from ecorec.training.settings import TrainingSettings
from ecorec.training.trainer import Trainer
from tests.conftest import graph_of

FILE = Path(__file__).parent / "traces.json"
EPOCHS = 8
USERS = (0, 31, 62)
"""One of each block."""
ITEMS = (1, 12, 23, 34, 45, 56)
"""Two of each block."""


def trace(name: str) -> list[float]:
    """Return the mean loss of each epoch."""
    train = block(90, 60, 3, 12, 0.1, seed=3)
    entry = MODELS[name]
    generators = Generators.from_seed(11)
    config = entry.config(embedding_size=8)
    model = entry.build(config, graph_of(train, torch.float64), generators.init)
    model.rng = generators.model
    sampler = PairSampler(train, 256, generators.batches)
    trainer = Trainer(model, sampler, generators, TrainingSettings(learning_rate=0.01))
    return [trainer.train_epoch() for _ in range(EPOCHS)]


def scores(name: str) -> list[float]:
    """Return what a model without training thinks of some items, user by user."""
    graph = graph_of(block(90, 60, 3, 12, 0.1, seed=3), torch.float64)
    entry = MODELS[name]
    settings = {"n_factors": 8} if "n_factors" in entry.config.model_fields else {}
    model = entry.build(entry.config(**settings), graph, torch.Generator())
    model.fit(graph)
    found = model.scores(torch.tensor(USERS))[:, list(ITEMS)]
    return [float(score) for score in found.flatten()]


def main() -> None:
    """Write the traces of all models."""
    recorders = {"trained": trace, "training-free": scores, "library": scores}
    traces = {name: recorders[entry.kind](name) for name, entry in MODELS.items()}
    FILE.write_text(json.dumps(traces, indent=1) + "\n")


if __name__ == "__main__":
    main()
