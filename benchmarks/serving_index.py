"""An index without HTTP, by catalogue size: latency for one user, lists a second for many.

python benchmarks/serving_index.py [--items 3706 100000 1000000] [--kinds exact int8] [--size 64]

Vectors are drawn (clusters, and lengths that differ as those of items do), everybody has seen 100
items. On one thread, kinds in turn within each round, so that other work on the machine hits all
of them alike.
"""

import argparse
import time

import numpy as np
import torch

from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.scorer import EmbeddingScorer
from ecorec.models.served import Vectors
from ecorec.serving.build import build_index
from ecorec.serving.index import Index, Seen

N_USERS, N_SEEN, K, BATCH = 2000, 100, 10, 64


def drawn(n_items: int, size: int) -> tuple[Vectors, Seen]:
    """Return vectors of users and items around common centres, and what users have seen."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(100, size)).astype(np.float32)
    items = centres[rng.integers(100, size=n_items)]
    items += rng.normal(size=items.shape).astype(np.float32)
    items *= rng.gamma(2, 0.5, size=(n_items, 1)).astype(np.float32)
    users = centres[rng.integers(100, size=N_USERS)]
    users += rng.normal(size=users.shape).astype(np.float32)
    owners = np.repeat(np.arange(N_USERS), N_SEEN)
    seen = ItemLists.from_pairs(owners, rng.integers(n_items, size=owners.size), N_USERS)
    return Vectors(torch.from_numpy(users), torch.from_numpy(items)), Seen(seen, 1)


def single_ms(index: Index, rng: np.random.Generator, seconds: float) -> list[float]:
    """Return milliseconds of requests for one user each."""
    taken, until_s = [], time.perf_counter() + seconds
    while time.perf_counter() < until_s:
        user = rng.integers(N_USERS, size=1)
        began_s = time.perf_counter()
        index.top(user, K)
        taken.append((time.perf_counter() - began_s) * 1e3)
    return taken


def batch_rate(index: Index, rng: np.random.Generator, seconds: float) -> float:
    """Return lists a second in batches."""
    done, began_s = 0, time.perf_counter()
    while time.perf_counter() - began_s < seconds:
        index.top(rng.integers(N_USERS, size=BATCH), K)
        done += BATCH
    return done / (time.perf_counter() - began_s)


def main() -> None:
    """Print a row for each size and kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[3706, 100_000, 1_000_000])
    parser.add_argument("--kinds", nargs="+", default=["exact", "float16", "int8"])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'items':>9} {'kind':<12} {'MiB':>7} {'p50 ms':>8} {'p99 ms':>8} {'lists/s':>9}")
    for n_items in given.items:
        parts, seen = drawn(n_items, given.size)
        scorer = EmbeddingScorer(parts.users, parts.items)
        indices = {
            kind: build_index(kind, "drawn", parts, scorer, seen, n_items) for kind in given.kinds
        }
        rng = np.random.default_rng(1)
        singles: dict[str, list[float]] = {kind: [] for kind in indices}
        rates: dict[str, list[float]] = {kind: [] for kind in indices}
        for index in indices.values():
            index.top(rng.integers(N_USERS, size=1), K)
            index.top(rng.integers(N_USERS, size=BATCH), K)
        for _ in range(given.rounds):
            for kind, index in indices.items():
                singles[kind] += single_ms(index, rng, given.seconds)
                rates[kind].append(batch_rate(index, rng, given.seconds))
        for kind, index in indices.items():
            p50, p99 = np.percentile(singles[kind], (50, 99))
            size = index.size_bytes / 2**20
            rate = np.median(rates[kind])
            print(f"{n_items:>9,} {kind:<12} {size:>7.1f} {p50:>8.2f} {p99:>8.2f} {rate:>9,.0f}")


if __name__ == "__main__":
    main()
