"""A study on a machine with counters, which are simulated: a tree whose joules are known."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ecorec.analysis.idle import split_idle
from ecorec.analysis.study_analysis import analyse
from ecorec.report.terminal import summary
from ecorec.study.execute import run_study
from ecorec.study.listener import Silent
from ecorec.study.store import read_study
from tests.study.test_study import DATA, small

pytestmark = pytest.mark.xdist_group("study")

WATTS = 30.0
IDLE_WATTS = 20.0


class Tree:
    """A powercap tree of one package, advanced by a thread.

    It draws 20 W, and 30 W while something says that it is busy.
    """

    def __init__(self, root: Path) -> None:
        zone = root / "intel-rapl:0"
        zone.mkdir(parents=True)
        self.root = root
        self.busy = False
        self._file = zone / "energy_uj"
        for name, text in {"name": "package-0", "max_energy_range_uj": str(2**40)}.items():
            (zone / name).write_text(text)
        self._write(0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Tree":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        joules, last_s = 0.0, time.monotonic()
        while not self._stop.wait(0.002):
            now_s = time.monotonic()
            joules += (WATTS if self.busy else IDLE_WATTS) * (now_s - last_s)
            last_s = now_s
            self._write(round(joules * 1e6))

    def _write(self, microjoules: int) -> None:
        unfinished = self._file.with_suffix(".new")
        unfinished.write_text(f"{microjoules}\n")
        unfinished.replace(self._file)


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
    patch.setattr("platformdirs.user_cache_path", lambda _: folder / "cache")
    sensors = {"powercap": str(folder / "tree"), "idle_s": 2.0}
    with Tree(folder / "tree") as tree:

        def spin(seconds: float) -> None:
            tree.busy = True
            time.sleep(seconds)
            tree.busy = False

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
        # The tree is written every 2 ms and more; a run takes some hundred.
        assert total.energy_j == pytest.approx(WATTS * total.duration_s, rel=0.05, abs=0.3)
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
        assert power.power_w == pytest.approx(IDLE_WATTS, rel=0.03)
        assert power.method == "counter"
    record = next(item for item in study.records if item.model == "lightgcn")
    split = split_idle(record, study.info.idle)
    assert split is not None
    seconds = record.total.duration_s
    assert split.idle_j == pytest.approx(IDLE_WATTS * seconds, rel=0.03)
    assert split.dynamic_j == pytest.approx(10.0 * seconds, rel=0.2, abs=0.3)
    assert split.dynamic_j + split.idle_j == pytest.approx(record.total.energy_j)


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

    Epochs take some 150 ms, so that the hundredth is many times what a window costs.
    """
    words = (
        "run --models lightgcn --epochs 15 --embedding-sizes 128 --set data.k_core=10 "
        "--set learning_rate=0.005 --out"
    )
    command = [sys.executable, "-m", "ecorec", *words.split(), str(tmp_path / "out")]
    subprocess.run(command, check=True, capture_output=True)
    (record,) = read_study(tmp_path / "out").records
    assert 0 < record.metering_s < 0.01 * record.total.duration_s
    assert record.unbooked.cpu_s < 0.01 * record.total.cpu_s
    assert (record.unbooked.energy_j or 0) < 0.01 * (record.total.energy_j or 0)


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
