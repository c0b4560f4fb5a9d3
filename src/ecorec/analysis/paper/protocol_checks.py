"""Could Tables 1 and 2 have come from the protocol that the paper describes?"""

from collections.abc import Iterator

from ecorec.analysis.paper.check import Check, needed
from ecorec.analysis.paper.published import DATASETS, TABLE_SIZE, Published

ML_1M_FILE = {"users": 6040, "items": 3706, "interactions": 1_000_209}
"""Counts of the MovieLens-1M file as it is: `ecorec data show ml-1m`."""

FEWEST_IN_LEAVE_ONE_OUT = 3
"""Interactions that a user needs for one of each: training, validation, test."""

SAME_SIZE = 1.5
"""Factor up to which two precisions of different filters are called of one size."""


def protocol_checks(data: Published) -> Iterator[Check]:
    """Yield the checks of protocol and data."""
    yield from _precision(data)
    yield _recall(data)
    yield from _enough_interactions(data)
    yield from _counts(data)
    yield _size_of_precision(data)
    yield _simgcl_rank(data)


def _precision(data: Published) -> Iterator[Check]:
    for k in (10, 100):
        cell = needed(data, "table-2", "ml-1m", "largest", TABLE_SIZE, f"precision@{k}")
        bound = 1 / k
        holds = cell.value <= bound
        sign = "<=" if holds else ">"
        yield Check(
            f"precision@{k}",
            f"leave-one-out: one test item a user, so precision@{k} is 1/{k} at most",
            holds,
            f"largest on MovieLens-1M {cell.value:g} {sign} 1/{k} = {bound:g}: "
            f"{cell.value * k:.3g} hits among {k} for the average user, who has one test item",
            cell.where,
        )


def _recall(data: Published) -> Check:
    below = needed(data, "table-2", "all", "all", TABLE_SIZE, "recall below hit")
    pairs = needed(data, "table-2", "all", "all", TABLE_SIZE, "recall and hit")
    return Check(
        "recall=hit",
        "leave-one-out: with one test item recall@K and HIT@K are the same number",
        below.value == 0,
        f"recall < HIT in {below.value:g} of {pairs.value:g} (row, K) pairs, on all three data "
        "sets: users had several test items",
        below.where,
    )


def _enough_interactions(data: Published) -> Iterator[Check]:
    for dataset, name in DATASETS.items():
        users = needed(data, "table-1", dataset, "", None, "users").value
        interactions = needed(data, "table-1", dataset, "", None, "interactions").value
        wanted = FEWEST_IN_LEAVE_ONE_OUT * users
        holds = wanted <= interactions
        yield Check(
            f"three-each {dataset}",
            f"leave-one-out on {name}: there are three interactions a user (train, validate, test)",
            holds,
            f"{users:,.0f} users x 3 = {wanted:,.0f} {'<=' if holds else '>'} {interactions:,.0f} "
            f"interactions ({interactions / users:.2f} a user)",
            f"Table 1, row {name}",
        )


def _counts(data: Published) -> Iterator[Check]:
    for quantity, counted in ML_1M_FILE.items():
        cell = needed(data, "table-1", "ml-1m", "", None, quantity)
        holds = cell.value == counted
        yield Check(
            f"ml-1m {quantity}",
            f"Table 1's {quantity} of MovieLens-1M are those of the file, which the code does not "
            "filter",
            holds,
            f"{cell.value:,.0f} {'=' if holds else '!='} {counted:,}{_why(quantity, holds)}",
            cell.where,
        )


def _why(quantity: str, holds: bool) -> str:
    if holds:
        return ""
    reasons = {
        "items": ": what is printed is the range of item numbers",
        "interactions": ": what is printed is the size of the 5-core, which has 3,416 items",
    }
    return reasons.get(quantity, "")


def _size_of_precision(data: Published) -> Check:
    paper = needed(data, "table-2", "ml-1m", "largest", TABLE_SIZE, "precision@10").value
    board = needed(data, "board", "ml-1m", "lightgcn", TABLE_SIZE, "precision@10").value
    ratio = paper / board
    return Check(
        "random split",
        "the framework's default, random 80/10/10, gives a precision@10 of this size",
        1 / SAME_SIZE <= ratio <= SAME_SIZE,
        f"{paper:.4f} in the paper, {board:.4f} on RecBole-GNN's board (random 8:1:1, ratings of 3 "
        f"and more, LightGCN): {ratio:.2f} times",
        "Table 2; RecBole-GNN, results/general/ml-1m.md",
    )


def _simgcl_rank(data: Published) -> Check:
    paper = [_ndcg(data, "table-2", model) for model in ("simgcl", "lightgcn")]
    board = [_ndcg(data, "board", model) for model in ("simgcl", "lightgcn")]
    return Check(
        "simgcl rank",
        "SimGCL ranks below LightGCN on MovieLens-1M, tuned by the framework's authors as well",
        (paper[0] < paper[1]) == (board[0] < board[1]),
        f"SimGCL and LightGCN, NDCG@10: {paper[0]:.4f} and {paper[1]:.4f} in the paper, "
        f"{board[0]:.4f} and {board[1]:.4f} tuned, on ratings of 3 and more",
        "Table 2; RecBole-GNN, results/general/ml-1m.md",
    )


def _ndcg(data: Published, table: str, model: str) -> float:
    return needed(data, table, "ml-1m", model, TABLE_SIZE, "ndcg@10").value
