"""A vector for a user who was not in the training data, from the items of their history.

It is the sum of the items' vectors, each scaled to length one, so that long vectors (popular items,
in most models) do not outweigh the others. LightGCN's propagation would divide by the square root
of degrees instead, which comes closer for LightGCN and falls behind elsewhere; the ridge regression
of implicit ALS (Hu et al., ICDM 2008) assumes scores near one for what a user has, and ranks worse
for models that were trained to order. `docs/how-to/serve.md` compares them. Where a user's vector
*is* the plain sum (PureSVD: the history projected onto the items' factors), the sum is taken, and
the answer is the model's own.
"""

import numpy as np
import torch
from jaxtyping import Float, Int32
from numpy import ndarray
from torch import Tensor

from ecorec.models.served import FoldInRule
from ecorec.serving.tables import Table


def folded_in(
    items: Table, history: Int32[ndarray, " items"], rule: FoldInRule
) -> Float[Tensor, " size"]:
    """Return the vector of a user with this history.

    Args:
        items: Vectors of the items.
        history: Item indices, at least one.
        rule: `sum`, or `unit-sum` after each vector was brought to length one; `unit-sum-bias`, if
            the last column is a bias, which a user does not weigh.
    """
    vectors = items.rows(torch.from_numpy(history.astype(np.int64)))
    if rule == "unit-sum-bias":
        factors = _unit_sum(vectors[:, :-1])
        return torch.cat([factors, factors.new_ones(1)])
    return vectors.sum(dim=0) if rule == "sum" else _unit_sum(vectors)


def _unit_sum(vectors: Float[Tensor, "items size"]) -> Float[Tensor, " size"]:
    norms = vectors.norm(dim=1, keepdim=True)
    return (vectors / torch.where(norms > 0, norms, 1.0)).sum(dim=0)
