"""One work, several processes: each joule once."""

from ecorec.energy.processes import add_phases, add_processes
from ecorec.energy.reading import ComponentEnergy, Reading


def component(name: str, scope: str, joules: float | None, method: str = "counter"):
    return ComponentEnergy(
        component=name, sensor=f"{name}-sensor", method="absent" if joules is None else method,
        scope=scope, energy_j=joules, low_j=joules, high_j=joules,
    )  # fmt: skip


def reading(duration_s: float, cpu_s: float, *components, name: str = "train") -> Reading:
    return Reading(name=name, duration_s=duration_s, cpu_s=cpu_s, components=components)


def test_joules_of_processes_add_up_and_keep_the_worst_method() -> None:
    first = reading(10, 8, component("cpu", "process", 48, "modelled"))
    second = reading(9, 7, component("cpu", "process", 42, "assumed"))
    total = add_processes("train", [("a", first), ("a", second)])
    assert (total.duration_s, total.cpu_s, total.energy_j) == (10, 15, 90)
    assert total.methods == ("assumed",)


def test_a_machine_is_counted_once_and_every_machine_is() -> None:
    first = reading(10, 8, component("cpu", "process", 48), component("machine", "machine", 300))
    second = reading(9, 7, component("cpu", "process", 42), component("machine", "machine", 280))
    third = reading(9, 6, component("cpu", "process", 36), component("machine", "machine", 200))
    total = add_processes("train", [("a", first), ("a", second), ("b", third)])
    assert total.energy_j == 500
    assert sum(item.energy_j for item in total.in_scope("process")) == 126


def test_each_process_counts_the_gpu_that_it_uses() -> None:
    parts = [
        ("a", reading(9, 5, component("gpu", "machine", j), component("cpu", "machine", 70)))
        for j in (100, 110)
    ]
    assert add_processes("train", parts).energy_j == 280


def test_what_one_process_could_not_read_is_absent_in_the_sum() -> None:
    first = reading(10, 8, component("cpu", "process", 48))
    second = reading(9, 7, component("cpu", "process", None))
    assert add_processes("train", [("a", first), ("a", second)]).energy_j is None


def test_a_phase_holds_those_who_had_a_part_in_it() -> None:
    cpu = component("cpu", "process", 10)
    leader = [reading(2, 1, cpu, name="train"), reading(3, 1, cpu, name="test")]
    follower = [reading(2, 1, cpu, name="train")]
    found = add_phases([("a", leader), ("a", follower)])
    assert [(phase.name, phase.energy_j) for phase in found] == [("train", 20), ("test", 10)]
