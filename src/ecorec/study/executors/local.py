"""One run after another, in this process."""

from pathlib import Path
from types import TracebackType

from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.energy.sensor import Sensor
from ecorec.graph.mapped import check_folder
from ecorec.study.bill import Bill
from ecorec.study.cpus import default_threads
from ecorec.study.executors.on_this_machine import on_this_machine
from ecorec.study.executors.protocol import Assignment
from ecorec.study.machine import check_device, use_threads
from ecorec.study.pauses import Rests
from ecorec.study.plan import Job
from ecorec.study.processes import warm_others
from ecorec.study.session import Session
from ecorec.study.settings import StudySettings
from ecorec.study.torchrun import processes_here


class LocalExecutor:
    """Runs in this process, one after another; the only one that keeps budgets or halves grids."""

    def __enter__(self) -> "LocalExecutor":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def threads(self) -> int:
        """Return the CPUs that may be used, for each process that shares a model."""
        return default_threads(processes_here())

    def check(self, jobs: list[Job], settings: StudySettings) -> None:
        """Make sure that the machine has the devices and the threads."""
        for conditions in dict.fromkeys(job.measurement for job in jobs):
            check_device(conditions.device)
            if conditions.memory_map is not None:
                check_folder(Path(conditions.memory_map))
            use_threads(conditions.threads)

    def run(self, work: Assignment) -> None:
        """Run them in their order, cheap ones first within a budget, or by the rungs of halving."""
        logbook = work.logbook
        logbook.machine(work.context.hardware)
        with on_this_machine(work) as sensors:
            bill = self._run(work, sensors)
        if bill is not None:
            # Once more, with the look at the idle machine after the runs.
            logbook.replace(bill.settle(logbook.info))

    def _run(self, work: Assignment, sensors: tuple[Sensor, ...]) -> Bill | None:
        context, listener, logbook = work.context, work.listener, work.logbook
        others = warm_others(context, work.missing, Meter(sensors))
        if others is not None:
            logbook.warmup(others, context.hardware)

        def rested(reading: Reading) -> None:
            logbook.pause(reading, context.hardware)

        rests = Rests(work.settings.cooldown_s, Meter(sensors), rested)
        session = Session(context, listener, rests)
        if work.halving is not None:
            session.run([job for job in work.missing if not job.epochs])
            session.run_halving(work.halving)
            logbook.dropped(work.halving.dropped())
            return None
        if context.purse is None:
            session.run(work.missing)
            return None
        forecasts, reading = session.look_ahead(
            work.missing,
            Meter(sensors),
            logbook.info.calibrations,
            context.data_path,
            logbook.warmed(context.hardware),
        )
        logbook.warmup(reading, context.hardware)
        return session.run_within(forecasts, work.jobs, logbook)
