"""The library's models: ALS against dense least squares, and what is said without it."""

import importlib.util
import sys

import numpy as np
import pytest
import torch

from ecorec.errors import InputError
from ecorec.models.implicit_als import ImplicitALS, ImplicitALSConfig
from ecorec.models.implicit_bpr import ImplicitBPR, ImplicitBPRConfig
from tests.conftest import csr_of, graph_of

needs_library = pytest.mark.skipif(
    importlib.util.find_spec("implicit") is None,
    reason="needs the library implicit: pip install 'ecorec[implicit]'",
)


def solved(filled: np.ndarray, fixed: np.ndarray, confidence: float, l2: float) -> np.ndarray:
    rows = []
    for row in filled:
        weight = np.where(row > 0, confidence, 1.0)
        gram = (fixed * weight[:, None]).T @ fixed + l2 * np.eye(fixed.shape[1])
        rows.append(np.linalg.solve(gram, fixed.T @ (weight * row)))
    return np.array(rows)


@needs_library
@pytest.mark.parametrize("confidence", [1.0, 7.0])
def test_als_is_a_fixed_point_of_dense_least_squares(blocks, confidence: float) -> None:
    config = ImplicitALSConfig(
        n_factors=3, l2_weight=0.5, confidence=confidence, n_iterations=200,
        conjugate_gradients=False,
    )  # fmt: skip
    model = ImplicitALS(config)
    model.fit(graph_of(blocks))
    users, items = (model.state()[key].numpy() for key in ("users", "items"))
    filled = csr_of(blocks).toarray()
    np.testing.assert_allclose(solved(filled, items, confidence, 0.5), users, atol=1e-3)
    np.testing.assert_allclose(solved(filled.T, users, confidence, 0.5), items, atol=1e-3)


@needs_library
def test_bpr_repeats_itself_and_its_seed_matters(blocks) -> None:
    def scores(seed: int) -> torch.Tensor:
        model = ImplicitBPR(ImplicitBPRConfig(n_factors=4, n_iterations=5, random_seed=seed))
        model.fit(graph_of(blocks))
        return model.scores(torch.arange(blocks.n_users))

    assert torch.equal(scores(0), scores(0))
    assert not torch.equal(scores(0), scores(1))


@pytest.mark.parametrize(
    "model", [ImplicitALS(ImplicitALSConfig()), ImplicitBPR(ImplicitBPRConfig())]
)
def test_without_the_library_it_says_how_to_get_it(blocks, model, monkeypatch) -> None:
    for name in ("implicit.cpu.als", "implicit.cpu.bpr"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match="library `implicit`, which is missing") as caught:
        model.fit(graph_of(blocks))
    assert caught.value.hint == "install it with: pip install 'ecorec[implicit]'"
