"""The front: closed forms, and its definition as a property."""

from hypothesis import given
from hypothesis import strategies as st

from ecorec.analysis.statistics.pareto import exchange_rates, pareto_front

# Few distinct values, so that ties are common.
values = st.integers(0, 6).map(float)
points = st.lists(st.tuples(values, values), max_size=12)


def _dominates(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] >= b[0] and a[1] <= b[1] and a != b


def test_front_runs_from_cheap_to_good() -> None:
    quality = [0.10, 0.17, 0.15, 0.18, 0.16]
    cost = [1.0, 5.0, 6.0, 50.0, 4.0]
    assert pareto_front(quality, cost) == [0, 4, 1, 3]


def test_of_equal_quality_only_the_cheapest_and_of_equal_cost_only_the_best() -> None:
    assert pareto_front([0.2, 0.2], [3.0, 2.0]) == [1]
    assert pareto_front([0.1, 0.2], [2.0, 2.0]) == [1]


def test_points_equal_in_both_are_both_on_the_front() -> None:
    assert pareto_front([0.2, 0.2, 0.1], [2.0, 2.0, 3.0]) == [0, 1]


def test_no_points_no_front() -> None:
    assert pareto_front([], []) == []


@given(points)
def test_on_the_front_is_exactly_what_nothing_dominates(found: list[tuple[float, float]]) -> None:
    front = set(pareto_front([q for q, _ in found], [c for _, c in found]))
    for i, point in enumerate(found):
        dominated = any(_dominates(other, point) for other in found)
        assert (i in front) != dominated


@given(points)
def test_cost_and_quality_never_fall_along_the_front(found: list[tuple[float, float]]) -> None:
    front = [found[i] for i in pareto_front([q for q, _ in found], [c for _, c in found])]
    assert front == sorted(front)
    assert [c for _, c in front] == sorted(c for _, c in front)


def test_exchange_rate_is_cost_over_gain_of_each_step() -> None:
    steps = exchange_rates([0.10, 0.14, 0.15], [1.0, 9.0, 29.0])
    assert [step.index for step in steps] == [0, 1, 2]
    assert steps[0].cost_per_quality is None
    assert abs((steps[1].cost_per_quality or 0) - 200.0) < 1e-9
    assert abs((steps[2].cost_per_quality or 0) - 2000.0) < 1e-6
