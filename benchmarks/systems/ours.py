"""ecorec, through the same entry points as a study."""

from typing import Any

from ecorec.energy.waiting import wait_passively

wait_passively()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from task import L2_WEIGHT, LEARNING_RATE, Task  # noqa: E402

from ecorec.evaluation.evaluate import HeldOut, evaluate  # noqa: E402
from ecorec.evaluation.item_lists import ItemLists  # noqa: E402
from ecorec.models.catalogue import find_model  # noqa: E402
from ecorec.study.allocator import keep_freed_memory  # noqa: E402
from ecorec.study.machine import use_threads  # noqa: E402
from ecorec.study.prepare import scorer_of  # noqa: E402
from ecorec.training.fit import Trainer  # noqa: E402
from ecorec.training.seeding import Generators  # noqa: E402
from ecorec.training.settings import TrainingSettings  # noqa: E402
from systems.data import Portions, graph_of, interactions_of  # noqa: E402


def config_of(task: Task) -> Any:
    """Return a model's settings: the recommended ones but for what all systems share."""
    entry, settings = find_model(task.settings.model), task.settings
    shared = {"embedding_size": settings.embedding_size, "n_layers": settings.n_layers}
    if settings.model in ("lightgcn", "ngcf"):
        shared["l2_weight"] = L2_WEIGHT
    return entry.config.parse(shared, settings.model)


def held_out(task: Task) -> HeldOut:
    """Return the test set, with training and validation interactions masked."""
    users, items = np.concatenate([task.train, task.valid], axis=1)
    return HeldOut(
        relevant=ItemLists.from_pairs(*task.test, task.n_users),
        seen=ItemLists.from_pairs(users, items, task.n_users),
        popularity=np.bincount(task.train[1], minlength=task.n_items),
        tie_seed=task.settings.seed,
        device=torch.device("cpu"),
    )


class Ours:
    """A model of the catalogue under ecorec's own trainer and evaluation."""

    def __init__(self, task: Task) -> None:
        settings = task.settings
        keep_freed_memory()
        use_threads(settings.threads, (task.n_users + task.n_items) * settings.embedding_size)
        generators = Generators.from_seed(settings.seed)
        entry = find_model(settings.model)
        self.model = entry.build(config_of(task), graph_of(task), generators.init)
        if hasattr(self.model, "rng"):
            self.model.rng = generators.model
        train = interactions_of(task.train, task.n_users, task.n_items)
        self.batches = Portions(train, settings.batch_size, generators.batches)
        training = TrainingSettings(
            batch_size=settings.batch_size, learning_rate=LEARNING_RATE, epochs=10**6
        )
        self.trainer = Trainer(self.model, self.batches, generators, training)
        self.held_out = held_out(task)

    def steps(self, count: int) -> float:
        """Take steps by the training loop of every study."""
        self.batches.count = count
        return self.trainer.train_epoch()

    def evaluate(self, k: int) -> float:
        """Return NDCG, from a ranking that computes every metric."""
        return evaluate(scorer_of(self.model), self.held_out, [k]).metrics[f"ndcg@{k}"]


def build(_: str, task: Task) -> Ours:
    """Return the system."""
    return Ours(task)
