"""A graph that fits no cache, and no memory if it were dense: seconds, joules and peak memory.

    python benchmarks/large_graph.py --users 2000000 --items 2000000 --interactions 15000000
    python benchmarks/large_graph.py --like dianping --embedding-size 256

Synthetic interactions by power laws; LightGCN or another model, as the paper's code sets it:
building the graph, some steps, and the full ranking of a sample of users. Building is timed at an
eighth of the edges too: the ratio tells whether it is linear. An epoch and the ranking of all
users are so many times what was measured: CPU seconds, which other work on the machine stretches
less than it stretches seconds.
"""

import argparse
import time
from typing import Any

from ecorec.energy.waiting import wait_passively

wait_passively()

import numpy as np  # noqa: E402
import torch  # noqa: E402

from ecorec.data.batch import PairBatch  # noqa: E402
from ecorec.data.catalogue import CATALOGUE  # noqa: E402
from ecorec.data.interactions import Interactions  # noqa: E402
from ecorec.data.sampling import PairSampler  # noqa: E402
from ecorec.data.synthetic import power_law  # noqa: E402
from ecorec.energy import memory  # noqa: E402
from ecorec.energy.arithmetic import add_readings, scaled_reading  # noqa: E402
from ecorec.energy.detect import find_sensors  # noqa: E402
from ecorec.energy.hardware import describe_machine  # noqa: E402
from ecorec.energy.meter import Meter  # noqa: E402
from ecorec.energy.reading import Reading  # noqa: E402
from ecorec.evaluation.evaluate import HeldOut, evaluate  # noqa: E402
from ecorec.evaluation.item_lists import ItemLists  # noqa: E402
from ecorec.evaluation.scorer import EmbeddingScorer  # noqa: E402
from ecorec.graph.bipartite import BipartiteGraph  # noqa: E402
from ecorec.models.catalogue import MODELS  # noqa: E402
from ecorec.study.allocator import keep_freed_memory  # noqa: E402
from ecorec.study.presets import PRESETS  # noqa: E402
from ecorec.units import format_bytes, format_energy  # noqa: E402

LONGEST_LIST = 100
"""The larger of the two K that studies report."""


def say(what: str, reading: Reading, times: float = 1.0) -> None:
    """Print one line, of so many times what was measured."""
    found = scaled_reading(reading, times)
    energy = "absent" if found.energy_j is None else format_energy(found.energy_j)
    peak = format_bytes(memory.peak_memory_bytes())
    print(
        f"{what:<52}{found.cpu_s:10.2f} CPU s {found.duration_s:10.2f} s {energy:>9}  peak {peak}",
        flush=True,
    )


def build(train: Interactions) -> tuple[BipartiteGraph, float]:
    """Return the graph and the seconds that building it took."""
    began = time.perf_counter()
    graph = BipartiteGraph(train.users, train.items, train.n_users, train.n_items)
    return graph, time.perf_counter() - began


def build_model(name: str, size: int, graph: BipartiteGraph) -> Any:
    """Return a model with the settings of preset `as-run`."""
    entry = MODELS[name]
    stated = PRESETS["as-run"].models.get(name, {})
    known = {key: value for key, value in stated.items() if key in entry.config.model_fields}
    config = entry.config(embedding_size=size, **known)
    return entry.build(config, graph, torch.Generator().manual_seed(1))


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


def train_step(
    model: Any, optimizer: torch.optim.Optimizer, batch: PairBatch, meter: Meter
) -> list[Reading]:
    """Take a step; return the readings of its parts."""
    optimizer.zero_grad(set_to_none=True)
    with meter.window("loss") as forward:
        loss = model.loss(batch)
    with meter.window("gradient") as backward:
        loss.backward()
    with meter.window("Adam") as update:
        optimizer.step()
    return [window.reading for window in (forward, backward, update)]


def main() -> None:
    """Build, train, rank; print each part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--like", choices=["dianping", "amazon-beauty"], help="sizes of the paper")
    trained = [name for name, entry in MODELS.items() if entry.kind == "trained"]
    parser.add_argument("--model", choices=trained, default="lightgcn", help="as in as-run")
    parser.add_argument("--users", type=int, default=2_000_000)
    parser.add_argument("--items", type=int, default=2_000_000)
    parser.add_argument("--interactions", type=int, default=15_000_000)
    parser.add_argument("--embedding-size", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=65_536)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--ranked-users", type=int, default=1000)
    asked = parser.parse_args()
    if asked.like:
        sizes = CATALOGUE[asked.like].published
        asked.users, asked.items = sizes.n_users, sizes.n_items
        asked.interactions = sizes.n_interactions
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
    say(f"graph ({build_s / small_s / 8:.2f} x linear from an eighth)", window.reading)
    with meter.window("init") as window:
        model = build_model(asked.model, asked.embedding_size, graph)
    say(f"embeddings, size {asked.embedding_size}", window.reading)
    with meter.window("sampler") as window:
        sampler = PairSampler(train, asked.batch_size, np.random.default_rng(1))
        batches = sampler.epoch()
        first = next(batches)
    say("order and negatives of an epoch", window.reading)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    train_step(model, optimizer, first, meter)
    parts: dict[str, list[Reading]] = {}
    for _ in range(asked.steps):
        for reading in train_step(model, optimizer, next(batches), meter):
            parts.setdefault(reading.name, []).append(reading)
    whole = add_readings("train", [reading for readings in parts.values() for reading in readings])
    times = sampler.n_batches / asked.steps
    say(f"epoch of {sampler.n_batches} steps, from {asked.steps}", whole, times)
    for name, readings in parts.items():
        say(f"  of it: {name}", add_readings(name, readings), times)
    with meter.window("known") as window:
        asked_of = held_out(train, asked.ranked_users)
    say("what users have already", window.reading)
    with meter.window("embed") as window, torch.no_grad():
        scorer = EmbeddingScorer(*model.embed())
    say("embeddings that score", window.reading)
    # What is loaded and compiled once is no part of what each user costs.
    held_out(train, 1).lists(scorer, LONGEST_LIST)
    with meter.window("rank") as window:
        asked_of.lists(scorer, LONGEST_LIST)
    say(f"the best {LONGEST_LIST} of all items for {asked.ranked_users} users", window.reading)
    say("the same for all users, from these", window.reading, asked.users / asked.ranked_users)
    with meter.window("metrics") as window:
        evaluate(scorer, asked_of, (10, LONGEST_LIST))
    say("ranked again, and every metric of these users", window.reading)


if __name__ == "__main__":
    main()
