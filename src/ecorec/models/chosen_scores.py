"""Scores of rows with a few items each, chosen for each row: many negatives, or neighbours.

Written with autograd, the row of every chosen item is copied, and its gradient added back from
another copy; or each row is multiplied with all items, most of whose scores nobody reads. Here
loops read the items where they are: with 300 of 2,779 items a pair, in less than a fifth of the CPU
time (`benchmarks/negatives.py`).
"""

from typing import Any

import numba
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ecorec.graph.tables import zeros_like
from ecorec.models import chosen_loops

ITEMS_PER_CHOICE = {"cpu": 2, "cuda": 32}
"""Items of the catalogue for each that is chosen, up to which one product scores them all.

A dense product computes so many scores in the time that the other way takes for one. Measured on
CPUs only: a GPU copies rows, and has the number that copies had on a CPU.
"""


def scored_at_once(n_items: int, n_chosen: int, device: str = "cpu") -> bool:
    """Return whether so few items are scored for all rows, and the chosen scores picked out."""
    return n_items <= ITEMS_PER_CHOICE.get(device, ITEMS_PER_CHOICE["cuda"]) * n_chosen


def chosen_scores(
    rows: Float[Tensor, "batch size"],
    items: Float[Tensor, "items size"],
    chosen: Int64[Tensor, "batch choices"],
) -> Float[Tensor, "batch choices"]:
    """Return the inner products of each row with its own items.

    Args:
        rows: One for each line of `chosen`.
        items: All of them.
        chosen: Indices of items; one may occur several times.
    """
    device = rows.device.type
    if scored_at_once(items.shape[0], chosen.shape[1], device):
        return (rows @ items.T).gather(1, chosen)
    if device != "cpu":
        read = items.index_select(0, chosen.flatten()).view(*chosen.shape, -1)
        return (read @ rows[:, :, None]).squeeze(2)
    scores: Tensor = _ChosenScores.apply(rows, items, chosen)  # type: ignore[no-untyped-call]
    return scores


class _ChosenScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, items: Tensor, chosen: Tensor) -> Tensor:
        rows, items, chosen = (given.detach().contiguous() for given in (rows, items, chosen))
        out = rows.new_empty(chosen.shape)
        chosen_loops.score(rows.numpy(), items.numpy(), chosen.numpy(), out.numpy())
        ctx.save_for_backward(rows, items, chosen)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        rows, items, chosen = ctx.saved_tensors
        weights = gradients[0].contiguous()
        to_rows, to_items = torch.zeros_like(rows), zeros_like(items)
        chosen_loops.add_items(items.numpy(), chosen.numpy(), weights.numpy(), to_rows.numpy())
        chosen_loops.add_rows(
            rows.numpy(), chosen.numpy(), weights.numpy(), numba.get_num_threads(),
            to_items.numpy(),
        )  # fmt: skip
        return to_rows, to_items, None
