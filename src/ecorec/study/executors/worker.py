"""Runs a task as the study's own process would run it, measured on this machine.

Nothing stays here: the finished run goes back as bytes, and only the driver writes to the study's
folder.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.energy.idle import IdleBaseline
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import sampled_window
from ecorec.energy.sensor import Sensor
from ecorec.errors import EcorecError, InputError
from ecorec.planning.calibration import Calibration
from ecorec.study.allocator import keep_freed_memory
from ecorec.study.checks import check_data, data_key
from ecorec.study.context import Context
from ecorec.study.executors.delivery import pack
from ecorec.study.executors.scratch import scratch_folder
from ecorec.study.executors.task import Delivery, Failed, Passed, Resumed, Task
from ecorec.study.folder import StudyFolder
from ecorec.study.idle_machine import IdleMachine
from ecorec.study.machine import check_device, use_threads
from ecorec.study.machine_rates import rates_for
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord
from ecorec.study.run import run_job
from ecorec.study.warm import WARMUP, warm_up
from ecorec.version import VERSION

Progress = Resumed | Passed
"""What a worker says of a training before it is finished."""

SAY_EVERY_S = 1.0
"""Epochs are reported together, at most this often, so that reporting costs next to nothing."""


@dataclass
class Worker:
    """Runs one task after another, and remembers what need not be done again."""

    sensors: dict[str, tuple[Sensor, ...]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Sensors that failed their test, and why."""
    warmed: set[str] = field(default_factory=set)
    rated: set[int] = field(default_factory=set)
    """Numbers of threads under which the machine's rates are known."""
    read: set[str] = field(default_factory=set)
    """Data sets that were checked to be those of the driver."""

    def run(self, task: Task, say: Callable[[Progress], None]) -> Delivery | Failed:
        """Run a task to its end.

        Args:
            task: What to run.
            say: Called with epochs that have passed, earlier ones first.
        """
        try:
            return self._run(task, say)
        except EcorecError as error:
            message = f"{task.job.label}: {error.message}"
            return Failed(type(error), message, error.hint)
        except Exception as error:
            # The study must end with any error rather than hang.
            message = f"{task.job.label} failed: {type(error).__name__}: {error}"
            hint = "the same command with --executor local shows where"
            return Failed(EcorecError, message, hint)

    def _run(self, task: Task, say: Callable[[Progress], None]) -> Delivery:
        job = task.job
        if task.version != VERSION:
            message = f"this node has ecorec {VERSION}, the study's process {task.version}"
            raise InputError(message, hint="install the same version on every node")
        if task.folder.is_dir():
            os.chdir(task.folder)
        keep_freed_memory()
        check_device(job.measurement.device)
        use_threads(job.measurement.threads)
        self._check_data(task)
        hardware = describe_machine(task.watts_per_cpu)
        with scratch_folder() as path:
            context = self._context(task, StudyFolder(path / "study"), hardware, say)
            idle, warmup, rates = self._before(task, context)
            if task.cooldown_s:
                time.sleep(task.cooldown_s)
            run_job(job, context)
            return Delivery(pack(context.folder), hardware, warmup, idle, rates)

    def _check_data(self, task: Task) -> None:
        """Make sure that this machine has the data that the driver has.

        Raises:
            InputError: A file is another one, or missing.
        """
        run = task.job.longest
        key = data_key(run)
        if key in self.read:
            return
        found = check_data([task.job], _seen(task)).fingerprints
        if found != task.fingerprints:
            message = f"`{run.dataset}` on this node is not the data that the study was planned on"
            hint = "put the same file at the same path on every node"
            raise InputError(message, hint=hint)
        self.read.add(key)

    def _context(
        self, task: Task, folder: StudyFolder, hardware: Hardware, say: Callable[[Progress], None]
    ) -> Context:
        sees_study = _sees_study(task)
        self.failed.update(task.failed_sensors or {})
        return Context(
            folder=folder,
            hardware=hardware,
            sensors=task.sensors,
            fingerprints=dict(task.fingerprints),
            data_path=_seen(task),
            country=task.country,
            # States on this node's own disk could not be continued elsewhere, so none are written.
            checkpoint_every=task.checkpoint_every if sees_study else None,
            on_epoch=_Reporter(task.job.epochs, say),
            on_resume=lambda _, epochs: say(Resumed(tuple(epochs))),
            states=StudyFolder(task.study) if sees_study else None,
            shared=task.shared,
            found=self.sensors,
            failed=self.failed,
        )

    def _before(
        self, task: Task, context: Context
    ) -> tuple[IdleBaseline | None, Reading | None, tuple[Calibration, ...]]:
        """Return idle power, the warm-up and the machine's rates, as far as they are new."""
        device, key = task.job.measurement.device, _warm_key(task.job)
        idle, is_new = None, device not in self.sensors
        if is_new and task.failed_sensors is None:
            context.test_counters(device)
        if is_new and task.alone_for_now:
            sensors, longest_s = context.sensors_for(device), task.sensors.idle_s
            cache = context.idle_cache(device)
            idle = IdleMachine(sensors, context.hardware, longest_s, lambda _: None, cache).before()
        if key in self.warmed:
            return idle, None, ()
        with sampled_window(Meter(context.sensors_for(device)), WARMUP) as window:
            warm_up([task.job])
            rates: tuple[Calibration, ...] = ()
            threads = task.job.measurement.threads
            if task.alone_for_now and threads not in self.rated:
                rates = rates_for([task.job], context.hardware, ())
                self.rated.add(threads)
        self.warmed.add(key)
        return idle, window.reading, rates


class _Reporter:
    """Reports epochs, several at a time.

    Args:
        n_epochs: Of the training.
        say: Called with them.
    """

    def __init__(self, n_epochs: int, say: Callable[[Progress], None]) -> None:
        self._n_epochs = n_epochs
        self._say = say
        self._kept: list[EpochRecord] = []
        self._said_s = time.monotonic()

    def __call__(self, job: Job, epoch: EpochRecord) -> None:
        self._kept.append(epoch)
        now_s = time.monotonic()
        if epoch.epoch >= self._n_epochs or now_s - self._said_s >= SAY_EVERY_S:
            self._say(Passed(tuple(self._kept)))
            self._kept, self._said_s = [], now_s


def _seen(task: Task) -> Path | None:
    """Return where to look for data: the driver's folder, if this machine has it."""
    return task.data_path if task.data_path and task.data_path.exists() else None


def _sees_study(task: Task) -> bool:
    """Return whether this machine sees the study's folder, on a shared file system."""
    try:
        info = StudyFolder(task.study).info() if (task.study / "study.json").is_file() else None
    except (OSError, EcorecError):
        return False
    return info is not None and info.created_at == task.study_created_at


def _warm_key(job: Job) -> str:
    """Return a key that is equal for jobs that run the same code paths."""
    run = job.longest.model_copy(update={"seed": None})
    measured = job.measurement.model_copy(update={"repeat": 1})
    return f"{run.model_dump_json()}|{measured.model_dump_json()}"
