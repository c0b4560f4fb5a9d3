"""Studies on a Ray cluster of three nodes: the same runs, whatever happens to driver and nodes."""

import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ecorec.study.execute import run_study
from ecorec.study.settings import StudySettings
from ecorec.study.store import read_study
from tests.study.executors.small_study import quality

pytest.importorskip("ray", reason="needs ray: pip install 'ecorec[distributed]'")
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.xdist_group("ray"),
    pytest.mark.filterwarnings("default"),  # those of ray are not ours
]

WITHIN_S = 600
N_NODES = 3
GRID = {
    "datasets": ("movietweetings",),
    "models": ("bpr-mf", "lightgcn"),
    "embedding_sizes": (4, 8),
    "epochs": (2,),
    "threads": 1,
    "set": {"k_core": 10},
}
TRAINING = "ray::ecorec:"
"""How Ray titles a process while it has a task of ours."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        from ray.cluster_utils import Cluster

        found = Cluster()
        for _ in range(N_NODES):
            found.add_node(num_cpus=1, memory=4 * 2**30, include_dashboard=False)
        yield found
        found.shutdown()


def command(cluster, out: Path, seeds: str, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "ecorec", "run", "--datasets", "movietweetings", "--k-core", "10",
        "--models", "bpr-mf,lightgcn", "--embedding-sizes", "4,8", "--epochs", "2",
        "--seeds", seeds, "--threads", "1", "--out", str(out),
        "--executor", "ray", "--address", cluster.address, *more,
    ]  # fmt: skip


def start(words: list[str], said: Path) -> "subprocess.Popen[bytes]":
    with said.open("wb") as stream:
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=stream)


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def n_records(out: Path) -> int:
    return len([p for p in out.glob("runs/*/record.json") if not p.parent.name.startswith(".")])


def all_nodes(cluster) -> list[object]:
    return [cluster.head_node, *cluster.worker_nodes]


def trainings(node) -> list[psutil.Process]:
    """Return the processes of a node that have a run under way."""
    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
    found = []
    for child in raylet.children(recursive=True):
        try:
            if child.cmdline()[:1] and child.cmdline()[0].startswith(TRAINING):
                found.append(child)
        except psutil.Error:
            continue
    return found


def done(said: Path) -> list[str]:
    return re.findall(r"^\[\d+/\d+\] (.+?):", said.read_text(), flags=re.MULTILINE)


def test_nothing_is_lost_or_run_twice_when_driver_and_node_die(cluster, tmp_path: Path) -> None:
    here = run_study(StudySettings(**GRID, seeds=(1, 2, 3, 4, 5, 6)), tmp_path / "here")
    assert len(here.records) == 24
    out, said = tmp_path / "there", [tmp_path / f"said{at}.txt" for at in range(3)]
    words = command(cluster, out, "1,2,3,4,5,6")

    # Ctrl-C: finished runs are kept, and nothing of the study goes on.
    driver = start(words, said[0])
    wait_until(lambda: n_records(out) >= 3)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(WITHIN_S) == 130, said[0].read_text()
    assert "the same command again runs what is missing" in said[0].read_text()
    wait_until(lambda: not any(map(trainings, all_nodes(cluster))))
    stopped_at = n_records(out)

    # A driver that is killed takes its tasks along.
    driver = start(words, said[1])
    wait_until(lambda: n_records(out) >= stopped_at + 4)
    driver.kill()
    driver.wait()
    wait_until(lambda: not any(map(trainings, all_nodes(cluster))))
    kept = {p: p.read_bytes() for p in out.glob("runs/*/record.json") if p.parent.name[0] != "."}
    assert stopped_at + 4 <= len(kept) < 24

    # A node that dies in the middle of a run: the others do its work.
    driver = start(words, said[2])
    wait_until(lambda: n_records(out) >= len(kept) + 3)
    lost = next(iter(cluster.worker_nodes))
    held: list[psutil.Process] = []

    def holds_a_run() -> bool:
        for process in trainings(lost):
            process.suspend()  # so that it cannot end before its node does, nor after
            if process.cmdline()[0].startswith(TRAINING):
                held.append(process)
                return True
            process.resume()
        return False

    wait_until(holds_a_run)
    cluster.remove_node(lost, allow_graceful=False)
    try:
        assert driver.wait(WITHIN_S) == 0, said[2].read_text()
    finally:
        for process in held:
            with suppress(psutil.NoSuchProcess):  # Ray may have ended it meanwhile
                process.kill()
    assert "is run again: " in said[2].read_text()

    there = read_study(out)
    assert len(there.records) == 24
    assert quality(there) == quality(here)
    assert {p: p.read_bytes() for p in kept} == kept
    told = Counter(line for file in said for line in done(file))
    assert max(told.values()) == 1
    # Metered on its node, alone there as far as the study goes.
    assert all(record.total.cpu_s > 0 and not record.shared for record in there.records)
    assert there.info.warmups
    assert there.info.machines[-1].machine_id == there.records[0].machine.machine_id


def test_two_studies_share_a_cluster_and_no_node_has_two_runs(cluster, tmp_path: Path) -> None:
    outs = [tmp_path / "one", tmp_path / "two"]
    said = [tmp_path / "said1.txt", tmp_path / "said2.txt"]
    drivers = [
        start(command(cluster, out, "1", "--checkpoint-every", "1"), file)
        for out, file in zip(outs, said, strict=True)
    ]
    most, deadline = 0, time.monotonic() + WITHIN_S
    while any(driver.poll() is None for driver in drivers) and time.monotonic() < deadline:
        most = max(most, *(len(trainings(node)) for node in all_nodes(cluster)))
        time.sleep(0.05)
    assert [driver.wait(1) for driver in drivers] == [0, 0], [file.read_text() for file in said]
    assert most == 1
    one, two = map(read_study, outs)
    assert len(one.records) == 4
    assert quality(one) == quality(two)
    assert not list(outs[0].glob("states/*/*"))


def test_runs_share_nodes_if_told_so_and_their_records_say_it(cluster, tmp_path: Path) -> None:
    out, said = tmp_path / "s", tmp_path / "said.txt"
    words = command(cluster, out, "1", "--shared", "--workers", "2")
    assert start(words, said).wait(WITHIN_S) == 0, said.read_text()
    records = read_study(out).records
    assert len(records) == 4
    assert all(record.shared for record in records)
    assert "runs share nodes" in said.read_text()


def test_what_a_cluster_cannot_do_is_said_before_anything_is_written(cluster, tmp_path) -> None:
    out, said = tmp_path / "s", tmp_path / "said.txt"
    for words, message in (
        (["--threads", "64"], "--threads 64 is more than the 1 CPUs of the largest node"),
        (["--device", "cuda"], "--device cuda: no node of the cluster has a GPU"),
        (["--budget", "1kJ"], "--budget 1kJ is spent by one run after another"),
        (["--address", "127.0.0.1:9"], "no Ray cluster answers at 127.0.0.1:9"),
    ):
        assert start(command(cluster, out, "1", *words), said).wait(WITHIN_S) == 2
        assert f"error: {message}" in said.read_text()
        assert "hint: " in said.read_text()
        assert not out.exists()
