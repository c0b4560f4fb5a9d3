"""Several processes of this machine, each on CPUs of its own."""

from pathlib import Path
from types import TracebackType

from ecorec.energy.hardware import Hardware
from ecorec.errors import InputError
from ecorec.graph.mapped import check_folder
from ecorec.study.cpus import default_threads, free_cpus
from ecorec.study.executors.dispatch import Dispatch
from ecorec.study.executors.on_this_machine import on_this_machine
from ecorec.study.executors.process_pool import ProcessPool
from ecorec.study.executors.protocol import Assignment, refuse_what_needs_an_order
from ecorec.study.executors.settings import ExecutorSettings
from ecorec.study.machine import check_device, use_threads
from ecorec.study.plan import Job
from ecorec.study.settings import StudySettings


class ProcessExecutor:
    """Runs in processes that this one starts; they share the machine, and their records say so.

    Args:
        settings: With the number of workers.
        hardware: This machine.

    Raises:
        InputError: No number of workers, or several that should be kept apart.
    """

    def __init__(self, settings: ExecutorSettings, hardware: Hardware) -> None:
        if settings.workers is None:
            message = "--executor process needs to know how many runs there are at a time"
            raise InputError(message, hint=f"e.g. --workers {max(2, default_threads() // 2)}")
        if settings.exclusive and settings.workers > 1:
            message = f"--exclusive keeps the runs of a machine apart, --workers {settings.workers}"
            message += " puts them side by side"
            raise InputError(message, hint="drop one of them, or use --executor local")
        self._workers = settings.workers
        self._hardware = hardware

    def __enter__(self) -> "ProcessExecutor":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def threads(self) -> int:
        """Return the CPUs that each worker has for itself."""
        return default_threads(self._workers)

    def check(self, jobs: list[Job], settings: StudySettings) -> None:
        """Make sure that devices exist, that threads fit, and that there is no budget."""
        for conditions in dict.fromkeys(job.measurement for job in jobs):
            check_device(conditions.device)
            if conditions.memory_map is not None:
                check_folder(Path(conditions.memory_map))
            use_threads(conditions.threads)
        refuse_what_needs_an_order(settings)
        threads, n_cpus = max(job.measurement.threads for job in jobs), len(free_cpus())
        if self._workers * threads > n_cpus:
            message = f"--workers {self._workers} with {threads} threads each need "
            message += f"{self._workers * threads} CPUs; this machine has {n_cpus}"
            raise InputError(message, hint=f"ask for --workers {max(1, n_cpus // threads)}")

    def run(self, work: Assignment) -> None:
        """Measure and warm up this machine, then run what is missing."""
        shared = self._workers > 1
        work.logbook.machine(work.context.hardware)
        threads = max(job.measurement.threads for job in work.missing)
        work.listener.placed(
            f"{self._workers} processes of {threads} threads"
            + (", sharing the machine" if shared else "")
        )
        with on_this_machine(work):
            pool = ProcessPool(self._workers, threads, self._hardware.memory_bytes)
            Dispatch(work, pool, shared=shared, measures_machine=False).run()
