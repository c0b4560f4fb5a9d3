import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecorec.energy.crowding import Crowding, CrowdingWatch

TICKS = os.sysconf("SC_CLK_TCK")


class Kernel:
    """An account of all CPUs that is written by hand, in seconds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write()

    def write(self, *, user=100.0, system=20.0, idle=900.0, iowait=3.0, softirq=1.0, steal=2.0):
        seconds = [user, 0.0, system, idle, iowait, 0.0, softirq, steal, 0.0, 0.0]
        ticks = " ".join(str(round(value * TICKS)) for value in seconds)
        self.path.write_text(f"cpu  {ticks}\ncpu0 {ticks}\n")


@pytest.fixture
def kernel(tmp_path) -> Kernel:
    return Kernel(tmp_path / "stat")


def test_shares_by_hand(kernel, clock) -> None:
    """10 s on 4 CPUs: of 26 busy CPU seconds 20 are the run's; 4 were stolen, 5 sat waiting."""
    watch = CrowdingWatch(clock, lambda: 2 * clock(), kernel.path, n_cpus=4)
    clock.sleep(10)
    kernel.write(user=122, system=23, idle=905, iowait=8, softirq=2, steal=6)
    seen = watch.crowding()
    assert seen.foreign == pytest.approx(6 / 40)
    assert seen.stolen == pytest.approx(4 / 40)
    assert seen.warnings == (
        "other processes had 15% of the machine's CPU time",
        "the host withheld 10% of the machine's CPU time (steal)",
    )


def test_a_run_alone_is_not_crowded(kernel, clock) -> None:
    watch = CrowdingWatch(clock, lambda: 2 * clock(), kernel.path, n_cpus=2)
    clock.sleep(10)
    kernel.write(user=119.99)  # a tick less than the run's own clock says
    assert watch.crowding() == Crowding(0.0, 0.0)
    assert watch.crowding().warnings == ()


def test_the_limit_is_a_twentieth() -> None:
    assert Crowding(0.05, 0.05).warnings == ()
    assert len(Crowding(0.051, 0.051).warnings) == 2


@pytest.mark.parametrize("text", ["", "intr 1 2 3\n", "cpu 1 2 3\n", "cpu a b c d e f g h\n"])
def test_a_system_without_such_an_account_says_nothing(tmp_path, text: str) -> None:
    (tmp_path / "stat").write_text(text)
    assert CrowdingWatch(stat=tmp_path / "stat").crowding() is None
    assert CrowdingWatch(stat=tmp_path / "none").crowding() is None


def test_a_neighbour_is_seen_for_real() -> None:
    """Half a second of one CPU, burnt by another process."""
    if not Path("/proc/stat").exists():
        pytest.skip("this system keeps no account of all CPUs")
    code = "import time\nend = time.time() + 20\nwhile time.time() < end: pass"
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        time.sleep(0.2)
        # Not billed to the run, so that the child stands for a neighbour.
        watch = CrowdingWatch(cpu_clock=time.process_time)
        time.sleep(0.5)
        seen = watch.crowding()
    finally:
        process.kill()
        process.wait()
    assert seen.foreign > 0.3 / (os.cpu_count() or 1)
