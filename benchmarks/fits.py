"""Seconds and memory of every fit without training, beside what users x items would take.

    python benchmarks/fits.py ml-1m --min-rating 3 --data-path FOLDER
    python benchmarks/fits.py 'synthetic:power-law?users=200000&items=2000&interactions=2000000'

Each model with its defaults on the training part of a random 80/10/10 of each user, after a fit
of a small set that compiles. Median seconds of three fits, of one if it is long; memory is the most
that a fit held above what was resident before it. Linux only. Prints a table.
"""

import argparse
import ctypes
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import torch

from ecorec.data.dataset import DataSettings
from ecorec.data.load import load_dataset
from ecorec.data.protocols import SplitSettings
from ecorec.data.splitting import make_split
from ecorec.energy.hardware import describe_machine
from ecorec.energy.memory import peak_memory_bytes, reset_peak
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.catalogue import MODELS
from ecorec.models.entry import ModelEntry
from ecorec.study.machine import use_threads

TRIES = 3
LONG_S = 20.0
"""Seconds after which no further fit of a model is begun."""
MIB = 2**20


def fit(entry: ModelEntry, graph: BipartiteGraph) -> None:
    """Fit the model with its defaults."""
    entry.build(entry.config(), graph, torch.Generator()).fit(graph)


@dataclass(frozen=True)
class Measured:
    """What a model's fits took."""

    seconds: float
    cpu_seconds: float
    """Both of the median fit."""
    held_bytes: int
    """Of the fit that held most, above what was resident before it."""


def measure(entry: ModelEntry, graph: BipartiteGraph) -> Measured:
    """Fit the model until there are `TRIES` fits, or they have taken `LONG_S`."""
    seconds: list[float] = []
    cpu_seconds: list[float] = []
    held: list[int] = []
    while len(seconds) < TRIES and sum(seconds) < LONG_S:
        # The allocator keeps what was freed: it would be used again, and not be seen to grow.
        ctypes.CDLL(None).malloc_trim(0)
        before = psutil.Process().memory_info().rss
        if not reset_peak():
            raise SystemExit("this system does not tell the peak of a part of a process")
        begun, begun_cpu = time.perf_counter(), time.process_time()
        fit(entry, graph)
        seconds.append(time.perf_counter() - begun)
        cpu_seconds.append(time.process_time() - begun_cpu)
        held.append(peak_memory_bytes() - before)
    return Measured(statistics.median(seconds), statistics.median(cpu_seconds), max(held))


def dense_bytes(graph: BipartiteGraph) -> int:
    """Return what a table of users x items takes in float32."""
    return 4 * graph.n_users * graph.n_items


def main() -> None:
    """Fit each in turn and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="a name of the catalogue, a file, or synthetic:…")
    parser.add_argument("--min-rating", type=float)
    parser.add_argument("--data-path", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    fitted = [name for name, entry in MODELS.items() if entry.kind == "training-free"]
    parser.add_argument("--models", type=lambda names: names.split(","), default=fitted)
    options = parser.parse_args()
    use_threads(options.threads)

    settings = DataSettings(min_rating=options.min_rating)
    dataset = load_dataset(options.dataset, settings, data_path=options.data_path)
    train = make_split(dataset, SplitSettings(), 1).train
    graph = BipartiteGraph(train.users, train.items, train.n_users, train.n_items)
    small = load_dataset("synthetic:power-law?users=300&items=200&interactions=4000").interactions
    compiling = BipartiteGraph(small.users, small.items, small.n_users, small.n_items)

    dense = dense_bytes(graph)
    told = f"{options.dataset}: {graph.n_users:,} users, {graph.n_items:,} items"
    told += f", {len(train):,} interactions; users x items in float32: {dense / MIB:,.0f} MiB"
    where = f"{options.threads} threads, {describe_machine().cpu}, {datetime.now(UTC):%Y-%m-%d}"
    print(f"{told}; {where}\n")
    print("| | seconds | CPU s | MiB | of users x items |\n| --- | --- | --- | --- | --- |")
    for name in options.models:
        fit(MODELS[name], compiling)
        found = measure(MODELS[name], graph)
        times = f"{found.seconds:.2f} | {found.cpu_seconds:.2f}"
        held = f"{found.held_bytes / MIB:,.0f} | {found.held_bytes / dense:.2f}"
        print(f"| {MODELS[name].title} | {times} | {held} |", flush=True)


if __name__ == "__main__":
    main()
