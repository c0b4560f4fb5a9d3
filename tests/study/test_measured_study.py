"""A study on a machine with counters, which are simulated: a tree whose joules are known."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ecorec.analysis.idle import split_idle
from ecorec.analysis.study_analysis import analyse
from ecorec.energy.rapl_tree import Counter
from ecorec.report.terminal import summary
from ecorec.study.execute import run_study
from ecorec.study.listener import Silent
from ecorec.study.store import read_study
from tests.study.test_study import DATA, small

pytestmark = pytest.mark.xdist_group("study")

WATTS = 30.0
IDLE_WATTS = 20.0


class Tree:
    """A powercap tree of one package, which is as far as the clock is whenever it is read.

    It draws 20 W, and 30 W while something says that it is busy.
    """

    def __init__(self, root: Path) -> None:
        zone = root / "intel-rapl:0"
        zone.mkdir(parents=True)
        self._file = zone / "energy_uj"
        for name, text in {"name": "package-0", "max_energy_range_uj": str(2**40)}.items():
            (zone / name).write_text(text)
        self._lock = threading.Lock()
        self._busy = False
        self._joules, self._at_s = 0.0, time.perf_counter()
        self.advance()

    @property
    def busy(self) -> bool:
        return self._busy

    @busy.setter
    def busy(self, value: bool) -> None:
        self.advance()
        self._busy = value

    def advance(self) -> None:
        with self._lock:
            now_s = time.perf_counter()
            self._joules += (WATTS if self._busy else IDLE_WATTS) * (now_s - self._at_s)
            self._at_s = now_s
            self._file.write_text(f"{round(self._joules * 1e6)}\n")


class Busy(Silent):
    """Tells the tree when runs are under way."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.idle_for: list[float] = []

    def measuring_idle(self, longest_s: float) -> None:
        self.tree.busy = False
        self.idle_for.append(longest_s)

    def job_started(self, _) -> None:
        self.tree.busy = True


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured")
    patch = pytest.MonkeyPatch()
    patch.setenv("ECOREC_CACHE", str(folder / "cache"))
    sensors = {"powercap": str(folder / "tree"), "idle_s": 2.0}
    tree, read = Tree(folder / "tree"), Counter.read_uj

    def read_now(counter: Counter) -> int:
        tree.advance()
        return read(counter)

    def spin(seconds: float) -> None:
        tree.busy = True
        time.sleep(seconds)
        tree.busy = False

    patch.setattr(Counter, "read_uj", read_now)
    patch.setattr("ecorec.energy.counter_test.spin", spin)
    listener = Busy(tree)
    study = run_study(
        small(sensors=sensors, epochs=(30,), models=("popularity", "lightgcn")),
        folder / "out",
        listener=listener,
    )
    patch.undo()
    return study, listener


def test_the_total_is_the_machines_and_reproduces_the_wave(measured) -> None:
    study, _ = measured
    for record in study.records:
        total = record.total
        assert (total.scope, total.methods) == ("machine", ("counter",))
        # A window is as much longer than what the counter saw as reading it took.
        least_s = total.duration_s - record.metering_s
        assert WATTS * least_s - 0.01 <= total.energy_j <= WATTS * total.duration_s + 0.01
        beside = total.in_scope("process")
        assert {item.component for item in beside} == {"cpu", "ram"}


def test_phases_sum_to_the_run_and_the_rest_is_shown(measured) -> None:
    study, _ = measured
    for record in study.records:
        for value in ("duration_s", "cpu_s", "energy_j"):
            whole = getattr(record.total, value)
            parts = sum(getattr(phase, value) for phase in record.phases)
            rest = getattr(record.unbooked, value)
            assert parts + rest == pytest.approx(whole, rel=1e-6)


def test_idle_is_measured_before_and_after_and_dynamic_is_what_is_left(measured) -> None:
    study, listener = measured
    assert listener.idle_for == [2.0, 2.0]
    for baseline in study.info.idle:
        (power,) = baseline.powers
        assert power.power_w == pytest.approx(IDLE_WATTS, rel=0.01)
        assert power.method == "counter"
    record = next(item for item in study.records if item.model == "lightgcn")
    split = split_idle(record, study.info.idle)
    assert split is not None
    seconds = record.total.duration_s
    assert split.idle_j == pytest.approx(IDLE_WATTS * seconds, rel=0.01)
    assert split.dynamic_j == pytest.approx(10.0 * seconds, rel=0.06)
    assert split.dynamic_j + split.idle_j == pytest.approx(record.total.energy_j)


def test_idle_power_and_rates_are_kept_in_the_cache(measured) -> None:
    study, _ = measured
    kept = sorted(file.name.partition("-")[0] for file in (study.path.parent / "cache").iterdir())
    # Rates that were measured beside other work are not kept.
    rated = any(not rates.contaminated for rates in study.info.calibrations)
    assert kept == ["idle", *["rates"] * rated]


def test_the_table_says_counter(measured) -> None:
    study, _ = measured
    lines = [line for line in summary(study).splitlines() if "lightgcn" in line]
    assert "counter" in lines[0]
    assert (
        analyse(study, with_contaminated=True).benchmarks[0].configurations[0].dynamic_j is not None
    )


@pytest.mark.slow
def test_meter_and_rest_are_within_a_hundredth_of_a_run(tmp_path) -> None:
    """In a process of its own, where signatures are not checked as they are under test.

    Epochs take some 150 ms, so that the hundredth is many times what a window costs. A look at
    the sensors may be interrupted by another process: then the next run is looked at.
    """
    words = (
        "run --models lightgcn --epochs 15 --embedding-sizes 128 --set data.k_core=10 "
        "--set learning_rate=0.005 --seeds 1,2,3 --out"
    )
    command = [sys.executable, "-m", "ecorec", *words.split(), str(tmp_path / "out")]
    subprocess.run(command, check=True, capture_output=True)
    records = read_study(tmp_path / "out").records
    assert len(records) == 3
    for record in records:
        assert record.unbooked.cpu_s < 0.01 * record.total.cpu_s
        # Absent, it would be no small rest: both must have been read.
        assert record.unbooked.energy_j is not None
        assert record.total.energy_j is not None
        assert record.unbooked.energy_j < 0.01 * record.total.energy_j
    assert 0 < min(record.metering_s / record.total.duration_s for record in records) < 0.01


def test_threads_kernel_and_dtype_are_factors(tmp_path) -> None:
    study = run_study(
        small(
            models=("lightgcn",),
            datasets=(DATA,),
            epochs=(2,),
            vary={"threads": (1, 2), "kernel": ("fixed-width", "library"), "dtype": ("float32",)},
        ),
        tmp_path / "out",
    )
    conditions = {(record.threads, record.kernel) for record in study.records}
    assert conditions == {(t, k) for t in (1, 2) for k in ("fixed-width", "library")}
    assert len({record.run_id for record in study.records}) == 1
    labels = {item.label for item in analyse(study).benchmarks[0].configurations}
    assert "lightgcn d=8 threads=1 kernel=library" in labels
    again = run_study(
        small(models=("lightgcn",), datasets=(DATA,), epochs=(2,), vary={"threads": (1, 2)}),
        tmp_path / "out",
    )
    assert len(again.records) == 4
