"""The plain models under the library's own Adam, on the batches that ecorec's sampler draws."""

import numpy as np
import torch
from task import LEARNING_RATE, Task

from systems.data import Portions, graph_of, interactions_of
from systems.plain_models import MODELS
from systems.propagation import OPERATORS


class PlainSystem:
    """One model on one library operator."""

    def __init__(self, operator: str, task: Task) -> None:
        settings = task.settings
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        graph = graph_of(task)
        self.model = MODELS[settings.model](
            graph, OPERATORS[operator](graph), settings.embedding_size, settings.n_layers
        )
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        train = interactions_of(task.train, task.n_users, task.n_items)
        rng = np.random.default_rng(settings.seed)
        self.batches = Portions(train, settings.batch_size, rng)

    def steps(self, count: int) -> float:
        """Take steps as a script would."""
        losses = []
        self.batches.count = count
        for batch in self.batches.epoch():
            self.optimizer.zero_grad()
            loss = self.model.loss(batch)
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return float(np.mean(losses))


def build(operator: str, task: Task) -> PlainSystem:
    """Return the system."""
    return PlainSystem(operator, task)
