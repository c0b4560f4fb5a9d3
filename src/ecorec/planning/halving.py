"""Successive halving: train all of a grid a little, keep the best share, train those on.

After Jamieson and Talwalkar, *Non-stochastic Best Arm Identification and Hyperparameter
Optimization* (AISTATS 2016), as scikit-learn's `HalvingGridSearchCV` lays out its rungs: epochs
are the resource, the last rung has all of them, and each rung before it a `factor`-th of the next.
"""

from collections.abc import Mapping
from typing import TypeVar

KeyT = TypeVar("KeyT")


def rungs(n_candidates: int, epochs: int, every: int, factor: int) -> tuple[int, ...]:
    """Return the epochs after which candidates are compared, ascending; the last is `epochs`.

    Args:
        n_candidates: How many begin; there are as many rungs as it takes to leave fewer than
            `factor`.
        epochs: Of a whole training.
        every: Epochs between validations; a rung ends with one.
        factor: One in so many candidates of a rung goes on, with so many times the epochs.
    """
    found = [epochs]
    while n_candidates >= factor:
        n_candidates //= factor
        earlier = -(-epochs // factor ** len(found) // every) * every
        if earlier >= found[0]:
            break  # no validation lies between: all candidates start at the later rung
        found.insert(0, earlier)
    return tuple(found)


def survivors(values: Mapping[KeyT, float], factor: int) -> list[KeyT]:
    """Return the best one in `factor`, rounded up; of equals, the one that is named first.

    Args:
        values: Candidate -> validation, higher is better.
        factor: As in `rungs`.
    """
    best = sorted(values, key=lambda key: values[key], reverse=True)
    kept = set(best[: -(-len(values) // factor)])
    return [key for key in values if key in kept]
