"""A graph that fits no cache, and no memory if it were dense: seconds, joules and peak memory.

    python benchmarks/large_graph.py --users 2000000 --items 2000000 --interactions 15000000

Synthetic interactions by power laws; LightGCN, two layers: building the graph, some steps, and
the full ranking of a sample of users. Building is timed at an eighth of the edges too: the ratio
tells whether it is linear.
"""

import argparse
import time

from ecorec.energy.waiting import wait_passively

wait_passively()

import numpy as np  # noqa: E402
import torch  # noqa: E402

from ecorec.data.interactions import Interactions  # noqa: E402
from ecorec.data.sampling import PairSampler  # noqa: E402
from ecorec.data.synthetic import power_law  # noqa: E402
from ecorec.energy import memory  # noqa: E402
from ecorec.energy.detect import find_sensors  # noqa: E402
from ecorec.energy.hardware import describe_machine  # noqa: E402
from ecorec.energy.meter import Meter  # noqa: E402
from ecorec.evaluation.evaluate import HeldOut, evaluate  # noqa: E402
from ecorec.evaluation.ranking import EmbeddingScorer, ItemLists  # noqa: E402
from ecorec.graph.bipartite import BipartiteGraph  # noqa: E402
from ecorec.models.lightgcn import LightGCN, LightGCNConfig  # noqa: E402
from ecorec.study.allocator import keep_freed_memory  # noqa: E402
from ecorec.units import format_bytes, format_energy  # noqa: E402


def say(what: str, seconds: float, joules: float | None) -> None:
    """Print one line."""
    energy = "absent" if joules is None else format_energy(joules)
    peak = format_bytes(memory.peak_memory_bytes())
    print(f"{what:<46}{seconds:9.2f} s  {energy:>9}  peak {peak}", flush=True)


def build(train: Interactions) -> tuple[BipartiteGraph, float]:
    """Return the graph and the seconds that building it took."""
    began = time.perf_counter()
    graph = BipartiteGraph(train.users, train.items, train.n_users, train.n_items)
    return graph, time.perf_counter() - began


def held_out(train: Interactions, n_users: int) -> HeldOut:
    """Return a made-up test item for some users: what is timed does not depend on it."""
    rng = np.random.default_rng(2)
    users = rng.choice(train.n_users, n_users, replace=False)
    items = rng.integers(0, train.n_items, n_users)
    return HeldOut(
        relevant=ItemLists.from_pairs(users, items, train.n_users),
        seen=ItemLists.from_pairs(train.users, train.items, train.n_users),
        popularity=np.bincount(train.items, minlength=train.n_items),
        tie_seed=0,
        device=torch.device("cpu"),
    )


def main() -> None:
    """Build, train, rank; print each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=2_000_000)
    parser.add_argument("--items", type=int, default=2_000_000)
    parser.add_argument("--interactions", type=int, default=15_000_000)
    parser.add_argument("--embedding-size", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=65_536)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--ranked-users", type=int, default=100)
    asked = parser.parse_args()
    keep_freed_memory()
    machine = describe_machine()
    meter = Meter(find_sensors(machine))
    train = power_law(asked.users, asked.items, asked.interactions, 0.5, seed=1)
    eighth = train.select(np.arange(0, len(train), 8))
    print(f"{machine.cpu}: {asked.users:,} users, {asked.items:,} items, {len(train):,} distinct")
    build(eighth)
    _, small_s = build(eighth)
    with meter.window("graph") as window:
        graph, build_s = build(train)
    say(
        f"graph ({build_s / small_s / 8:.2f} x linear from an eighth)",
        build_s,
        window.reading.energy_j,
    )
    model = LightGCN(
        LightGCNConfig(embedding_size=asked.embedding_size), graph, torch.Generator().manual_seed(1)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    batches = PairSampler(train, asked.batch_size, np.random.default_rng(1)).epoch()
    with meter.window("train") as window:
        for _ in range(asked.steps):
            optimizer.zero_grad(set_to_none=True)
            model.loss(next(batches)).backward()
            optimizer.step()
    reading = window.reading
    say(f"{asked.steps} steps of {asked.batch_size:,} pairs", reading.duration_s, reading.energy_j)
    with meter.window("rank") as window, torch.no_grad():
        evaluate(EmbeddingScorer(*model.embed()), held_out(train, asked.ranked_users), (10, 100))
    reading = window.reading
    say(f"full ranking of {asked.ranked_users} users", reading.duration_s, reading.energy_j)


if __name__ == "__main__":
    main()
