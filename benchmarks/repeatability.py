"""Does identical work read identical joules, alone and beside a process that burns a core?

    python benchmarks/repeatability.py

Two kinds of work, each as often as asked for, alone and then beside one process that only counts:

- products of matrices that fit into a core's own cache: what the meter itself adds;
- LightGCN, size 64, 40 epochs on the 10-core of movietweetings: what a run adds, whose tables
  live in a cache that it shares with others, on a virtual machine with the host's other guests.

Prints the coefficient of variation of the modelled joules, the change of the mean, the runs that
were flagged as contaminated, and what the meter cost.
"""

from ecorec.energy.waiting import wait_passively

wait_passively()

import argparse  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from pathlib import Path  # noqa: E402

import torch  # noqa: E402

from ecorec.api import Study  # noqa: E402
from ecorec.energy.detect import find_sensors  # noqa: E402
from ecorec.energy.hardware import describe_machine  # noqa: E402
from ecorec.energy.meter import Meter  # noqa: E402


@contextmanager
def burning() -> Iterator[None]:
    """Keep a core busy, by a process that is nobody's child: children are billed to a run."""
    command = f"{sys.executable} -c 'while True: pass' >/dev/null 2>&1 & echo $!"
    number = int(subprocess.run(command, shell=True, capture_output=True, check=True).stdout)
    try:
        yield
    finally:
        os.kill(number, signal.SIGKILL)


def products(repeats: int) -> list[float]:
    """Return the joules of identical matrix products on one thread."""
    torch.set_num_threads(1)
    meter = Meter(find_sensors(describe_machine()))
    matrix = torch.rand(128, 128)
    joules = []
    for _ in range(repeats + 1):
        with meter.window("products") as window:
            for _ in range(8000):
                matrix @ matrix
        joules.append(window.reading.energy_j or 0.0)
    return joules[1:]


def trainings(repeats: int, threads: int, folder: Path) -> tuple[list[float], str]:
    """Return the joules of identical runs, and what was recorded about them in words."""
    fixed = {"data.k_core": 10, "learning_rate": 0.005}
    study = Study(models=["lightgcn"], epochs=[40], repeats=repeats, threads=threads, set=fixed)
    records = study.run(folder).records
    flagged = sum(record.contaminated for record in records)
    meter = max(record.metering_s / record.total.duration_s for record in records)
    seconds = statistics.fmean(record.total.duration_s for record in records)
    words = f"{seconds:.2f} s, contaminated {flagged} of {repeats}, meter {meter:.2%} at most"
    return [record.total.energy_j or 0.0 for record in records], words


def line(name: str, joules: list[float], words: str = "") -> float:
    """Print a line and return the mean."""
    mean = statistics.fmean(joules)
    print(f"{name:<34}{mean:8.3f} J  CV {statistics.stdev(joules) / mean:6.2%}  {words}")
    return mean


def main() -> None:
    """Measure both kinds of work, alone and beside a burning core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1, help="of the trainings")
    options = parser.parse_args()
    n, threads = options.repeats, options.threads
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trainings(1, threads, folder / "warm")
        alone = line("products, alone", products(n))
        trained = line("training, alone", *trainings(n, threads, folder / "alone"))
        with burning():
            beside = line("products, beside a burning core", products(n))
            print(f"{'':<34}{beside / alone - 1:+8.1%}")
            crowded = line(
                "training, beside a burning core", *trainings(n, threads, folder / "beside")
            )
            print(f"{'':<34}{crowded / trained - 1:+8.1%}")


if __name__ == "__main__":
    main()
