"""The knee of a front, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecorec.analysis.statistics.knee import knee


def test_by_hand() -> None:
    # In logarithms to base ten costs are 0, 1, 2, 3: the chord is at 0, 1/3, 2/3, 1.
    assert knee([0.0, 0.6, 0.9, 1.0], [1.0, 10.0, 100.0, 1000.0]) == 1  # .27 above, then .23
    assert knee([0.0, 0.5, 0.9, 1.0], [1.0, 10.0, 100.0, 1000.0]) == 2  # .17, then .23


def test_costs_are_logarithms() -> None:
    # With plain costs the chord would be at .009 and .099, and the third the farthest above it.
    assert knee([0.0, 0.6, 0.9, 1.0], [1.0, 10.0, 100.0, 1000.0]) == 1


@pytest.mark.parametrize(
    ("quality", "cost"),
    [
        ([0.1, 0.2], [1.0, 2.0]),
        ([0.0, 0.5, 1.0], [1.0, 10.0, 100.0]),
        ([0.0, 0.1, 1.0], [1.0, 10.0, 100.0]),
        ([0.0, 0.9, 1.0], [0.0, 10.0, 100.0]),
        ([0.1, 0.1, 0.1], [1.0, 1.0, 1.0]),
        ([], []),
    ],
    ids=["two points", "a line", "below the chord", "a cost of nothing", "twins", "none"],
)
def test_no_knee(quality: list[float], cost: list[float]) -> None:
    assert knee(quality, cost) is None


steps = st.lists(
    st.tuples(st.floats(0.01, 1), st.floats(1.01, 50)), min_size=3, max_size=8
)  # fmt: skip


@given(steps, st.floats(1e-3, 1e3), st.floats(0.1, 5))
def test_other_watts_and_other_scales_move_no_knee(steps, factor: float, scale: float) -> None:
    quality, cost = [0.0], [1.0]
    for gain, ratio in steps:
        quality.append(quality[-1] + gain)
        cost.append(cost[-1] * ratio)
    found = knee(quality, cost)
    moved = knee([scale * value + 1 for value in quality], [factor * value for value in cost])
    if found != moved:  # only where two points lie equally high
        heights = _heights(quality, cost)
        tops = [heights[i] if i is not None else 0.0 for i in (found, moved)]
        assert tops[0] == pytest.approx(tops[1], abs=1e-6)


def _heights(quality: list[float], cost: list[float]) -> list[float]:
    import math

    logs = [math.log(value / cost[0]) for value in cost]
    return [q / quality[-1] - x / logs[-1] for q, x in zip(quality, logs, strict=True)]
