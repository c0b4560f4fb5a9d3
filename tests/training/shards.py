"""What one of several processes does in the tests of column-wise sharding; no test itself."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing

from ecorec.data.sampling import PairSampler
from ecorec.data.synthetic import block
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.shard import WHOLE, ColumnShard
from ecorec.models.catalogue import MODELS
from ecorec.models.problem import Batch, Problem
from ecorec.training.ranks import ALONE, Ranks
from ecorec.training.seeding import Generators
from ecorec.training.settings import TrainingSettings
from ecorec.training.trainer import Trainer

SIZE, BATCH, STEPS = 8, 100, 20

CASES: dict[str, tuple[str, dict[str, Any], int]] = {
    "bpr-mf": ("bpr-mf", {}, 1),
    "lightgcn": ("lightgcn", {}, 1),
    "lightgcn-bpr-3": ("lightgcn", {}, 3),
    "lightgcn-bce-3": ("lightgcn", {"ranking_loss": "bce"}, 3),
    "ultragcn": ("ultragcn", {}, 3),
    "ultragcn, more neighbours than items": ("ultragcn", {"n_neighbours": 61}, 1),
    "simgcl": ("simgcl", {}, 1),
    "xsimgcl": ("xsimgcl", {}, 1),
    "directau": ("directau", {"n_layers": 2}, 1),
}
"""Name -> model, its settings, negatives of a pair."""


def train(case: str, dtype: torch.dtype, shard: ColumnShard) -> dict[str, Any]:
    """Take 20 steps; return the whole table, the losses, and what each step exchanged."""
    name, settings, n_negatives = CASES[case]
    entry = MODELS[name]
    data = block(90, 60, 3, 12, 0.1, seed=3)
    graph = BipartiteGraph(
        data.users, data.items, data.n_users, data.n_items, dtype=dtype, shard=shard
    )
    generators = Generators.from_seed(5)
    config = entry.config(embedding_size=SIZE, **settings)
    model = entry.build(config, graph, generators.init)
    model.rng = generators.model
    assert model.nodes.shape == (150, SIZE // shard.n_shards)
    sampler = PairSampler(data, BATCH, generators.batches, n_negatives=n_negatives)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    problem = Problem.of(data)
    losses, counted, expected = [], [], []
    while len(losses) < STEPS:
        for batch in sampler.epoch():
            before = (shard.traffic.summed_bytes, shard.traffic.gathered_bytes)
            optimizer.zero_grad(set_to_none=True)
            loss = model.loss(batch)
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
            after = (shard.traffic.summed_bytes, shard.traffic.gathered_bytes)
            counted.append(tuple(np.subtract(after, before).tolist()))
            formula = entry.exchange(config, problem, Batch.of(batch))
            expected.append((formula.summed * dtype.itemsize, formula.gathered * dtype.itemsize))
            if len(losses) == STEPS:
                break
    return {
        "nodes": shard.whole_table(model.nodes.detach()),
        "losses": losses,
        "counted": counted,
        "expected": expected,
    }


def everything(shard: ColumnShard) -> dict[str, Any]:
    """Train every case in both dtypes."""
    dtypes = (torch.float64, torch.float32)
    return {f"{case} {dtype}": train(case, dtype, shard) for case in CASES for dtype in dtypes}


def trainer_of(ranks: Ranks) -> Trainer:
    """Return a trainer of LightGCN whose columns the processes share."""
    data = block(90, 60, 3, 12, 0.1, seed=3)
    graph = BipartiteGraph(
        data.users, data.items, data.n_users, data.n_items,
        dtype=torch.float64, shard=ranks.shard,
    )  # fmt: skip
    generators = Generators.from_seed(5)
    entry = MODELS["lightgcn"]
    model = entry.build(entry.config(embedding_size=SIZE), graph, generators.init)
    sampler = PairSampler(data, BATCH, generators.batches)
    return Trainer(model, sampler, generators, TrainingSettings(learning_rate=0.01), ranks)


def led(ranks: Ranks) -> dict[str, Any]:
    """Train three epochs, keep the first, and go on from the second in another trainer."""
    first = trainer_of(ranks)
    first.train_epoch()
    first.observe(0.5)
    first.train_epoch()
    first.observe(0.25)
    state = {name: value.clone() for name, value in first.state().items()}
    ranks.tell("again")
    second = trainer_of(ranks)
    # Of copies: the optimiser goes on counting in what it is given.
    second.restore({name: value.clone() for name, value in state.items()})
    loss = second.train_epoch()
    last = second.parameters()
    second.select()
    users, items = second.embeddings()
    return {"state": state, "loss": loss, "last": last, "users": users, "items": items}


def follow(ranks: Ranks) -> None:
    """Do what the first process does in `led`."""
    trainer = trainer_of(ranks)
    while True:
        _, order, given = ranks.heard()
        if order == "leave":
            return
        if order == "again":
            trainer = trainer_of(ranks)
        else:
            getattr(trainer, order)(*given)


def _process(rank: int, n_processes: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=f"file://{folder}/meeting",
        rank=rank,
        world_size=n_processes,
        timeout=timedelta(minutes=10),
    )
    found = everything(ColumnShard(rank, n_processes))
    ranks = Ranks(ColumnShard(rank, n_processes))
    if ranks.leads:
        found["led"] = led(ranks)
        ranks.tell("leave")
    else:
        follow(ranks)
    torch.save(found, Path(folder) / f"{rank}.pt")
    dist.destroy_process_group()


def over_processes(n_processes: int, folder: Path) -> list[dict[str, Any]]:
    """Train every case over real processes; return what each of them found."""
    torch.multiprocessing.spawn(_process, (n_processes, str(folder)), nprocs=n_processes)
    return [torch.load(folder / f"{rank}.pt") for rank in range(n_processes)]


def alone() -> dict[str, Any]:
    """Train every case in this process."""
    return everything(WHOLE) | {"led": led(ALONE)}
