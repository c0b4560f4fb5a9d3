"""On which node of a cluster a run is placed: by a clock and nodes of our own, without Ray."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.errors import EcorecError
from ecorec.study.executors.needs import Needs
from ecorec.study.executors.ray_nodes import GONE_AFTER_S, NOBODY_FITS_S, QUARANTINE_S, Node, Nodes

GIB = 2**30
nodes_of = st.lists(
    st.tuples(st.integers(1, 8), st.integers(0, 2), st.integers(1, 8)), min_size=1, max_size=4
).map(
    lambda rows: [
        Node(str(at), f"n{at}", cpus, gpus, memory * GIB)
        for at, (cpus, gpus, memory) in enumerate(rows)
    ]
)
asked = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 1), st.integers(1, 6)).map(
        lambda row: Needs(row[0], row[1], row[2] * GIB)
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(nodes=nodes_of, runs=asked, exclusive=st.booleans(), most=st.none() | st.integers(1, 5))
def test_no_node_has_more_than_it_holds(nodes, runs, exclusive, most) -> None:
    placed = Nodes(lambda: nodes, exclusive=exclusive, most=most)
    on: dict[str, list[Needs]] = {node.id: [] for node in nodes}
    for number, needs in enumerate(runs):
        found = placed.find(needs)
        suiting = [node for node in nodes if node.suits(needs)]
        if found is None:
            full = most is not None and sum(map(len, on.values())) >= most
            assert full or all(on[node.id] for node in suiting)
            continue
        placed.place(number, found, needs)
        on[found.id].append(needs)
    for node in nodes:
        there = on[node.id]
        assert sum(needs.cpus for needs in there) <= node.cpus
        assert sum(needs.gpus for needs in there) <= node.gpus
        assert sum(needs.memory_bytes for needs in there) <= node.memory_bytes
        assert len(there) <= 1 or not exclusive
    assert most is None or sum(map(len, on.values())) <= most


def test_a_node_that_lost_a_run_is_left_alone_for_a_while() -> None:
    now = [100.0]
    one, other = Node("a", "a", 2, 0, 8 * GIB), Node("b", "b", 1, 0, 8 * GIB)
    nodes = Nodes(lambda: [one, other], exclusive=True, clock=lambda: now[0])
    needs = Needs(1, 0, GIB)
    nodes.place(0, one, needs)
    nodes.clear(0, lost=True)
    assert nodes.find(needs) == other
    assert nodes.find(Needs(2, 0, GIB)) is None
    now[0] += QUARANTINE_S
    assert nodes.find(Needs(2, 0, GIB)) == one
    nodes.place(1, one, needs)
    nodes.clear(1, lost=False)
    assert nodes.find(Needs(2, 0, GIB)) == one


def test_runs_of_a_node_that_has_left_are_orphaned_unless_it_comes_back() -> None:
    now = [100.0]
    one, other = Node("a", "a", 1, 0, 8 * GIB), Node("b", "b", 1, 0, 8 * GIB)
    alive = [one, other]
    nodes = Nodes(lambda: alive, exclusive=True, clock=lambda: now[0])
    nodes.place(7, one, Needs(1, 0, GIB))
    nodes.place(8, other, Needs(1, 0, GIB))
    assert nodes.orphaned() == []
    alive.remove(one)
    assert nodes.orphaned() == []
    now[0] += GONE_AFTER_S - 1
    assert nodes.orphaned() == []
    alive.append(one)  # a list that was read in between, not a node that died
    assert nodes.orphaned() == []
    alive.remove(one)
    now[0] += 5
    assert nodes.orphaned() == []
    now[0] += GONE_AFTER_S
    assert nodes.orphaned() == [7]
    nodes.clear(7, lost=True)
    assert nodes.orphaned() == []


def test_a_cluster_without_a_node_that_suits_is_waited_for_and_then_named() -> None:
    now, alive = [100.0], []
    nodes = Nodes(lambda: alive, exclusive=True, clock=lambda: now[0])
    needs = Needs(4, 0, 6 * GIB)
    assert nodes.find(needs) is None
    now[0] += NOBODY_FITS_S - 1
    alive.append(Node("a", "small", 2, 0, 8 * GIB))
    assert nodes.find(needs) is None
    now[0] += 1
    with pytest.raises(EcorecError, match=r"no node .* has 4 CPUs, .* small: 2 CPUs, 0 GPUs") as e:
        nodes.find(needs)
    assert "ray start" in e.value.hint
    alive.append(Node("b", "large", 4, 0, 8 * GIB))
    assert nodes.find(needs) == alive[1]
