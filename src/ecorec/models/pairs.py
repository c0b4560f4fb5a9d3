"""Losses of a batch of pairs, straight from the table of all nodes: no copies of rows.

Written with autograd, a step gathers the rows of users, positives and negatives, and on the way
back makes three more copies and adds each of them into a table of zeros. Here one loop reads
the rows where they are, and one loop adds their gradients where they belong, in the order of
the batch, so that the result does not depend on the number of threads. On other devices, the
plain formulas of `losses` run; both are compared in `tests/models/test_pairs.py`.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from ecorec.data.batch import PairBatch
from ecorec.graph.shard import WHOLE, ColumnShard
from ecorec.models import losses
from ecorec.models.base import batch_rows
from ecorec.models.pair_gradients import Bpr, BprAndNorms, Norms


def bpr(
    nodes: Float[Tensor, "nodes size"],
    batch: PairBatch,
    n_users: int,
    shard: ColumnShard = WHOLE,
) -> Float[Tensor, ""]:
    """Return the mean over the batch of -log sigmoid(positive score - negative score).

    Rendle et al., BPR (UAI 2009); scores are inner products of rows.

    Args:
        nodes: Embeddings that score, users before items.
        batch: Users with one positive and one negative item each.
        n_users: Rows of `nodes` that are users.
        shard: Whose columns `nodes` has.
    """
    if nodes.device.type != "cpu":
        users, liked, other = batch_rows(nodes, batch, n_users)
        margins = losses.dot(users, other) - losses.dot(users, liked)
        return losses.bpr(shard.summed(margins))
    loss: Tensor = Bpr.apply(nodes, *batch.nodes(n_users), shard)  # type: ignore[no-untyped-call]
    return loss


def bpr_and_norms(
    layers: Sequence[Float[Tensor, "nodes _"]], batch: PairBatch, n_users: int
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Return `bpr` and `plain_norms` of tables that stand side by side, without joining them.

    Args:
        layers: Tables of all nodes, users first; embeddings are their concatenation.
        batch: Users with one positive and one negative item each.
        n_users: Rows that are users.
    """
    if layers[0].device.type != "cpu":
        nodes = torch.cat([*layers], dim=1)
        return bpr(nodes, batch, n_users), plain_norms(nodes, batch, n_users)
    ranking, penalty = BprAndNorms.apply(*batch.nodes(n_users), *layers)  # type: ignore[no-untyped-call]
    return ranking, penalty


def squared_norms(
    nodes: Float[Tensor, "nodes size"],
    batch: PairBatch,
    n_users: int,
    shard: ColumnShard = WHOLE,
) -> Float[Tensor, ""]:
    """Return half the squared norms of the batch's rows, over the batch size.

    The penalty of LightGCN and its descendants (He et al. 2020, equation 15), per pair.
    """
    if nodes.device.type != "cpu":
        return shard.summed(losses.squared_norms(*batch_rows(nodes, batch, n_users)))
    penalty: Tensor = Norms.apply(nodes, *batch.nodes(n_users), True, shard)  # type: ignore[no-untyped-call]
    return penalty


def plain_norms(
    nodes: Float[Tensor, "nodes size"],
    batch: PairBatch,
    n_users: int,
    shard: ColumnShard = WHOLE,
) -> Float[Tensor, ""]:
    """Return the Frobenius norms of the three groups of rows, added, over the batch size.

    What RecBole applies where `require_pow` is off: NGCF and SimGCL in the paper's runs.
    """
    if nodes.device.type != "cpu":
        rows = batch_rows(nodes, batch, n_users)
        if shard.is_whole:
            return losses.plain_norms(*rows)
        squares = shard.summed(torch.stack([part.square().sum() for part in rows]))
        # Away from zero, where a root has no gradient.
        tiny = torch.finfo(squares.dtype).tiny
        return squares.clamp_min(tiny).sqrt().sum() / batch.users.numel()
    penalty: Tensor = Norms.apply(nodes, *batch.nodes(n_users), False, shard)  # type: ignore[no-untyped-call]
    return penalty
