import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecorec.energy.gpu_processes import MostForeign
from ecorec.energy.isolation import Isolation, IsolationWatch
from ecorec.energy.sampling import Sampled, Sampler

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


def test_shares_by_hand(kernel, clock, tmp_path) -> None:
    """10 s on 4 CPUs: of 26 busy CPU seconds 20 are the run's; 4 were stolen, 5 sat waiting."""
    watch = IsolationWatch(clock, lambda: 2 * clock(), kernel.path, tmp_path, n_cpus=4)
    clock.sleep(10)
    kernel.write(user=122, system=23, idle=905, iowait=8, softirq=2, steal=6)
    seen = watch.isolation()
    assert seen.foreign_share == pytest.approx(6 / 40)
    assert seen.steal_share == pytest.approx(4 / 40)
    assert seen.warnings == (
        "other processes had 15% of the machine's CPU time",
        "the host withheld 10% of the CPU time (steal)",
    )


def test_a_run_alone_is_not_crowded(kernel, clock, tmp_path) -> None:
    watch = IsolationWatch(clock, lambda: 2 * clock(), kernel.path, tmp_path, n_cpus=2)
    clock.sleep(10)
    kernel.write(user=119.99)  # a tick less than the run's own clock says
    seen = watch.isolation()
    assert (seen.foreign_share, seen.steal_share, seen.throttle_events) == (0.0, 0.0, None)
    assert seen.warnings == ()
    assert not seen.contaminated


def _seen(foreign=0.0, steal=0.0, throttled=None, on_gpu=None) -> Isolation:
    return Isolation(
        foreign_share=foreign,
        steal_share=steal,
        throttle_events=throttled,
        foreign_gpu_processes=on_gpu,
    )


@pytest.mark.parametrize(
    ("seen", "contaminated", "words"),
    [
        (_seen(0.05, 0.05), False, ""),
        (_seen(foreign=0.051), True, "other processes had 5% of the machine's CPU time"),
        (_seen(steal=0.07), False, "the host withheld 7% of the CPU time (steal)"),
        (_seen(throttled=3), False, "cores were slowed down for their heat 3 times"),
        (_seen(throttled=0, on_gpu=0), False, ""),
        (_seen(on_gpu=1), True, "others computed on the GPU (processes: 1)"),
    ],
)
def test_what_contaminates_and_what_only_warns(seen, contaminated: bool, words: str) -> None:
    assert seen.contaminated is contaminated
    assert ", ".join(seen.warnings) == words


@pytest.mark.parametrize(
    ("looks", "most"),
    [
        ([2, 0, 0], 2),  # was there as the run began
        ([0, 3, 1], 3),  # came and went
        ([None, 1, None], 1),
        ([0, None, 0], 0),
        ([None, None, None], None),
    ],
)
def test_a_stranger_on_the_gpu_is_known_after_it_has_gone(kernel, clock, looks, most) -> None:
    on_gpu = MostForeign(iter(looks).__next__)
    assert isinstance(on_gpu, Sampled)
    with Sampler([on_gpu]):  # looks at once, and again after ten seconds
        watch = IsolationWatch(clock, lambda: 0.0, kernel.path, gpu_processes=on_gpu)
        on_gpu.sample()
        clock.sleep(1)
        assert watch.isolation().foreign_gpu_processes == most


def test_throttling_is_what_was_added_to_the_counts(kernel, clock, tmp_path) -> None:
    counts = {}
    for cpu in ("cpu0", "cpu1"):
        folder = tmp_path / "cpus" / cpu / "thermal_throttle"
        folder.mkdir(parents=True)
        for kind in ("core", "package"):
            counts[cpu, kind] = folder / f"{kind}_throttle_count"
            counts[cpu, kind].write_text("7\n")
    watch = IsolationWatch(clock, lambda: 0.0, kernel.path, tmp_path / "cpus", n_cpus=2)
    clock.sleep(1)
    counts["cpu1", "core"].write_text("9\n")
    assert watch.isolation().throttle_events == 2


@pytest.mark.parametrize(
    "text",
    ["", "intr 1 2 3\n", "cpu 1 2 3\n", "cpu a b c d e f g h\n", "cpu  0 0 0 0 0 0 0 0 0 0\n"],
)
def test_a_system_without_such_an_account_says_nothing(tmp_path, text: str) -> None:
    (tmp_path / "stat").write_text(text)
    assert IsolationWatch(stat=tmp_path / "stat").isolation() is None
    assert IsolationWatch(stat=tmp_path / "none").isolation() is None


NEIGHBOUR = """
import time
for _ in range(2):
    print(flush=True)
    input()
    end = time.process_time() + 0.5
    while time.process_time() < end: pass
"""


def test_a_neighbour_is_seen_for_real(clock) -> None:
    """Half a CPU second, burnt by another process, in what is said to be a second of one CPU."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", NEIGHBOUR], **pipes) as process:
        process.stdout.readline()
        # Not billed to the run, so that the child stands for a neighbour.
        watch = IsolationWatch(clock, time.process_time, n_cpus=1)
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        clock.sleep(1)
        seen = watch.isolation()
        process.kill()
    if seen is None:
        pytest.skip("this system keeps no account of all CPUs")
    # The kernel counts who runs at each tick, and may miss some; other neighbours add to it.
    assert seen.foreign_share > 0.3
