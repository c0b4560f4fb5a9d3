import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecorec.energy.arithmetic import add_readings
from ecorec.energy.ledger import Ledger
from ecorec.energy.reading import Reading


def joules(ledger: Ledger) -> dict[str, float]:
    return {phase.name: phase.energy_j for phase in ledger.phases()}


def test_phases_are_exclusive_and_the_rest_is_shown(clock, meter) -> None:
    ledger = Ledger(meter)
    clock.sleep(1)  # booked nowhere
    with ledger.phase("train") as window:
        clock.sleep(2)
        with ledger.phase("validate"):
            clock.sleep(3)
        clock.sleep(4)
    with ledger.phase("validate"):
        clock.sleep(5)
    assert joules(ledger) == {"validate": 40, "train": 30}
    assert [phase.duration_s for phase in ledger.phases()] == [8, 6]
    assert [phase.cpu_s for phase in ledger.phases()] == [16, 12]
    assert window.reading.energy_j == 45  # a window itself holds all that is in it
    assert ledger.total().energy_j == 75
    rest = ledger.rest()
    assert (rest.name, rest.energy_j, rest.duration_s, rest.cpu_s) == ("unbooked", 5, 1, 2)


@pytest.mark.parametrize("closing", [False, True])
def test_a_window_that_ctrl_c_left_open_is_in_the_phase_around_it(
    clock, meter, monkeypatch, closing: bool
) -> None:
    ledger, now = Ledger(meter), meter.now

    def interrupted(**how: bool) -> object:
        if how.get("closing", False) == closing:
            raise KeyboardInterrupt
        return now(**how)

    with ledger.phase("train"):
        clock.sleep(2)
        with monkeypatch.context() as patch:
            patch.setattr(meter, "now", interrupted)
            with pytest.raises(KeyboardInterrupt), ledger.phase("checkpoint"):
                clock.sleep(3)
    with monkeypatch.context() as patch:
        patch.setattr(meter, "now", interrupted)
        with pytest.raises(KeyboardInterrupt), ledger.aside("test"):
            clock.sleep(1)
    spent_s = 6 if closing else 2
    assert joules(ledger) == {"train": 5 * (5 if closing else 2)}
    assert ledger.total().energy_j == 5 * spent_s


def test_keeping_the_books_is_no_part_of_what_is_measured(clock, meter, monkeypatch) -> None:
    """Adding up takes an hour of the clock, and happens after the run is over."""

    def slow(name: str, readings: list[Reading]) -> Reading:
        clock.sleep(3600)
        return add_readings(name, readings)

    monkeypatch.setattr("ecorec.energy.ledger.add_readings", slow)
    ledger = Ledger(meter)
    for _ in range(3):
        with ledger.phase("train"), ledger.phase("validate"):
            clock.sleep(2)
    total = ledger.total()
    assert (total.duration_s, total.energy_j) == (6, 30)


def test_a_range_is_subtracted_end_by_end(clock, meter) -> None:
    ledger = Ledger(meter)
    with ledger.phase("train"):
        clock.sleep(2)
        with ledger.phase("validate"):
            clock.sleep(1)
    _, train = ledger.phases()
    assert (train.low_j, train.energy_j, train.high_j) == (8, 10, 12)


def test_an_aside_is_in_no_phase_and_not_in_the_total(clock, meter) -> None:
    ledger = Ledger(meter)
    with ledger.phase("train"):
        clock.sleep(2)
        with ledger.aside("test") as inside:
            clock.sleep(10)
    with ledger.aside("test") as outside:
        clock.sleep(7)
    assert (inside.reading.energy_j, outside.reading.energy_j) == (50, 35)
    assert joules(ledger) == {"train": 10}
    assert (ledger.total().energy_j, ledger.total().duration_s) == (10, 2)
    assert ledger.rest().energy_j == 0


def test_what_is_inside_an_aside_is_left_out_once(clock, meter) -> None:
    ledger = Ledger(meter)
    with ledger.phase("train"):
        clock.sleep(1)
        with ledger.aside("shorter run") as aside:
            clock.sleep(2)
            with ledger.phase("test") as test:
                clock.sleep(4)
            with ledger.aside("still shorter run"):
                clock.sleep(8)
    assert (aside.reading.energy_j, test.reading.energy_j) == (70, 20)
    assert joules(ledger) == {"train": 5}
    assert ledger.total().energy_j == 5


def test_an_earlier_attempt_is_carried_and_comes_first(clock, meter) -> None:
    first = Ledger(meter)
    with first.phase("load"):
        clock.sleep(1)
    with first.phase("train"):
        clock.sleep(3)
    clock.sleep(2)
    phases, total = first.phases(), first.total()
    clock.sleep(1000)  # the machine was off
    second = Ledger(meter)
    with second.phase("init"):
        clock.sleep(8)
    second.carry(phases, total)
    with second.phase("train"):
        clock.sleep(4)
    assert list(joules(second).items()) == [("load", 5), ("train", 35), ("init", 40)]
    assert second.total().energy_j == 90
    assert second.rest().energy_j == 10


def test_a_body_that_raises_is_booked_up_to_there(clock, meter) -> None:
    ledger = Ledger(meter)

    def train() -> None:
        with ledger.phase("train"):
            clock.sleep(2)
            with ledger.aside("test"):
                clock.sleep(4)
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train()
    assert joules(ledger) == {"train": 10}
    assert ledger.total().energy_j == 10
    with ledger.phase("after"):
        clock.sleep(1)
    assert joules(ledger) == {"train": 10, "after": 5}


def test_a_phase_lost_once_is_absent_and_so_is_nothing_else(clock, steady, meter) -> None:
    ledger = Ledger(meter)
    for broken in (False, True, False):
        with ledger.phase("train"):
            clock.sleep(1)
            steady.lost = broken
        steady.lost = False
    with ledger.phase("test"):
        clock.sleep(1)
    assert joules(ledger) == {"train": None, "test": 5}
    assert ledger.phases()[0].components[0].reason == "permission was lost"
    assert ledger.total().energy_j == 20  # the counter went on while nobody could read it
    assert ledger.rest().energy_j is None


def test_a_warning_is_kept_once(clock, meter) -> None:
    ledger = Ledger(meter)
    for length_s in (0.001, 0.002, 0.003):
        with ledger.phase("blink"):
            clock.sleep(length_s)
    assert len(ledger.phases()[0].warnings) == 1


# Eighths of seconds, which floating point adds without error.
EIGHTHS = st.integers(0, 80).map(lambda n: n / 8)
TREES = st.recursive(
    st.tuples(st.just("rest"), EIGHTHS),
    lambda inner: st.tuples(st.sampled_from(["a", "b", "aside"]), st.lists(inner, max_size=4)),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TREES, max_size=5))
def test_every_joule_is_booked_once_however_phases_nest(new_meter, trees) -> None:
    clock, meter = new_meter()
    expected = {"a": 0.0, "b": 0.0, "aside": 0.0, "rest": 0.0}
    ledger = Ledger(meter)

    def live(tree, owner: str) -> None:
        kind, content = tree
        if kind == "rest":
            clock.sleep(content)
            expected[owner] += 5 * content
            return
        owner = "aside" if "aside" in (kind, owner) else kind
        with ledger.aside(kind) if kind == "aside" else ledger.phase(kind):
            for child in content:
                live(child, owner)

    for tree in trees:
        live(tree, "rest")
    booked = joules(ledger)
    assert all(booked.get(name, 0.0) == expected[name] for name in ("a", "b"))
    assert ledger.rest().energy_j == expected["rest"]
    assert ledger.total().energy_j == expected["a"] + expected["b"] + expected["rest"]


def test_an_account_knows_what_it_began_to_count(clock, steady, meter) -> None:
    ledger = Ledger(meter)
    clock.sleep(3)
    steady.lost = True
    assert ledger.total().part_of(ledger.begun).energy_j is None
    steady.lost = False
    clock.sleep(1)
    assert ledger.total().part_of(ledger.begun).energy_j == 20
    steady.lost = True
    late = Ledger(meter)
    assert late.begun.scope is None
    steady.lost = False
    late.carry([], ledger.total())
    assert late.begun.scope is None
