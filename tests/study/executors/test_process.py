"""Studies on several processes of this machine: the same runs, whatever happens to a worker."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ecorec.data.load import load_dataset
from ecorec.energy.reading import Scope
from ecorec.errors import DataError, InputError
from ecorec.study.checks import data_key
from ecorec.study.cpus import free_cpus
from ecorec.study.execute import run_study
from ecorec.study.executors.needs import needs_of
from ecorec.study.listener import Silent
from ecorec.study.plan import plan
from ecorec.study.store import read_study
from tests.analysis.records import Plan, synthesise
from tests.study.executors.small_study import DATA, quality, small, stuck  # noqa: F401

pytestmark = pytest.mark.xdist_group("study")
needs_two_cpus = pytest.mark.skipif(len(free_cpus()) < 2, reason="needs two CPUs for two workers")

TWO = {"executor": {"kind": "process", "workers": 2}}
ONE = {"executor": {"kind": "process", "workers": 1}}


def workers_of(pid: int) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # or a zombie, which is one
            if "ecorec.study.executors.worker_process" in child.cmdline():
                found.append(child)
    return found


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the temporary files of this test and its workers, and of nobody else's."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


class Watching(Silent):
    """Kills the worker of the first training that begins."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.lost: list[str] = []
        self.pinned: set[tuple[int, ...]] = set()

    def job_started(self, job) -> None:
        found = workers_of(os.getpid())
        self.pinned |= {tuple(worker.cpu_affinity()) for worker in found}
        if not self.lost and not self.done:
            for worker in found:
                worker.kill()

    def job_lost(self, job, why) -> None:
        self.lost.append(why)

    def job_done(self, job, records) -> None:
        self.done.append(job.label)


@needs_two_cpus
def test_the_same_runs_as_one_after_another_although_workers_are_killed(
    tmp_path: Path, scratch: Path
) -> None:
    here = run_study(small(), tmp_path / "here")
    watching = Watching()
    there = run_study(small(**TWO), tmp_path / "there", listener=watching)
    assert quality(there) == quality(here)
    assert len(there.records) == 5
    assert sorted(watching.done) == ["itemknn", "lightgcn d=8 seed 1", "lightgcn d=8 seed 2"]
    assert watching.lost
    assert set(watching.lost) == {"its process was ended by SIGKILL (no memory left?)"}
    assert watching.pinned <= {(cpu,) for cpu in free_cpus()}
    assert len(watching.pinned) == 2
    # Metered where it ran: the process that was killed took its joules along, ours took none.
    for record in there.records:
        assert record.shared
        assert record.total.cpu_s > 0
        assert [phase.name for phase in record.phases][:2] == ["load", "split"]
    jobs = plan(small(), 1)
    needs = {job.longest.model: needs_of(job, load_dataset(DATA)).memory_bytes for job in jobs}
    assert all(record.peak_memory_bytes <= needs[record.model] for record in there.records)
    assert [reading.name for reading in there.info.warmups] == ["warmup"]
    assert there.info.warmups[0].cpu_s > 0
    assert not workers_of(os.getpid())
    assert not list(scratch.glob("ecorec-worker-*"))
    assert not list((tmp_path / "there" / "runs").glob(".unfinished*"))


@pytest.mark.parametrize(
    ("scope", "shared", "foreign_share", "contaminated"),
    [
        ("machine", True, 1 / 64, True),  # the counter bills the run beside it, too
        ("machine", False, 1 / 64, False),
        ("process", True, 1 / 64, False),
        ("process", True, 0.06, True),
    ],
)
def test_what_a_counter_of_the_machine_reads_of_runs_side_by_side_is_no_runs_own(
    scope: Scope, shared: bool, foreign_share: float, contaminated: bool
) -> None:
    (record,) = synthesise([Plan("simgcl", 64, foreign_share=foreign_share)]).records
    components = tuple(c.model_copy(update={"scope": scope}) for c in record.total.components)
    total = record.total.model_copy(update={"components": components})
    record = record.model_copy(update={"shared": shared, "total": total})
    assert record.contaminated is contaminated


def test_an_error_of_a_worker_is_the_studys_and_what_is_finished_stays(tmp_path: Path) -> None:
    file = tmp_path / "my.csv"
    rows = [f"u{user},i{(user * 7 + item * item) % 30}" for user in range(30) for item in range(9)]
    file.write_text("\n".join(["user,item", *rows]))

    class Removing(Silent):
        def job_done(self, job, records) -> None:
            file.unlink()

    asked = {
        **ONE, "datasets": (str(file),), "models": ("popularity", "lightgcn"), "seeds": (1,),
        "epochs": (2,),
    }  # fmt: skip
    with pytest.raises(DataError, match=r"lightgcn d=8 seed 1: .*my\.csv") as caught:
        run_study(small(**asked), tmp_path / "s", listener=Removing())
    assert caught.value.exit_code == 2
    assert not workers_of(os.getpid())
    (record,) = read_study(tmp_path / "s").records
    assert (record.model, record.shared) == ("popularity", False)


def test_a_counter_that_failed_its_test_bills_no_run_of_a_worker(
    stuck: Path, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    asked = {"models": ("popularity",), "sensors": {"powercap": str(stuck), "idle_s": 0}}
    (record,) = run_study(small(**asked, **ONE), tmp_path / "s").records
    (counter,) = [c for c in record.total.components if c.sensor == "rapl-package"]
    assert (counter.method, counter.energy_j) == ("absent", None)
    assert "failed its self-test: 0.0 W busy is not more than 0.0 W idle" in counter.reason


def test_ctrl_c_ends_the_workers_and_keeps_what_is_finished(tmp_path: Path, scratch: Path) -> None:
    class Cutting(Silent):
        def job_done(self, job, records) -> None:
            raise KeyboardInterrupt

    asked = {**ONE, "models": ("popularity", "itemknn", "lightgcn"), "seeds": (1,)}
    with pytest.raises(KeyboardInterrupt):
        run_study(small(**asked), tmp_path / "s", listener=Cutting())
    assert not workers_of(os.getpid())
    assert not list(scratch.glob("ecorec-worker-*"))
    assert [record.model for record in read_study(tmp_path / "s").records] == ["popularity"]


@pytest.mark.slow
def test_workers_end_with_the_study_that_is_killed_and_it_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "s"
    command = [
        sys.executable, "-m", "ecorec", "run", "--datasets", DATA, "--models", "itemknn,lightgcn",
        "--embedding-sizes", "8", "--epochs", "400", "--seeds", "1,2", "--topk", "5,10",
        "--threads", "1", "--executor", "process", "--workers", "1", "--checkpoint-every", "20",
        "--out", str(out),
    ]  # fmt: skip
    study = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(out.glob("states/*/account.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    (worker,) = workers_of(study.pid)
    os.kill(study.pid, signal.SIGKILL)
    study.wait()
    assert psutil.wait_procs([worker], timeout=30)[1] == []
    kept = {p: p.read_bytes() for p in out.glob("runs/*/record.json")}
    assert len(kept) < 3
    subprocess.run(command, check=True, capture_output=True)
    found = read_study(out).records
    assert len(found) == 3
    assert {p: p.read_bytes() for p in kept} == kept
    # The state was in the study's folder, which a worker of the same machine sees.
    assert max(record.attempts for record in found) == 2


@pytest.mark.parametrize(
    ("executor", "more", "message"),
    [
        ({"kind": "process"}, {}, "needs to know how many runs there are at a time"),
        ({"kind": "process", "workers": 2, "exclusive": True}, {}, "keeps the runs of a machine"),
        ({"kind": "process", "workers": 1}, {"budget": "1kJ"}, "--budget 1kJ is spent by one run"),
        ({"kind": "process", "workers": 1000}, {}, "--workers 1000 with 1 threads each need 1000"),
        ({"kind": "local", "workers": 2}, {}, "--workers 2: --executor local has one run"),
        ({"kind": "local", "exclusive": False}, {}, "--shared: --executor local has one run"),
        ({"kind": "process", "workers": 1, "address": "a:1"}, {}, "belongs to --executor ray"),
        ({"kind": "dask"}, {}, "executor.kind = `dask`"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_written(
    executor, more, message, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        run_study(small(executor=executor, **more), tmp_path / "s")
    assert caught.value.hint
    assert not (tmp_path / "s").exists()


def test_without_ray_the_error_says_how_to_install_it(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="needs the library ray") as caught:
        run_study(small(executor={"kind": "ray"}), tmp_path / "s")
    assert caught.value.hint == "install it with: pip install 'ecorec[distributed]'"


def test_data_keys_tell_data_sets_apart() -> None:
    one, other = (plan(small(set=values), 1)[0].longest for values in ({}, {"k_core": 2}))
    assert data_key(one) != data_key(other)
