"""CPU time of many negatives a pair: three ways to score them, two ways to draw them.

    python benchmarks/negatives.py
    python benchmarks/negatives.py --items 40000 --negatives 16 --size 128

Scored with their gradients by ecorec's loops, by one product with all items, and from copies of
their rows; drawn, here only asked for, with and without the filter in front of the search.
One thread; medians of several tries, each way in turn. Prints a table.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numba
import numpy as np
import torch

from ecorec.data.membership import Membership
from ecorec.data.synthetic import power_law
from ecorec.energy.hardware import describe_machine
from ecorec.models import chosen_scores as ways

TRIES = 9


@numba.njit
def searched(indptr, items, users, wanted):
    """Return whether each user has the item beside it, by a search alone."""
    found = np.empty(users.size, dtype=np.bool_)
    for pair in range(users.size):
        end = indptr[users[pair] + 1]
        at = indptr[users[pair]]
        at += np.searchsorted(items[at:end], wanted[pair])
        found[pair] = at < end and items[at] == wanted[pair]
    return found


def cpu_ms(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median CPU milliseconds of each, tried in turn after one that warms up."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(TRIES + 1):
        for name, work in works.items():
            begun = time.process_time()
            work()
            taken[name].append(1e3 * (time.process_time() - begun))
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


def scoring(options: argparse.Namespace) -> dict[str, float]:
    """Return what scores and gradients of a batch take, by way."""
    rng = torch.Generator().manual_seed(1)
    items = torch.randn(options.items, options.size, generator=rng, requires_grad=True)
    rows = torch.randn(options.batch, options.size, generator=rng, requires_grad=True)
    shape = (options.batch, options.negatives)
    chosen = torch.randint(options.items, shape, generator=rng)
    gradient = torch.randn(shape, generator=rng)

    def by(items_per_choice: int) -> Callable[[], object]:
        def work() -> None:
            ways.ITEMS_PER_CHOICE["cpu"] = items_per_choice
            scores = ways.chosen_scores(rows, items, chosen)
            torch.autograd.grad(scores, (rows, items), gradient)

        return work

    def copies() -> None:
        read = items.index_select(0, chosen.flatten()).view(*shape, -1)
        torch.autograd.grad((read @ rows[:, :, None]).squeeze(2), (rows, items), gradient)

    return cpu_ms({"loops": by(0), "one product": by(options.items), "copies of rows": copies})


def drawing(options: argparse.Namespace) -> dict[str, float]:
    """Return what it takes to tell which of a batch's candidates their users have, by way."""
    users = max(options.items, 100)
    train = power_law(users, options.items, 57 * users, 0.8, seed=1)
    order = np.lexsort((train.items, train.users))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(train.users, minlength=users))])
    owned = train.items[order]
    rng, known = np.random.default_rng(1), Membership(indptr, owned)
    asking = rng.integers(0, users, options.batch).repeat(options.negatives)
    wanted = rng.integers(0, options.items, asking.size)
    if not np.array_equal(known.has(asking, wanted), searched(indptr, owned, asking, wanted)):
        raise SystemExit("the filter changed an answer")
    return cpu_ms(
        {
            "filter, then search": lambda: known.has(asking, wanted),
            "search": lambda: searched(indptr, owned, asking, wanted),
        }
    )


def main() -> None:
    """Measure both and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=2779)
    parser.add_argument("--negatives", type=int, default=300)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=2048)
    options = parser.parse_args()
    torch.set_num_threads(1)
    numba.set_num_threads(1)
    pairs = f"{options.batch} pairs with {options.negatives} of {options.items:,} items each"
    where = f"one thread, {describe_machine().cpu}, {datetime.now(UTC):%Y-%m-%d}"
    print(f"{pairs}, size {options.size}, {where}\n")
    print("| | CPU ms | times the first |\n| --- | --- | --- |")
    for found in (scoring(options), drawing(options)):
        first = next(iter(found.values()))
        for name, ms in found.items():
            print(f"| {name} | {ms:.2f} | {ms / first:.1f} |")


if __name__ == "__main__":
    main()
