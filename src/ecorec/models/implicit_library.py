"""The library `implicit` (extra `implicit`): how its models are reached and run."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
from scipy import sparse

from ecorec.errors import InputError
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.factors import Factors

FLOAT_BYTES = 4
"""Of a factor in the library, whatever the dtype of the run."""

INSTALL = "install it with: pip install 'ecorec[implicit]'"


def fitted(module: str, name: str, graph: BipartiteGraph, **settings: Any) -> Factors:
    """Return the factors of one of the library's models after its fit.

    Args:
        module: Of the library, below `implicit.cpu`.
        name: Of the class.
        graph: Whose interactions are factorised.
        **settings: Of the class, by the library's names.

    Raises:
        InputError: The library is not installed.
    """
    try:
        model_class = getattr(import_module(f"implicit.cpu.{module}"), name)
    except ImportError:
        message = f"{name} is computed by the library `implicit`, which is missing"
        raise InputError(message, hint=INSTALL) from None
    history = sparse.csr_matrix(graph.interactions().astype(np.float32))
    with _one_blas_thread():
        model = model_class(**settings)
        model.fit(history, show_progress=False)
    return Factors.on(graph, model.user_factors, model.item_factors)


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Keep BLAS from starting threads under each of the library's own, as the library asks."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield
