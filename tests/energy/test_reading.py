import pytest
from pydantic import ValidationError

from ecorec.energy.arithmetic import add_readings, subtract_readings
from ecorec.energy.reading import ComponentEnergy, Reading


def energy(
    component: str, method: str, scope: str, joules: float | None, **more
) -> ComponentEnergy:
    values = {
        "component": component, "method": method, "scope": scope, "sensor": f"{method} {component}",
        "energy_j": joules, "low_j": joules, "high_j": joules,
    }  # fmt: skip
    return ComponentEnergy(**{**values, **more})


def reading(*components: ComponentEnergy, name: str = "a", **more) -> Reading:
    return Reading(name=name, duration_s=1, cpu_s=2, components=components, **more)


MODELLED = energy("cpu", "modelled", "process", 30)
PACKAGE = energy("cpu", "counter", "machine", 100)
DRAM = energy("ram", "counter", "machine", 10)
GPU = energy("gpu", "counter", "machine", 200)
WALL = energy("machine", "wall", "machine", 500)


def test_no_joule_counts_twice() -> None:
    """Added up, a model of the CPU and a counter of the package would be 130 J of 100."""
    assert reading(MODELLED, PACKAGE).energy_j == 100
    assert reading(MODELLED, PACKAGE, DRAM, GPU).energy_j == 310
    assert reading(MODELLED, PACKAGE, DRAM, GPU, WALL).energy_j == 500


def test_scopes_are_never_added() -> None:
    both = reading(MODELLED, PACKAGE, DRAM)
    assert (both.scope, both.methods) == ("machine", ("counter",))
    assert sum(item.energy_j for item in both.in_scope("process")) == 30
    assert (reading(MODELLED).scope, reading(MODELLED).energy_j) == ("process", 30)


def test_a_machine_without_its_cpu_is_not_a_machine() -> None:
    part = reading(MODELLED, GPU)
    assert part.in_scope("machine") == ()
    assert (part.scope, part.energy_j) == ("process", 30)
    assert reading(GPU).energy_j is None


def test_the_better_method_of_one_component_counts() -> None:
    assumed = energy("ram", "assumed", "machine", 7)
    assert reading(assumed, PACKAGE, DRAM).energy_j == 110
    assert reading(assumed, PACKAGE).energy_j == 107
    assert reading(assumed, PACKAGE).methods == ("counter", "assumed")


def test_a_sum_is_absent_where_a_part_is() -> None:
    lost = energy("cpu", "absent", "machine", None, sensor="counter cpu", reason="lost")
    total = add_readings("train", [reading(PACKAGE), reading(lost), reading(PACKAGE)])
    assert (total.energy_j, total.duration_s, total.cpu_s) == (None, 3, 6)
    assert total.components[0].reason == "lost"


def test_a_sum_is_absent_where_a_part_never_had_the_sensor() -> None:
    """A run that is resumed on a machine without the counter is not 100 J."""
    total = add_readings("train", [reading(MODELLED, PACKAGE), reading(MODELLED)])
    by_sensor = {item.sensor: item for item in total.components}
    assert by_sensor["modelled cpu"].energy_j == 60
    assert (by_sensor["counter cpu"].energy_j, by_sensor["counter cpu"].method) == (None, "absent")
    assert "not read during a part of the time" in by_sensor["counter cpu"].reason


def test_a_sum_of_methods_is_as_good_as_the_worst() -> None:
    rated = energy("cpu", "modelled", "process", 3, sensor="cpu-time", reason="rated 65 W")
    told = energy("cpu", "assumed", "process", 4, sensor="cpu-time", reason="--watts-per-cpu")
    total = add_readings("train", [reading(rated), reading(told), reading(rated)])
    assert (total.energy_j, total.methods) == (10, ("assumed",))
    assert total.components[0].reason == "rated 65 W; --watts-per-cpu"


def test_nothing_is_less_than_nothing() -> None:
    hair = energy("cpu", "counter", "machine", 100 + 1e-9)
    left = subtract_readings(reading(PACKAGE), [reading(hair)])
    assert left.energy_j == 0
    assert left.duration_s == 0


def test_a_share_that_is_off_both_times_cancels_out_and_an_open_end_does_not() -> None:
    """A meter that counts in steps of 10 J may be off by one at each end of each window."""
    whole = energy("machine", "wall", "machine", 500, low_j=480, high_j=520, edge_j=15)
    part = energy("machine", "wall", "machine", 100, low_j=84, high_j=116, edge_j=15)
    (twice,) = add_readings("b", [reading(part), reading(part)]).components
    assert (twice.low_j, twice.high_j, twice.edge_j) == (168, 232, 30)
    (left,) = subtract_readings(reading(whole), [reading(part), reading(part)]).components
    # 300 J to 1 %, as both are, and three open windows.
    assert (left.energy_j, left.edge_j) == (300, 45)
    assert (left.low_j, left.high_j) == (300 - 3 - 45, 300 + 3 + 45)


def test_what_an_inner_window_did_not_see_cannot_be_subtracted() -> None:
    left = subtract_readings(reading(MODELLED, PACKAGE), [reading(MODELLED)])
    assert [item.energy_j for item in left.components] == [0, None]


def test_a_zero_for_an_unread_value_is_refused() -> None:
    with pytest.raises(ValidationError, match="absent"):
        energy("cpu", "absent", "machine", 0.0)
    with pytest.raises(ValidationError, match="absent"):
        energy("cpu", "counter", "machine", None)


def test_a_part_counts_what_its_whole_counts_or_nothing() -> None:
    """A counter that fails for a moment leaves the whole as it is, and its parts without joules."""
    whole = reading(MODELLED, PACKAGE, DRAM)
    lost = energy("cpu", "absent", "machine", None, sensor="counter cpu", reason="lost")
    assert reading(MODELLED, PACKAGE, DRAM).part_of(whole).energy_j == 110
    assert reading(MODELLED, lost, DRAM).energy_j == 30
    assert reading(MODELLED, lost, DRAM).part_of(whole).energy_j is None
    # A package without its memory, or in place of the wall's meter, is a part as well.
    assert reading(MODELLED, PACKAGE).part_of(whole).energy_j is None
    assert reading(MODELLED, PACKAGE, DRAM).part_of(reading(MODELLED, WALL)).energy_j is None
    # What the whole lacks is in none of its parts.
    assert reading(MODELLED, PACKAGE).part_of(reading(MODELLED, lost)).energy_j == 30
    assert reading(MODELLED, PACKAGE).part_of(reading(lost)).energy_j is None
