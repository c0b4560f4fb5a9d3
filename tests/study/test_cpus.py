"""How many CPUs a process may use, by hand-written files of the kernel."""

import os
from math import inf
from pathlib import Path

import numba
import pytest

from ecorec.errors import InputError
from ecorec.study import cpus
from ecorec.study.cpus import cpu_quota, default_threads
from ecorec.study.machine import use_threads

V1 = "5:memory:/box\n4:cpu,cpuacct:/box\n3:cpuset:/box\n"


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "200000 100000"}, 2.0),
        ("0::/\n", {"cpu.max": "max 100000"}, inf),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000", "a/cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b\n", {"a/b/cpu.max": "400000 100000", "a/cpu.max": "800000 100000"}, 4.0),
        # A path that the container does not see: its own group is the root here.
        ("0::/docker/1f\n", {"cpu.max": "50000 100000"}, 0.5),
        (V1, {"cpu,cpuacct/box/cpu.cfs_quota_us": "300000",
              "cpu,cpuacct/box/cpu.cfs_period_us": "100000"}, 3.0),
        (V1, {"cpu,cpuacct/cpu.cfs_quota_us": "-1",
              "cpu,cpuacct/cpu.cfs_period_us": "100000"}, inf),
        (V1, {"cpuset/box/cpu.max": "100000 100000", "memory/box/cpu.max": "1 1"}, inf),
        ("0::/\n", {"cpu.max": "nonsense"}, inf),
        ("0::/\n", {}, inf),
        ("", {}, inf),
    ],
)  # fmt: skip
def test_quotas_of_both_versions(
    own: str, files: dict[str, str], expected: float, tmp_path: Path
) -> None:
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        file = tmp_path / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    assert cpu_quota(tmp_path / "own", tmp_path / "groups") == expected


def test_a_system_without_control_groups_has_no_quota(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path / "own", tmp_path) == inf


@pytest.mark.parametrize(
    ("affinity", "quota", "numbas", "processes", "expected"),
    [
        (8, inf, 8, 1, 8),
        (3, inf, 8, 1, 3),
        (64, 2.0, 64, 1, 2),
        (64, 2.9, 64, 1, 2),
        (64, 0.5, 64, 1, 1),
        (8, inf, 1, 1, 1),
        (8, inf, 8, 3, 2),
        (2, inf, 2, 4, 1),
    ],
)
def test_the_least_of_affinity_quota_and_numba(
    affinity: int,
    quota: float,
    numbas: int,
    processes: int,
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cpus, "free_cpus", lambda: [*range(affinity)])
    monkeypatch.setattr(cpus, "cpu_quota", lambda: quota)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", numbas)
    assert default_threads(processes) == expected


def test_more_threads_than_that_are_refused_by_what_limits_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    most = numba.config.NUMBA_NUM_THREADS
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    refused = f"--threads {most + 1} is more than the {most} CPUs that this process may use"
    with pytest.raises(InputError, match=refused):
        use_threads(most + 1)
    monkeypatch.setitem(os.environ, "NUMBA_NUM_THREADS", f"{most}")
    with pytest.raises(InputError, match=f"is more than NUMBA_NUM_THREADS = {most}") as caught:
        use_threads(most + 1)
    assert caught.value.hint == f"ask for at most {most}"
