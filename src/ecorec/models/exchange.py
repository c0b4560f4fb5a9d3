"""What processes that share a model's columns exchange in a step: numbers, by formula.

Compared with what is counted around the collectives in `tests/training/test_shards.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ecorec.errors import InputError
from ecorec.models.problem import Batch, Count, Problem
from ecorec.models.ranking import BY_COSINE, RankingConfig


@dataclass(frozen=True)
class Exchange:
    """Numbers that are exchanged in one step, whatever the number of processes."""

    summed: Count = 0
    """To which every process adds its part."""
    gathered: Count = 0
    """Of whole rows, put together from every process's columns."""


ExchangeFormula = Callable[[Any, Problem, Batch], Exchange]
"""Takes a model's config, the sizes of its problem and a batch."""

NO_STEPS = "it is not trained in steps that processes could share"
"""Why a model without training cannot be divided."""


def of_ranking(config: RankingConfig, batch: Batch) -> int:
    """Return the scores that a ranking loss adds up: with one negative, BPR needs margins only."""
    if config.ranking_loss == "bpr" and batch.n_negatives == 1:
        return batch.n_pairs
    return batch.n_pairs * (1 + batch.n_negatives)


def refuse_unless_divisible(
    name: str,
    config: Any,
    exchange: ExchangeFormula | str,
    n_processes: int,
    divisible: Sequence[str],
) -> None:
    """Make sure that a model's columns can be shared.

    Args:
        name: The model's.
        config: Its settings.
        exchange: The catalogue's formula, or reason.
        n_processes: That share the columns.
        divisible: Models of which it is known how.

    Raises:
        InputError: Naming the model and the reason.
    """
    reason = exchange if isinstance(exchange, str) else _against(config)
    if reason:
        message = f"`{name}` cannot be divided among {n_processes} processes: {reason}"
        hint = f"run it without torchrun; these can be divided: {', '.join(divisible)}"
        raise InputError(message, hint=hint)


def _against(config: Any) -> str | None:
    loss = getattr(config, "ranking_loss", None)
    if loss in BY_COSINE:
        return f"ranking_loss = {loss} needs the length of every row in every step"
    return None
