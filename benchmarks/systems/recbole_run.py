"""RecBole 1.2.1 in its own environment: its model, sampler, loop and evaluation, on our split.

The split is handed over as RecBole's benchmark files. Its settings are its defaults but for what
all systems share: sizes, batch, learning rate, L2 weight, and the penalty by squared norms.
"""

import sys
from itertools import islice
from typing import Any

import torch
from task import L2_WEIGHT, LEARNING_RATE, NGCF_DROPOUT, Task

sys.argv = sys.argv[:1]  # RecBole reads whatever stands on the command line

from recbole.config import Config  # noqa: E402
from recbole.data import create_dataset, data_preparation  # noqa: E402
from recbole.trainer import Trainer  # noqa: E402
from recbole.utils import get_model, init_seed  # noqa: E402

NAMES = {"lightgcn": "LightGCN", "ngcf": "NGCF"}
DATASET = "split"


def write_files(task: Task) -> None:
    """Write the parts as RecBole's atomic files, if that has not been done."""
    folder = task.folder / DATASET
    folder.mkdir(exist_ok=True)
    for part in ("train", "valid", "test"):
        file = folder / f"{DATASET}.{part}.inter"
        if not file.exists():
            rows = "".join(f"{user}\t{item}\n" for user, item in getattr(task, part).T.tolist())
            file.write_text(f"user_id:token\titem_id:token\n{rows}")


def config_of(task: Task, ks: list[int]) -> Config:
    """Return RecBole's settings."""
    settings = task.settings
    told: dict[str, Any] = {
        "data_path": str(task.folder),
        "checkpoint_dir": str(task.folder / "saved"),
        "benchmark_filename": ["train", "valid", "test"],
        "load_col": {"inter": ["user_id", "item_id"]},
        "embedding_size": settings.embedding_size,
        "n_layers": settings.n_layers,
        "hidden_size_list": [settings.embedding_size] * settings.n_layers,
        "message_dropout": NGCF_DROPOUT,
        "reg_weight": L2_WEIGHT,
        "require_pow": settings.model == "lightgcn",
        "learning_rate": LEARNING_RATE,
        "train_batch_size": settings.batch_size,
        "epochs": 1,
        "seed": settings.seed,
        "eval_args": {"mode": "full", "order": "RO", "group_by": "user"},
        "metrics": ["NDCG"],
        "topk": ks,
        "valid_metric": f"NDCG@{ks[0]}",
        "use_gpu": False,
        "show_progress": False,
        "state": "ERROR",
    }
    return Config(model=NAMES[settings.model], dataset=DATASET, config_dict=told)


class RecBole:
    """One of RecBole's models under its own trainer."""

    def __init__(self, task: Task) -> None:
        torch.set_num_threads(task.settings.threads)
        write_files(task)
        self.task = task
        config = config_of(task, [10])
        init_seed(config["seed"], config["reproducibility"])
        dataset = create_dataset(config)
        self.train, _, self.test = data_preparation(config, dataset)
        self.model = get_model(config["model"])(config, self.train.dataset).to(config["device"])
        self.trainer = Trainer(config, self.model)
        self._batches = self._endless()

    def _endless(self) -> Any:
        while True:
            yield from self.train

    def steps(self, count: int) -> float:
        """Take steps by RecBole's own epoch, on a portion of its batches."""
        total = self.trainer._train_epoch(islice(self._batches, count), 0)
        return float(total) / count

    def evaluate(self, k: int) -> float:
        """Return NDCG by RecBole's full ranking."""
        trainer = Trainer(config_of(self.task, [k]), self.model)
        result = trainer.evaluate(self.test, load_best_model=False)
        return float(result[f"ndcg@{k}"])


def build(_: str, task: Task) -> RecBole:
    """Return the system."""
    return RecBole(task)
