"""How close to the machine: each kernel against random reads, each step against its floor.

    python benchmarks/roofline.py TASK.json

A propagation reads one row of embeddings for every edge at a place that nothing predicts; its
share of the roof is those bytes a second over the machine's rate of random reads of 256-byte rows,
from the level of memory that the table fits into. The floor of a step is the time of its sparse
products at ecorec's kernel's own speed plus its dense multiply-adds at the rate of torch's matrix
product: what no code for the same formulas can avoid. Prints JSON.
"""

import json
import math
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ecorec.energy.waiting import wait_passively

wait_passively()

import torch  # noqa: E402
from systems.data import graph_of  # noqa: E402
from systems.ours import Ours, config_of  # noqa: E402
from systems.propagation import OPERATORS  # noqa: E402
from task import Task, read_task  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from ecorec.graph.bipartite import BipartiteGraph  # noqa: E402
from ecorec.models.catalogue import find_model  # noqa: E402
from ecorec.planning.calibration import CACHED_ROWS, DISTANT_ROWS, ROW, calibrate  # noqa: E402
from ecorec.study.machine import use_threads, versions  # noqa: E402

MODELS = {"lightgcn": 2, "ngcf": 3, "simgcl": 2, "lightgcl": 2}
"""Model -> layers, the defaults of both ecorec and RecBole."""
TRIES_S = 0.5
PORTION = 10
"""Steps that are taken at a time, as in an epoch: a single one starts with cold caches."""


class Counted(BipartiteGraph):
    """Counts its products."""

    def __init__(self, graph: BipartiteGraph) -> None:
        self.__dict__.update(graph.__dict__)
        self.n_products = 0

    def multiply(self, dense: torch.Tensor, *more: Any, **named: Any) -> torch.Tensor:
        """Count and multiply."""
        self.n_products += 1
        return super().multiply(dense, *more, **named)


def median_s(work: Callable[[], Any], tries_s: float = TRIES_S) -> float:
    """Return the seconds of the median repetition, after one that warms up."""
    work()
    times: list[float] = []
    until = time.perf_counter() + tries_s
    while not times or time.perf_counter() < until:
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def kernels(graph: BipartiteGraph, size: int) -> dict[str, float]:
    """Return the seconds of one propagation by each kernel, without gradients."""
    table = torch.randn(graph.n_nodes, size)
    operators = {"ecorec": graph.propagate}
    for name, make in OPERATORS.items():
        try:
            operators[name] = make(graph)
        except ImportError:
            continue  # a library that is not installed has no kernel to measure
    with torch.no_grad():
        return {name: median_s(lambda run=run: run(table)) for name, run in operators.items()}


def level_of(n_rows: int, size: int) -> str:
    """Return which of the calibrated tables is nearer in size, on a logarithmic scale."""
    middle = math.sqrt(CACHED_ROWS * DISTANT_ROWS) * ROW
    return "cached" if n_rows * size <= middle else "distant"


def floor(task: Task, product_s: float, multiply_adds_per_s: float) -> dict[str, Any]:
    """Return what a step consists of, its least time, and the time of ecorec's own."""
    system = Ours(task)
    graph = Counted(graph_of(task))
    rng = torch.Generator().manual_seed(task.settings.seed)
    model = find_model(task.settings.model).build(config_of(task), graph, rng)
    graph.n_products = 0
    model.rng = rng
    system.batches.count = 1
    (batch,) = system.batches.epoch()
    with FlopCounterMode(display=False) as flops:
        model.loss(batch).backward()
    multiply_adds = flops.get_total_flops() / 2
    seconds = graph.n_products * product_s + multiply_adds / multiply_adds_per_s
    step_s = median_s(lambda: system.steps(PORTION), 4 * TRIES_S) / PORTION
    return {
        "products": graph.n_products,
        "multiply_adds": multiply_adds,
        "floor_s": seconds,
        "step_s": step_s,
        "step_over_floor": step_s / seconds,
    }


def main() -> None:
    """Measure and print."""
    task = read_task(Path(sys.argv[1]))
    threads = task.settings.threads
    graph = graph_of(task)
    size = task.settings.embedding_size
    use_threads(threads)
    rates = calibrate(threads, versions())
    use_threads(threads, graph.n_nodes * size)
    level = level_of(graph.n_nodes, size)
    roof = getattr(rates, f"{level}_rows_bytes_per_s")
    seconds = kernels(graph, size)
    moved = graph.adjacency.n_edges * size * 4
    rows = {
        name: {"seconds": s, "bytes_per_s": moved / s, "share_of_roof": moved / s / roof}
        for name, s in seconds.items()
    }
    steps = {
        model: floor(
            replace(task, settings=replace(task.settings, model=model, n_layers=n_layers)),
            seconds["ecorec"],
            rates.dense_multiply_adds_per_s,
        )
        for model, n_layers in MODELS.items()
    }
    told = {
        "calibration": rates.model_dump(mode="json", exclude={"hardware"}),
        "n_edges": graph.adjacency.n_edges,
        "n_nodes": graph.n_nodes,
        "level": level,
        "embedding_size": size,
        "kernels": rows,
        "steps": steps,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
