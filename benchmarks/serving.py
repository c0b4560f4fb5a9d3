"""Serving in a few lines: lists a second and latency over HTTP, and where approximate search pays.

python benchmarks/serving.py http RUN [--window-s 10]
python benchmarks/serving.py crossover RUN [--sizes 1000,3000,10000] [--seconds 2]

`http`: saturation with POSTs of 64 users, and the latency of single GETs at half of theirs.

`crossover`: exact and approximate index over the first n items of a trained catalogue in a random
order, with what users have seen of them masked, one user at a time and in blocks of 64: joules of
1,000 lists and recall@10; then the catalogue from which the approximate one draws less, between two
sizes on a log-log line. Beyond the largest nothing is said.
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import describe_machine
from ecorec.energy.meter import Meter
from ecorec.energy.sampling import Sampler
from ecorec.evaluation.item_lists import ItemLists
from ecorec.models.served import Vectors
from ecorec.serving.build import build_index
from ecorec.serving.energy import marginal, of_direct, total
from ecorec.serving.index import Seen
from ecorec.serving.load.direct import ask_in_blocks
from ecorec.serving.load.settings import LoadSettings
from ecorec.serving.recall import recall_at
from ecorec.study.index import served_parts
from ecorec.study.machine import use_threads
from ecorec.study.stored import StoredRun, bring_back
from ecorec.study.stress import stress_run

K = 10
BLOCKS = (1, 64)
COMPARED = 500
"""Users whose lists are compared for recall."""


@dataclass(frozen=True)
class Point:
    """Both kinds over one catalogue, in blocks of one size."""

    n_items: int
    block: int
    exact_j: float
    approximate_j: float
    recall: float


def crossover(points: list[Point]) -> float | None:
    """Return the catalogue from which the approximate index draws less.

    Between two sizes on a log-log line; the smallest size if it does so already; `None` if it
    does not do so up to the largest, beyond which nothing is said.

    Args:
        points: Of one size of block, by ascending catalogue.
    """
    at = [math.log(point.n_items) for point in points]
    gap = [math.log(point.exact_j / point.approximate_j) for point in points]
    if gap[0] >= 0:
        return float(points[0].n_items)
    for i in range(len(points) - 1):
        if gap[i] < 0 <= gap[i + 1]:
            share = -gap[i] / (gap[i + 1] - gap[i])
            return math.exp(at[i] + share * (at[i + 1] - at[i]))
    return None


def of_first_items(stored: StoredRun, n_items: int, seed: int) -> tuple[Vectors, Seen]:
    """Return the vectors of a run for some of its items, and what users have seen of them."""
    parts = served_parts(stored)
    if not isinstance(parts, Vectors):
        message = f"`{stored.record.model}` does not score by vectors"
        raise SystemExit(message)
    kept = np.sort(np.random.default_rng(seed).permutation(parts.items.shape[0])[:n_items])
    place = np.full(parts.items.shape[0], -1)
    place[kept] = np.arange(kept.size)
    lists = stored.held_out.seen
    users = np.repeat(np.arange(lists.indptr.size - 1), np.diff(lists.indptr))
    items = place[lists.items]
    known = items >= 0
    seen = ItemLists.from_pairs(users[known], items[known], lists.indptr.size - 1)
    vectors = Vectors(parts.users, parts.items[torch.from_numpy(kept)])
    return vectors, Seen(seen, stored.held_out.tie_seed)


def measure(stored: StoredRun, sizes: list[int], seconds: float) -> list[Point]:
    """Return both kinds over every catalogue, for each size of block."""
    use_threads(1)
    sensors = find_sensors(describe_machine())
    meter, points = Meter(sensors), []
    users = np.arange(0, stored.graph.n_users, max(1, stored.graph.n_users // COMPARED))
    with Sampler(sensors):
        for n_items in sizes:
            vectors, seen = of_first_items(stored, n_items, seed=1)
            exact, approximate = (
                build_index(kind, stored.record.model, vectors, stored.scorer, seen, n_items)
                for kind in ("exact", "approximate")
            )
            recall = recall_at(approximate.top(users, K)[0], exact.top(users, K)[0])
            for block in BLOCKS:
                joules = []
                for index in (exact, approximate):
                    found = ask_in_blocks(
                        index, meter, block=block, k=K, seconds=seconds, users="uniform",
                        slices=1, seed=1,
                    )  # fmt: skip
                    each = of_direct(found)
                    joules.append(math.nan if each is None else each.central_j)
                points.append(Point(n_items, block, joules[0], joules[1], recall))
    return points


def print_crossover(run: Path, sizes: list[int] | None, seconds: float, data: Path | None) -> None:
    """Print the table and the crossings."""
    stored = bring_back(run, data)
    most = stored.graph.n_items
    found = measure(stored, sizes or _sizes(most), seconds)
    method = find_sensors(describe_machine())[0].method
    print(f"{stored.record.model} d={stored.record.embedding_size}, {stored.record.data.name}, "
          f"one thread; J of 1,000 lists, {method}")  # fmt: skip
    print("items      block  exact J  approximate J  recall@10")
    for p in found:
        print(f"{p.n_items:<10,} {p.block:<5}  {p.exact_j:<7.3g}  {p.approximate_j:<13.3g}  "
              f"{p.recall:.3f}")  # fmt: skip
    for block in BLOCKS:
        own = [point for point in found if point.block == block]
        where = crossover(own)
        words = f"not up to {own[-1].n_items:,} items"
        if where is not None:
            words = f"{'at most ' if where == own[0].n_items else ''}{where:,.0f} items"
        print(f"approximate draws less from, blocks of {block}: {words}")


def _sizes(most: int) -> list[int]:
    found, size = [most], most / 3
    while size >= 300:
        found.append(round(size))
        size /= 3
    return found[::-1]


def print_http(run: Path, window_s: float, data: Path | None) -> None:
    """Print lists a second with batches of 64, and the latency of single requests."""
    batches = LoadSettings(users_per_request=64, steps=(50,), window_s=window_s)
    singles = LoadSettings(steps=(50,), window_s=window_s)
    for name, settings in (("batches of 64", batches), ("single", singles)):
        _, record = stress_run(run, "exact", settings, data_path=data)
        step, most = record.steps[0], record.saturation
        assert most is not None
        assert record.idle is not None
        each, whole = marginal(step, record.idle), total(step)
        lists = most.requests_per_s * settings.users_per_request
        print(f"{name}: {lists:,.0f} lists/s at saturation ({most.requests_per_s:,.0f} requests/s)")
        if step.latency is not None:
            print(f"  at half of it: p50 {1000 * step.latency.p50_s:.3g} ms, p99 "
                  f"{1000 * step.latency.p99_s:.3g} ms, {step.n_errors} failed")  # fmt: skip
        if each is not None and whole is not None:
            print(f"  J of 1,000 lists: {each.central_j:.3g} marginal, {whole.central_j:.3g} in "
                  f"total, {each.method}")  # fmt: skip
        print(f"  other work had {(step.foreign_share or 0):.0%} of the machine's CPU time")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=("http", "crossover"))
    parser.add_argument("run", type=Path)
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--window-s", type=float, default=10.0)
    parser.add_argument("--data-path", type=Path)
    asked = parser.parse_args()
    if asked.what == "http":
        print_http(asked.run, asked.window_s, asked.data_path)
    else:
        print_crossover(asked.run, asked.sizes, asked.seconds, asked.data_path)


if __name__ == "__main__":
    main()
