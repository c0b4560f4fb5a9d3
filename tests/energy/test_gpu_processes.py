"""Whose processes are on a GPU, without one: lists as drivers give them, and a `/proc` by hand."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ecorec.energy.gpu import foreign_processes
from ecorec.energy.gpu_processes import OUTERMOST, Family, count_foreign, own_family


@pytest.mark.parametrize(
    ("running", "pids", "enclosed", "foreign"),
    [
        ([400], {400}, False, 0),
        ([400, 401, 7], {400, 401}, False, 1),
        ([7, 8], {400}, False, 2),
        ([], {400}, False, 0),
        # In a container: by the driver's numbers, by its own, and not to be seen.
        ([91_400, 7], {400, 91_400}, True, 1),
        ([400, 7], {400}, True, 1),
        ([91_400], {400}, True, None),
        ([], {400}, True, None),
    ],
)
def test_only_others_are_counted_and_not_where_it_cannot_be_told(
    running: list[int], pids: set[int], enclosed: bool, foreign: int | None
) -> None:
    assert count_foreign(running, Family(frozenset(pids), enclosed)) == foreign


def _proc(root: Path, namespace: str, numbers: str) -> Path:
    """Write what `/proc` shows of a process."""
    (root / "self" / "ns").mkdir(parents=True)
    (root / "self" / "ns" / "pid").symlink_to(namespace)
    (root / "self" / "status").write_text(f"Name:\tpython\nPid:\t12\n{numbers}NSsid:\t3\n")
    return root


@pytest.mark.parametrize(
    ("namespace", "numbers", "pids", "enclosed"),
    [
        (OUTERMOST, "NSpid:\t12\n", {12}, False),
        ("pid:[4026532801]", "NSpid:\t91400\t12\n", {91_400, 12}, True),
        ("pid:[4026532801]", "NSpid:\t12\n", {12}, True),
        (OUTERMOST, "", set(), False),  # an older kernel
    ],
)
def test_a_process_is_known_by_every_number_that_can_be_seen(
    tmp_path: Path, namespace: str, numbers: str, pids: set[int], enclosed: bool
) -> None:
    found = own_family(_proc(tmp_path, namespace, numbers))
    assert (found.pids, found.enclosed) == ({os.getpid(), *pids}, enclosed)


def test_a_system_that_shows_nothing_is_no_container(tmp_path: Path) -> None:
    assert own_family(tmp_path / "none") == Family(frozenset({os.getpid()}), enclosed=False)


@pytest.fixture
def child() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


def test_the_runs_own_processes_are_not_others(monkeypatch, child: int) -> None:
    listed = [SimpleNamespace(pid=pid) for pid in (os.getpid(), child, 1)]
    driver = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetComputeRunningProcesses=lambda _: listed,
    )
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    assert foreign_processes("cuda:0")() == 1
