"""Inner products by either library, of tables and of views, against float64."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ecorec.graph import inner as module
from ecorec.graph.inner import inner

WITH_ONEDNN = pytest.param(
    True,
    marks=pytest.mark.skipif(
        not hasattr(torch.ops.mkldnn, "_linear_pointwise"), reason="torch was built without oneDNN"
    ),
)


@pytest.fixture(params=[False, WITH_ONEDNN], ids=["MKL", "oneDNN"], scope="module")
def library(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@given(
    sizes=st.tuples(st.integers(0, 40), st.integers(1, 70), st.integers(1, 40)),
    turned=st.tuples(st.booleans(), st.booleans()),
    seed=st.integers(0, 99),
)
def test_every_row_with_every_row(
    library: bool, sizes: tuple[int, int, int], turned: tuple[bool, bool], seed: int
) -> None:
    rows, size, columns = sizes
    rng = torch.Generator().manual_seed(seed)

    def table(height: int, by_column: bool) -> torch.Tensor:
        if by_column:
            return torch.randn(size, height, generator=rng).T
        return torch.randn(height, size, generator=rng)

    left, right = table(rows, turned[0]), table(columns, turned[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "takes_onednn", lambda: library)
        found = inner(left, right)
    expected = left.double() @ right.double().T
    assert found.shape == (rows, columns)
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)


def test_float64_is_multiplied_in_float64(library: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "takes_onednn", lambda: library)
    left = torch.tensor([[1.0, 1e-12]], dtype=torch.float64)
    assert float(inner(left, left)) == 1.0 + 1e-24
    assert float(inner(left, torch.tensor([[0.0, 1.0]], dtype=torch.float64))) == 1e-12


def test_room_that_was_given_holds_the_result_of_mkl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "takes_onednn", lambda: False)
    room = torch.zeros(3, 2)
    found = inner(torch.ones(2, 4), torch.ones(2, 4), room)
    assert found.data_ptr() == room.data_ptr()
    assert room.tolist() == [[4.0, 4.0], [4.0, 4.0], [0.0, 0.0]]
