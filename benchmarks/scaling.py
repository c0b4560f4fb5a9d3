"""One propagation and one LightGCN step as edges, width and threads grow.

    python benchmarks/scaling.py MAX_EDGES THREADS

Edges grow at a fixed number of nodes, whose degrees follow a power law. The exponent of a power
law fitted to seconds over edges is 1 where cost is linear. Prints JSON.
"""

import json
import sys
from typing import Any

from ecorec.energy.waiting import wait_passively

wait_passively()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from roofline import median_s  # noqa: E402

from ecorec.data.sampling import PairSampler  # noqa: E402
from ecorec.data.synthetic import power_law  # noqa: E402
from ecorec.graph.bipartite import BipartiteGraph  # noqa: E402
from ecorec.models.catalogue import find_model  # noqa: E402
from ecorec.study.machine import use_threads  # noqa: E402

N_USERS, N_ITEMS = 24_000, 12_000
EXPONENT = 0.5
SIZES = (32, 64, 128, 256)
FACTORS = (1, 2, 4, 8, 16)


def graph_with(n_edges: int) -> tuple[BipartiteGraph, Any]:
    """Return a graph of about so many directed edges, and its interactions."""
    whole = power_law(N_USERS, N_ITEMS, int(n_edges / 2), EXPONENT, seed=1)
    return BipartiteGraph(whole.users, whole.items, N_USERS, N_ITEMS), whole


def times(graph: BipartiteGraph, whole: Any, size: int, threads: int) -> dict[str, float]:
    """Return the seconds of a propagation and of a step of LightGCN."""
    use_threads(threads, graph.n_nodes * size)
    table = torch.randn(graph.n_nodes, size)
    entry = find_model("lightgcn")
    config = entry.config(embedding_size=size)
    model = entry.build(config, graph, torch.Generator().manual_seed(1))
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    batch = next(PairSampler(whole, 2048, np.random.default_rng(1)).epoch())

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        model.loss(batch).backward()
        optimizer.step()

    with torch.no_grad():
        propagation_s = median_s(lambda: graph.propagate(table))
    return {"propagation_s": propagation_s, "step_s": median_s(step)}


def exponent(edges: list[int], seconds: list[float]) -> float:
    """Return the slope of log seconds over log edges by least squares."""
    return float(np.polyfit(np.log(edges), np.log(seconds), 1)[0])


def main() -> None:
    """Measure and print."""
    most, threads = int(sys.argv[1]), int(sys.argv[2])
    by_edges: list[dict[str, Any]] = []
    by_size: list[dict[str, Any]] = []
    by_threads: list[dict[str, Any]] = []
    for factor in FACTORS:
        graph, whole = graph_with(most * factor // FACTORS[-1])
        found = times(graph, whole, 64, threads)
        by_edges.append({"n_edges": graph.adjacency.n_edges, **found})
        if factor == 1:
            by_size = [{"size": size, **times(graph, whole, size, threads)} for size in SIZES]
            by_threads = [
                {"threads": count, **times(graph, whole, 64, count)}
                for count in sorted({1, threads})
            ]
    edges = [row["n_edges"] for row in by_edges]
    told = {
        "n_nodes": N_USERS + N_ITEMS,
        "edges": by_edges,
        "exponent": exponent(edges, [row["propagation_s"] for row in by_edges]),
        "sizes": by_size,
        "threads": by_threads,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
