"""Record the golden loss traces: python -m tests.golden.record

Eight epoch losses of every trained model on fixed data, in float64. A change of any of them
changes numbers, and belongs under that heading of the changelog.
"""

import json
from pathlib import Path

import torch

from ecorec.data.sampling import PairSampler
from ecorec.data.synthetic import block
from ecorec.models.catalogue import MODELS
from ecorec.training.fit import Trainer
from ecorec.training.seeding import Generators
from ecorec.training.settings import TrainingSettings
from tests.conftest import graph_of

FILE = Path(__file__).parent / "traces.json"
EPOCHS = 8


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


def main() -> None:
    """Write the traces of all trained models."""
    names = [name for name, entry in MODELS.items() if entry.kind == "trained"]
    FILE.write_text(json.dumps({name: trace(name) for name in names}, indent=1) + "\n")


if __name__ == "__main__":
    main()
