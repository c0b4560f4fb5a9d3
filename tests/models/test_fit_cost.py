"""Costs of fits by formula: against counted products, fitted models, and by hand."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from ecorec.data.synthetic import block, power_law
from ecorec.models import factors
from ecorec.models.catalogue import MODELS
from ecorec.models.cost import Cost
from ecorec.models.factors import right_singular_vectors
from ecorec.models.problem import Problem
from tests.conftest import graph_of

FITTED = tuple(name for name, entry in MODELS.items() if entry.kind != "trained")
BY_SIZE = ("popularity", "puresvd", "ease", "implicit-als", "implicit-bpr")
FULL = Problem.even(4, 3, 12)
"""Everybody has every item."""


def cost_of(name: str, values: dict[str, Any], problem: Problem) -> Cost:
    return MODELS[name].cost(MODELS[name].config.parse(values, name), problem)


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("sizes", [(60, 40, 1, 9), (30, 50, 5, 20)])
def test_parameters_are_those_of_a_fit_or_bound_them(name: str, sizes: tuple[int, ...]) -> None:
    """A bound holds: never more; and tells something: never fifty times as many."""
    if MODELS[name].kind == "library":
        pytest.importorskip("implicit", reason="needs pip install 'ecorec[implicit]'")
    train = block(*sizes, 0.3, seed=2)
    model = MODELS[name].model(MODELS[name].config())
    model.fit(graph_of(train))
    found, most = model.n_parameters, cost_of(name, {}, Problem.of(train)).n_parameters
    if name in BY_SIZE:
        assert found == most
    else:
        assert most / 50 < found <= most


@pytest.mark.parametrize(("name", "of_users"), [("itemknn", True), ("userknn", False)])
def test_a_neighbourhood_has_one_multiply_add_a_pair(name: str, of_users: bool) -> None:
    history = graph_of(train := power_law(60, 40, 500, 0.6, seed=1)).interactions()
    left, right = (history.T.tocsr(), history) if of_users else (history, history.T.tocsr())
    counted = sum(np.diff(right.indptr)[left.indices])
    other = sum(np.diff(left.indptr)[right.indices])
    cost = cost_of(name, {"n_neighbours": 5}, Problem.of(train))
    assert cost.sparse_multiply_adds_per_epoch == counted != other
    assert cost.n_parameters == 5 * (40 if of_users else 60)


@pytest.mark.parametrize(("rank", "n_rounds"), [(3, 2), (50, 4)])
def test_products_of_a_decomposition_are_counted(
    monkeypatch: pytest.MonkeyPatch, rank: int, n_rounds: int
) -> None:
    """Torch counts no LAPACK: what it does count is a product for Ritz, and one that rotates."""
    history = graph_of(train := power_law(60, 40, 500, 0.6, seed=1)).interactions()
    counted, product = [], factors.rows_of_product

    def multiply(left: Any, right: Any, rows: Any) -> Any:
        counted.append(left.nnz * right.shape[1])
        return product(left, right, rows)

    monkeypatch.setattr(factors, "rows_of_product", multiply)
    with FlopCounterMode(display=False) as flops:
        vectors = right_singular_vectors(history, rank, n_rounds)
    width, found = min(rank + 32, 40), vectors.shape[1]
    cost = cost_of("puresvd", {"n_factors": rank, "n_rounds": n_rounds}, Problem.of(train))
    by_user = history.nnz * found
    assert cost.sparse_multiply_adds_per_epoch == sum(counted) + by_user
    lapack = (n_rounds + 1) * 2 * (40 * width**2 - width**3 / 3) + 3 * width**3
    assert cost.dense_multiply_adds_per_epoch == pytest.approx(
        flops.get_total_flops() / 2 + lapack, rel=1e-12
    )
    smoothed = cost_of("gf-cf", {"n_factors": rank, "n_rounds": n_rounds}, Problem.of(train))
    pairs = Problem.of(train).squared_degrees
    assert smoothed.sparse_multiply_adds_per_epoch == sum(counted) + pairs
    assert smoothed.dense_multiply_adds_per_epoch == cost.dense_multiply_adds_per_epoch


def test_an_inverse_takes_what_the_loops_of_the_textbook_take() -> None:
    """Row by row; lower powers, which the formula leaves out, are 1 % of it for 300 items."""
    n = 300
    factor = sum(column * (n - column) for column in range(n))
    inverse = sum((n - column) * (n - column + 1) / 2 for column in range(n))
    squared = sum(sum(n - row for row in range(column, n)) for column in range(n))
    cost = cost_of("ease", {}, Problem.even(1000, n, 20_000))
    assert cost.dense_multiply_adds_per_epoch == pytest.approx(factor + inverse + squared, rel=0.02)
    assert cost.sparse_multiply_adds_per_epoch == 1000 * 20**2
    assert cost.multiply_adds_per_recommendation == 20 * n


@pytest.mark.parametrize(
    ("filter_", "expected"), [("linear", 9), ("second-order", 18), ("third-order", 27)]
)
def test_a_filter_of_a_full_graph_by_hand(filter_: str, expected: int) -> None:
    """Three items of a user, three edges each; every higher power takes all nine edges again."""
    cost = cost_of("turbo-cf", {"filter": filter_}, FULL)
    assert cost.multiply_adds_per_recommendation == expected
    assert (cost.n_parameters, cost.sparse_multiply_adds_per_epoch) == (9, 4 * 9)
    assert cost_of("turbo-cf", {"n_neighbours": 1}, FULL).n_parameters == 3


def test_a_round_of_slim_by_hand() -> None:
    """Two weights an item; when one changes, so do three residuals."""
    cost = cost_of("slim", {}, FULL)
    assert cost.sparse_multiply_adds_per_epoch == 4 * 9 + 3 * 2 * 3
    assert cost.n_parameters == 6


def test_both_filters_of_gf_cf_by_hand() -> None:
    """Rank 2: for each of three items three edges and two numbers; then two for every item."""
    cost = cost_of("gf-cf", {"n_factors": 2}, FULL)
    assert cost.multiply_adds_per_recommendation == 3 * (3 + 2) + 2 * 3


def test_alternating_least_squares_by_hand() -> None:
    """Seven rows of width 5; 12 interactions, met from both sides; 2 iterations."""
    by_steps = cost_of("implicit-als", {"n_factors": 5, "n_iterations": 2}, FULL)
    assert by_steps.dense_multiply_adds_per_epoch == 2 * (7 * 25 + 4 * 7 * 25)
    assert by_steps.sparse_multiply_adds_per_epoch == 2 * 4 * 24 * (5 + 5)
    exactly = cost_of(
        "implicit-als", {"n_factors": 5, "n_iterations": 2, "conjugate_gradients": False}, FULL
    )
    assert exactly.sparse_multiply_adds_per_epoch == 2 * 24 * (25 + 5)
    assert exactly.dense_multiply_adds_per_epoch == pytest.approx(
        2 * 7 * (25 + 125 / 6 + 25), rel=1e-12
    )


def test_stochastic_steps_by_hand() -> None:
    """Two factors and a bias: 3 for the score, 18 for the factors, 4 for the biases."""
    cost = cost_of("implicit-bpr", {"n_factors": 2, "n_iterations": 7}, FULL)
    assert cost.row_multiply_adds_per_epoch == 7 * 12 * (3 + 18 + 4)
    assert cost.n_parameters == (4 + 3) * 3


@pytest.mark.parametrize("name", ["puresvd", "implicit-als"])
def test_scoring_by_factors_is_counted(name: str) -> None:
    if MODELS[name].kind == "library":
        pytest.importorskip("implicit", reason="needs pip install 'ecorec[implicit]'")
    train = block(50, 30, 3, 9, 0.2, seed=5)
    model = MODELS[name].model(MODELS[name].config(n_factors=7))
    model.fit(graph_of(train))
    with FlopCounterMode(display=False) as flops:
        model.scores(torch.tensor([7]))
    cost = cost_of(name, {"n_factors": 7}, Problem.of(train))
    assert cost.multiply_adds_per_recommendation == flops.get_total_flops() / 2
