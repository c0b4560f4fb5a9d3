"""Systems in processes of their own, measured in turn: seconds, joules, peak memory."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import Hardware
from ecorec.energy.memory_power import MemorySensor
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading

HERE = Path(__file__).resolve().parent

EVALUATED = {"ecorec", "recbole", "implicit"}
"""Systems that bring a full ranking of their own."""

MOST = 3
"""A ranking that takes longer than this many budgets is measured once."""


class AbsentError(Exception):
    """A system cannot be measured here; the message is its row's."""


class Worker:
    """A system in a process of its own, and the meter of that process.

    Args:
        name: Of the system.
        task: Its settings.
        hardware: The machine, whose sensors are read.
        python: The environment that holds the system.

    Raises:
        AbsentError: It is not installed, or does not start.
    """

    def __init__(self, name: str, task: Path, hardware: Hardware, python: Path) -> None:
        self.name = name
        if not python.exists():
            message = f"no {python.parent.parent.name}: make bench installs it"
            raise AbsentError(message)
        self._log = task.with_suffix(f".{name}.log").open("w")
        command = [str(python.absolute()), str(HERE / "worker.py"), name, str(task)]
        # In the task's folder: RecBole leaves logs where it is run.
        self._process = subprocess.Popen(
            command,
            cwd=task.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.start_bytes = self._hear()["ready"]
        sensors = [self._of_worker(sensor) for sensor in find_sensors(hardware)]
        self._meter = Meter(sensors, cpu_clock=self.cpu_s)

    def _of_worker(self, sensor: Any) -> Any:
        """Return a sensor that sees the worker where it would see this process."""
        if isinstance(sensor, CpuTimeSensor):
            return replace(sensor, clock=self.cpu_s)  # type: ignore[arg-type]
        if isinstance(sensor, MemorySensor):
            return MemorySensor(resident=lambda: float(self.ask("look")["resident"]))
        return sensor

    def ask(self, *words: Any) -> dict[str, Any]:
        """Say a line and return the answer."""
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(words) + "\n")
            stdin.flush()
        except BrokenPipeError:
            pass  # why it ended stands in its last answer
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        line = stdout.readline()
        told = json.loads(line) if line else {"error": f"ended with {self._process.wait()}"}
        if "error" in told:
            raise AbsentError(told["error"])
        return dict(told)

    def cpu_s(self) -> float:
        """Return the CPU seconds of the worker so far."""
        return float(self.ask("look")["cpu_s"])

    def measured(self, *words: Any) -> tuple[float, Reading]:
        """Return the answer to a line, and what it cost."""
        with self._meter.window(str(words[0])) as window:
            value = self.ask(*words)["value"]
        return float(value), window.reading

    def peak_bytes(self) -> int:
        """Return the most memory that the worker has held."""
        return int(self.ask("look")["peak"])

    def close(self) -> None:
        """End the worker."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=60)
        self._log.close()


@dataclass
class Series:
    """Repeats of one quantity, each scaled to the same amount of work."""

    seconds: list[float] = field(default_factory=list)
    joules: list[float] = field(default_factory=list)
    methods: tuple[str, ...] = ()

    def add(self, reading: Reading, scale: float) -> None:
        """Take up a reading times `scale`; joules that are absent stay so."""
        self.seconds.append(reading.duration_s * scale)
        self.methods = reading.methods
        if reading.energy_j is not None:
            self.joules.append(reading.energy_j * scale)

    def summary(self) -> dict[str, Any]:
        """Return medians and ranges."""
        return {
            "seconds": spread(self.seconds),
            "joules": spread(self.joules),
            "method": ", ".join(self.methods),
        }


def spread(values: list[float]) -> dict[str, Any] | None:
    """Return median, lowest, highest and count; `None` if there is nothing."""
    if not values:
        return None
    return {
        "median": statistics.median(values),
        "low": min(values),
        "high": max(values),
        "n": len(values),
    }


@dataclass
class Measured:
    """What is known of one system so far."""

    name: str
    worker: Worker
    n_steps: int
    """Steps of an epoch."""
    portion: int
    """Steps that are taken at a time."""
    epoch: Series = field(default_factory=Series)
    evaluations: dict[int, Series] = field(default_factory=dict)
    quality: dict[int, float] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Return the system's part of the results."""
        return {
            "system": self.name,
            "epoch": self.epoch.summary(),
            "steps_measured": self.portion,
            "steps_of_an_epoch": self.n_steps,
            "evaluation": {str(k): series.summary() for k, series in self.evaluations.items()},
            "ndcg": {str(k): value for k, value in self.quality.items()},
            "peak_bytes": self.worker.peak_bytes(),
            "start_bytes": self.worker.start_bytes,
        }


def portion_of(worker: Worker, n_steps: int, budget_s: float) -> int:
    """Return how many steps take about `budget_s`: at least one, at most an epoch."""
    worker.ask("steps", 1)  # compiles, allocates, finishes imports
    _, reading = worker.measured("steps", 1)
    return max(1, min(n_steps, int(budget_s / max(reading.duration_s, 1e-6))))


def in_turn(
    start: dict[str, Callable[[], Worker]],
    n_steps: int,
    *,
    rounds: int,
    budget_s: float,
    ks: tuple[int, ...],
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Measure systems round by round, so that what disturbs a while disturbs all of them.

    Args:
        start: System -> how it is started.
        n_steps: Steps of an epoch.
        rounds: Repeats.
        budget_s: Seconds of training in one repeat.
        ks: Cut-offs of the full ranking.
        say: Told how it goes.
    """
    rows: dict[str, dict[str, Any]] = {}
    systems: dict[str, Measured] = {}
    for name, begin in start.items():
        try:
            worker = begin()
            whole = worker.name == "implicit"  # it has epochs only
            portion = n_steps if whole else portion_of(worker, n_steps, budget_s)
            systems[name] = Measured(name, worker, n_steps, portion)
        except AbsentError as error:
            rows[name] = {"system": name, "absent": str(error)}
        say(f"  {name}: {rows[name]['absent'] if name in rows else 'ready'}")
    for _ in range(rounds):
        for name, system in list(systems.items()):
            try:
                _measure(system, ks if system.worker.name in EVALUATED else (), MOST * budget_s)
            except AbsentError as error:
                rows[name] = {"system": name, "absent": str(error)}
                del systems[name]
    for name, system in systems.items():
        rows[name] = system.summary()
        system.worker.close()
    return [rows[name] for name in start]


def _measure(system: Measured, ks: tuple[int, ...], most_s: float) -> None:
    _, reading = system.worker.measured("steps", system.portion)
    system.epoch.add(reading, system.n_steps / system.portion)
    for k in ks:
        if k in system.evaluations and max(system.evaluations[k].seconds) > most_s:
            continue
        quality, reading = system.worker.measured("evaluate", k)
        system.evaluations.setdefault(k, Series()).add(reading, 1.0)
        system.quality[k] = quality


def run_part(script: str, *words: str) -> dict[str, Any]:
    """Run a part of the benchmark in a process of its own; return the JSON that it prints."""
    command = [sys.executable, str(HERE / script), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))
