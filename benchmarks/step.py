"""A training step of every GNN: ours against the same model on library products with autograd.

    python benchmarks/step.py --dataset ml-1m --data-path FOLDER --embedding-sizes 64,256

Everything runs in one process on the same batches, taken in turn; medians are compared. `floor`
is the time of a step's sparse products at the kernel's own speed and of its dense multiply-adds
at the measured rate of torch's matrix product (one thread where ecorec takes one): what no code
for the same formulas can avoid. Multiply-adds are counted by torch while a step runs.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ecorec.energy.waiting import wait_passively

wait_passively()

import numba  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from ecorec.data.dataset import DataSettings  # noqa: E402
from ecorec.data.load import load_dataset  # noqa: E402
from ecorec.data.sampling import PairSampler  # noqa: E402
from ecorec.data.splitting import SplitSettings, make_split  # noqa: E402
from ecorec.graph.bipartite import BipartiteGraph  # noqa: E402
from ecorec.models.catalogue import find_model  # noqa: E402
from ecorec.study.allocator import keep_freed_memory  # noqa: E402
from ecorec.study.machine import use_threads  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
from plain import PlainGraph, written_plainly  # noqa: E402

STEPS = {"ecorec": 6, "csr": 3, "coo": 2, "edge-wise": 1}
"""Steps a round; rounds alternate between the ways."""


class Counted(BipartiteGraph):
    """Counts its products."""

    def __init__(self, graph: BipartiteGraph) -> None:
        self.__dict__.update(graph.__dict__)
        self.n_products = 0

    def multiply(self, dense: torch.Tensor, plus: torch.Tensor | None = None) -> torch.Tensor:
        """Count and multiply."""
        self.n_products += 1
        return super().multiply(dense, plus)


def build(name: str, size: int, graph: BipartiteGraph) -> tuple[Any, torch.optim.Optimizer]:
    """Return a model and its optimiser, the same for every way."""
    entry = find_model(name)
    rng = torch.Generator().manual_seed(1)
    model = entry.build(entry.config(embedding_size=size), graph, rng)
    model.rng = rng
    return model, torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)


def step(model: Any, optimizer: torch.optim.Optimizer, batch: Any) -> None:
    """Take one step."""
    optimizer.zero_grad(set_to_none=True)
    model.loss(batch).backward()
    optimizer.step()


def best(work: Callable[[], Any], seconds: float = 0.5) -> float:
    """Return the seconds of the median repetition."""
    work()
    times, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def floor(name: str, size: int, graph: BipartiteGraph, batch: Any) -> tuple[float, int, float]:
    """Return the least seconds of a step, its sparse products and its dense multiply-adds."""
    counted = Counted(graph)
    model, optimizer = build(name, size, counted)
    with FlopCounterMode(display=False) as flops:
        step(model, optimizer, batch)
    multiply_adds = flops.get_total_flops() / 2
    table = torch.randn(graph.n_nodes, size)
    product_s = best(lambda: graph.multiply(table))
    left = torch.randn(1024, 1024)
    rate = 1024**3 / best(lambda: left @ left)
    return counted.n_products * product_s + multiply_adds / rate, counted.n_products, multiply_adds


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="movietweetings")
    parser.add_argument("--data-path", type=Path)
    parser.add_argument("--models", default="lightgcn,ngcf,simgcl,lightgcl")
    parser.add_argument("--embedding-sizes", default="64")
    parser.add_argument("--ways", default="ecorec,csr,coo,edge-wise")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    keep_freed_memory()
    dataset = load_dataset(asked.dataset, DataSettings(), data_path=asked.data_path)
    train = make_split(dataset, SplitSettings(), 1).train
    batches = list(PairSampler(train, 2048, np.random.default_rng(1)).epoch())
    graph = BipartiteGraph(train.users, train.items, train.n_users, train.n_items)
    print(
        f"{asked.dataset}: {len(train):,} training interactions, {graph.n_nodes:,} nodes, "
        f"{len(batches)} steps an epoch, {numba.get_num_threads()} threads"
    )
    for size in map(int, asked.embedding_sizes.split(",")):
        for name in asked.models.split(","):
            compare(name, size, graph, batches, asked.ways.split(","), asked.rounds)


def compare(
    name: str, size: int, graph: BipartiteGraph, batches: list[Any], ways: list[str], rounds: int
) -> None:
    """Print a line for each way of running a model."""
    all_threads = numba.get_num_threads()
    systems = {
        way: build(name, size, graph if way == "ecorec" else PlainGraph(graph, way)) for way in ways
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for round_ in range(rounds + 1):
        for way, system in systems.items():
            use_threads(all_threads, graph.n_nodes * size if way == "ecorec" else None)
            for batch in batches[: STEPS[way] if round_ else 1]:
                began = time.perf_counter()
                if way == "ecorec":
                    step(*system, batch)
                else:
                    with written_plainly():
                        step(*system, batch)
                if round_:  # the first round warms up
                    times[way].append(time.perf_counter() - began)
    use_threads(all_threads, graph.n_nodes * size)
    least_s, n_products, multiply_adds = floor(name, size, graph, batches[0])
    ours = statistics.median(times["ecorec"])
    print(
        f"\n{name} d={size}: {n_products} products of the graph and {multiply_adds / 1e9:.2f} G "
        f"multiply-adds a step; floor {least_s * 1e3:.1f} ms, ecorec / floor {ours / least_s:.2f}"
    )
    for way, found in times.items():
        each = statistics.median(found)
        print(
            f"  {way:<10} {each * 1e3:9.1f} ms a step {each * len(batches):9.2f} s an epoch"
            f"  {each / ours:7.1f} x"
        )


if __name__ == "__main__":
    main()
