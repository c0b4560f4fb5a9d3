"""RAPL against a simulated powercap tree: nobody here has a processor that shows its own."""

import math
import os
from itertools import pairwise
from pathlib import Path

import pytest

from ecorec.energy.arithmetic import add_readings
from ecorec.energy.meter import Meter
from ecorec.energy.rapl import rapl_sensors
from ecorec.energy.rapl_tree import Counter, find_counters, without_mirrors
from ecorec.energy.sensor import AbsentSensor

FULL_UJ = 262_143_328_850  # as Intel's server parts state it


class Tree:
    """A powercap tree whose counters can be set, in joules."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        (root / "intel-rapl").mkdir()  # the control type itself, which is no zone

    def add(self, zone: str, name: str, joules: float = 0.0, full_uj: int = FULL_UJ) -> None:
        folder = self.root / zone
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "max_energy_range_uj").write_text(f"{full_uj}\n")
        self.set(zone, joules)

    def set(self, zone: str, joules: float) -> None:
        (self.root / zone / "energy_uj").write_text(f"{round(joules * 1e6)}\n")

    def hide(self, zone: str) -> None:
        # Unreadable even for root, whom permissions do not stop.
        (self.root / zone / "energy_uj").rename(self.root / zone / "hidden")

    def show(self, zone: str) -> None:
        (self.root / zone / "hidden").rename(self.root / zone / "energy_uj")


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path / "powercap")


def test_packages_are_added_and_memory_is_apart(tree, clock) -> None:
    tree.add("intel-rapl:0", "package-0", 1000)
    tree.add("intel-rapl:0:0", "dram", 50)
    tree.add("intel-rapl:1", "package-1", 7)
    tree.add("intel-rapl:1:0", "dram", 3)
    with Meter(rapl_sensors(tree.root, clock), clock=clock).window("a") as window:
        clock.sleep(10)
        tree.set("intel-rapl:0", 1100)
        tree.set("intel-rapl:1", 47)
        tree.set("intel-rapl:0:0", 55)
        tree.set("intel-rapl:1:0", 4)
    cpu, ram = window.reading.components
    assert (cpu.component, cpu.energy_j, cpu.low_j, cpu.high_j) == ("cpu", 140, 140, 140)
    assert (ram.component, ram.energy_j) == ("ram", 6)
    assert {(item.method, item.scope) for item in (cpu, ram)} == {("counter", "machine")}
    assert window.reading.energy_j == 146


def test_only_whole_packages_count(tree, clock) -> None:
    """Cores and graphics are inside the package, the platform is around it."""
    tree.add("intel-rapl:0", "package-0")
    tree.add("intel-rapl:0:0", "core")
    tree.add("intel-rapl:0:1", "uncore")
    tree.add("intel-rapl:1", "psys")
    tree.add("intel-rapl-mmio:0", "package-0")  # the same package, through other registers
    package, memory = rapl_sensors(tree.root, clock)
    assert [counter.zone.name for counter in package._counters] == ["intel-rapl:0"]
    assert memory.method == "absent"
    assert memory.between(None, None).reason == "this processor has no counter of its memory"


def test_a_nested_tree_is_read_as_well_and_nothing_twice(tree) -> None:
    tree.add("intel-rapl:0", "package-0")
    tree.add("intel-rapl:0/intel-rapl:0:0", "dram")
    (tree.root / "intel-rapl:0:0").symlink_to(tree.root / "intel-rapl:0/intel-rapl:0:0")
    assert [counter.name for counter in find_counters(tree.root)] == ["package-0", "dram"]


def test_a_counter_that_was_full_starts_again(tree, clock) -> None:
    tree.add("intel-rapl:0", "package-0", joules=FULL_UJ / 1e6 - 60)
    package, _ = rapl_sensors(tree.root, clock)
    start = package.read()
    clock.sleep(2)
    tree.set("intel-rapl:0", 40)
    assert package.between(start, package.read()).energy_j == pytest.approx(100, abs=1e-5)


def test_counters_of_two_packages_are_full_at_their_own_times(tree, clock) -> None:
    tree.add("intel-rapl:0", "package-0", 65_000, full_uj=65_532_610_987)
    tree.add("intel-rapl:1", "package-1", 10)
    package, _ = rapl_sensors(tree.root, clock)
    start = package.read()
    clock.sleep(30)
    tree.set("intel-rapl:0", 100)
    tree.set("intel-rapl:1", 20)
    expected = 65_532.610987 - 65_000 + 100 + 10
    assert package.between(start, package.read()).energy_j == pytest.approx(expected, abs=1e-5)


def test_a_counter_that_may_have_been_full_twice_is_absent(tree, clock) -> None:
    tree.add("intel-rapl:0", "package-0", 100)
    package, _ = rapl_sensors(tree.root, clock)
    before = package.read()
    clock.sleep(3600)
    tree.set("intel-rapl:0", 200)
    after = package.read()
    lost = package.between(before, after)
    assert (lost.energy_j, lost.method) == (None, "absent")
    assert lost.reason == "not read for 3600 s: a counter may have been full twice"
    clock.sleep(1)
    tree.set("intel-rapl:0", 230)
    assert package.between(after, package.read()).energy_j == pytest.approx(30)


def test_an_hour_is_read_if_somebody_looks_in_between(tree, clock) -> None:
    """300 W for two hours fill the counter eight times."""
    tree.add("intel-rapl:0", "package-0")
    package, _ = rapl_sensors(tree.root, clock)
    start, joules = package.read(), 0.0
    for _ in range(120):
        clock.sleep(60)
        joules += 300 * 60
        tree.set("intel-rapl:0", joules % (FULL_UJ / 1e6))
        package.sample()
    assert package.between(start, package.read()).energy_j == pytest.approx(2_160_000, abs=0.01)


def test_a_look_that_failed_makes_absent_what_is_around_it(tree, clock) -> None:
    tree.add("intel-rapl:0", "package-0")
    package, _ = rapl_sensors(tree.root, clock)
    start = package.read()
    package.lose("it could not be looked at")
    after = package.read()
    found = package.between(start, after)
    assert (found.method, found.reason) == ("absent", "it could not be looked at")
    assert package.between(after, package.read()).energy_j == 0


def test_a_counter_that_began_anew_is_absent_around_that_only(tree, clock) -> None:
    """Read as a full counter, 10 J after 5,000 J would be 257 kJ in a second."""
    tree.add("intel-rapl:0", "package-0", 5000)
    package, _ = rapl_sensors(tree.root, clock)
    moments = [package.read()]
    for joules in (5050, 10, 60):
        clock.sleep(1)
        tree.set("intel-rapl:0", joules)
        moments.append(package.read())
    energies = [package.between(a, b) for a, b in pairwise(moments)]
    assert [item.energy_j for item in energies] == [50, None, pytest.approx(50)]
    assert "began anew" in energies[1].reason
    assert package.between(moments[0], moments[-1]).energy_j is None


@pytest.fixture
def held(tree, clock, monkeypatch) -> list[float]:
    """Seconds that a reader is held after each look; every counter of the tree draws 200 W."""
    seconds, read = [0.0], Counter.read_uj

    def read_and_wait(counter: Counter) -> int:
        tree.set(counter.zone.name, 200 * clock())
        value = read(counter)
        clock.sleep(seconds[0])
        return value

    monkeypatch.setattr(Counter, "read_uj", read_and_wait)
    return seconds


@pytest.mark.parametrize("held_s", [0.004, 0.006, 0.05, 3.0])
def test_a_reader_that_is_held_after_its_look_loses_nothing(tree, clock, held, held_s) -> None:
    """The joules of the time that it was held are seen at the next look, a moment later."""
    tree.add("intel-rapl:0", "package-0")
    package, _ = rapl_sensors(tree.root, clock)
    start = package.read()
    clock.sleep(10)
    held[0] = held_s
    package.sample()
    held[0] = 0.0
    found = package.between(start, package.read())
    assert found.energy_j == pytest.approx(200 * (10 + held_s))


def test_dies_that_mirror_their_socket_count_once(tree, clock) -> None:
    """Added up, 100 J of a socket with two dies would be 200 J."""
    for zone, name in enumerate(["package-0-die-0", "package-0-die-1", "package-1-die-0"]):
        tree.add(f"intel-rapl:{zone}", name, 5000 if zone < 2 else 800)
    tree.add("intel-rapl:3", "package-1-die-1", 800.2)
    package, _ = rapl_sensors(tree.root, clock)
    start = package.read()
    clock.sleep(1)
    for zone, joules in enumerate([5100, 5100, 830, 830.2]):
        tree.set(f"intel-rapl:{zone}", joules)
    assert package.between(start, package.read()).energy_j == pytest.approx(130)


@pytest.mark.parametrize("held_s", [0.0, 0.006, 2.0])
def test_mirrored_dies_are_known_by_a_reader_that_is_held(tree, clock, held, held_s) -> None:
    for die in range(3):
        tree.add(f"intel-rapl:{die}", f"package-0-die-{die}")
    held[0] = held_s
    packages = find_counters(tree.root)
    assert without_mirrors(packages) == packages[:1]


def test_dies_with_counters_of_their_own_are_added(tree, clock) -> None:
    tree.add("intel-rapl:0", "package-0-die-0", 5000)
    tree.add("intel-rapl:1", "package-0-die-1", 4200)
    package, _ = rapl_sensors(tree.root, clock)
    start = package.read()
    clock.sleep(1)
    tree.set("intel-rapl:0", 5100)
    tree.set("intel-rapl:1", 4260)
    assert package.between(start, package.read()).energy_j == pytest.approx(160)


def test_a_permission_lost_in_mid_run_is_absent_until_it_is_back(tree, clock) -> None:
    tree.add("intel-rapl:0", "package-0")
    tree.add("intel-rapl:0:0", "dram")
    meter = Meter(rapl_sensors(tree.root, clock), clock=clock)
    readings = []
    for joules, act in enumerate([lambda _: None, tree.hide, tree.show, lambda _: None], start=1):
        with meter.window("train") as window:
            clock.sleep(1)
            act("intel-rapl:0")
            if act != tree.hide:
                tree.set("intel-rapl:0", 50 * joules)
        readings.append(window.reading)
    cpu = [reading.components[0] for reading in readings]
    assert [item.energy_j for item in cpu] == [50, None, None, 50]
    assert "lost while measuring" in cpu[1].reason
    assert "energy_uj" in cpu[1].reason
    assert [reading.components[1].energy_j for reading in readings] == [0, 0, 0, 0]
    assert add_readings("train", readings).energy_j is None


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_permission_never_had_says_what_to_do(tree, clock) -> None:
    tree.add("intel-rapl:0", "package-0")
    (tree.root / "intel-rapl:0" / "energy_uj").chmod(0)
    package, _ = rapl_sensors(tree.root, clock)
    assert "sudo chmod a+r" in package.between(None, None).reason


def test_a_refusal_says_what_to_do(tree, clock, monkeypatch) -> None:
    """As above, for whoever runs the tests as root."""
    tree.add("intel-rapl:0", "package-0")
    forbidden = str(tree.root / "intel-rapl:0" / "energy_uj")
    read = Path.read_text

    def refuse(path: Path) -> str:
        if str(path) == forbidden:
            raise PermissionError(13, "Permission denied", forbidden)
        return read(path)

    monkeypatch.setattr(Path, "read_text", refuse)
    package, _ = rapl_sensors(tree.root, clock)
    assert isinstance(package, AbsentSensor)
    reason = f"no permission to read {forbidden}: sudo chmod a+r {forbidden}"
    assert package.between(None, None).reason == reason


def test_a_damaged_counter_is_absent_and_not_a_zero(tree, clock) -> None:
    tree.add("intel-rapl:0", "package-0")
    (tree.root / "intel-rapl:0" / "energy_uj").write_text("")
    package, _ = rapl_sensors(tree.root, clock)
    assert package.between(None, None).reason.startswith("cannot be read")


def test_a_waveform_is_reproduced(tree, clock) -> None:
    """A load that swings between 40 and 160 W, read five times a second; the bar is 0.5 %."""
    tree.add("intel-rapl:0", "package-0", full_uj=5_000_000_000)
    meter = Meter([rapl_sensors(tree.root, clock)[0]], clock=clock)

    def integral(at_s: float) -> float:
        return 100 * at_s + 60 * (1 - math.cos(at_s))

    began, readings = clock(), []
    for _ in range(300):
        with meter.window("train") as window:
            clock.sleep(0.2)
            tree.set("intel-rapl:0", integral(clock() - began) % 5000)
        readings.append(window.reading)
    total = add_readings("train", readings)
    assert total.energy_j == pytest.approx(integral(60), rel=1e-6)
    assert total.warnings == ()


def test_an_empty_tree_says_so(tree, clock) -> None:
    package, _ = rapl_sensors(tree.root, clock)
    assert package.between(None, None).reason == f"no package counter under {tree.root}"
