"""The runs of one session: in order, by halving a grid, or cheap ones first within a budget."""

from pathlib import Path

from ecorec.energy.arithmetic import add_readings
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.planning.budget import Budget
from ecorec.planning.calibration import Calibration
from ecorec.planning.purse import Purse
from ecorec.study.attempt import accounts_in
from ecorec.study.bill import Bill, training_by, training_of
from ecorec.study.context import Context
from ecorec.study.forecast import JobForecast, StudyForecast, cheap_first, one_epoch
from ecorec.study.halving import Halving
from ecorec.study.info import NotRun
from ecorec.study.labels import labels_of_trainings
from ecorec.study.listener import Listener
from ecorec.study.logbook import Logbook
from ecorec.study.pauses import Rests
from ecorec.study.plan import Job
from ecorec.study.run import run_job
from ecorec.study.samples.forecast_jobs import SAMPLE_S, forecast_jobs
from ecorec.study.samples.sample import n_validations
from ecorec.study.store import read_study
from ecorec.study.unfinished import StoppedError

SAMPLING_SHARE = 0.03
"""Most of a budget that forecasting may take."""

LEAST_SAMPLE_S = 0.02


class Session:
    """Runs one training after another in this process.

    Args:
        context: What the runs share.
        listener: Called as the runs go on.
        rests: Taken between them.
    """

    def __init__(self, context: Context, listener: Listener, rests: Rests) -> None:
        self._context = context
        self._listener = listener
        self._rests = rests

    def run(self, jobs: list[Job]) -> None:
        """Run jobs to their ends, one after another."""
        for at, job in enumerate(jobs):
            self._rest(at)
            self._listener.job_started(job)
            self._listener.job_done(job, run_job(job, self._context))

    def run_halving(self, halving: Halving) -> None:
        """Run what each rung needs, and drop the trainings that do not go on."""
        at = 0
        while (rung := halving.next_rung()) is not None:
            for job in rung.due:
                self._rest(at)
                at += 1
                self._listener.job_started(job)
                try:
                    records = run_job(job, self._context, None if rung.is_last else rung.epochs)
                except StoppedError:
                    continue
                self._listener.job_done(job, records)
            if not rung.is_last:
                self._listener.rung_done(rung.epochs, *halving.decide(rung))

    def look_ahead(
        self,
        jobs: list[Job],
        meter: Meter,
        rates: tuple[Calibration, ...],
        data_path: Path | None,
        warmup: Reading | None,
    ) -> tuple[list[JobForecast], Reading]:
        """Return the forecast of every job, cheap ones first, and what forecasting took."""
        found, reading = forecast_jobs(
            jobs, meter, rates,
            hardware=self._context.hardware,
            data_path=data_path,
            seconds=self._sample_s(len(jobs)),
        )  # fmt: skip
        self._listener.forecast(StudyForecast(tuple(found), 0, reading, warmup=warmup))
        return cheap_first(found), reading

    def _sample_s(self, n_jobs: int) -> float:
        """Return the CPU seconds of a sample; fewer if the budget is small."""
        watts = self._context.hardware.watts_per_cpu[1]
        budget = self._purse.budget
        affordable = SAMPLING_SHARE * budget.amount / budget.of_seconds(watts) / n_jobs
        return min(SAMPLE_S, max(LEAST_SAMPLE_S, affordable))

    def run_within(self, forecasts: list[JobForecast], jobs: list[Job], logbook: Logbook) -> Bill:
        """Run what the budget allows, in this order; note and return what became of it.

        Args:
            forecasts: Of the jobs that are missing, cheap ones first.
            jobs: All jobs of the study.
            logbook: Of the study, with the warm-ups and pauses of all sessions.
        """
        purse, context = self._purse, self._context
        budget, bill = purse.budget, Bill(purse, logbook.info)
        names = dict(zip(map(training_by, jobs), labels_of_trainings(jobs), strict=True))
        for record in read_study(context.folder.path).records:
            bill.book(training_of(record), record.epochs, record.total)
        left = accounts_in(context.folder.path / "states")
        for job in jobs:
            account = left.pop(context.attempt(job).name, None)
            if account is not None:
                bill.book(training_by(job), account.epochs, account.total)
        for folder, account in left.items():
            bill.book_left(folder, account.epochs, account.total)
        n_begun = 0
        for item in forecasts:
            job = item.job
            name, earlier = training_by(job), context.attempt(job).account()
            least = one_epoch(item) if job.epochs else item.run.total
            begin_with(purse, item, bill.spent + (purse.rest if n_begun else 0.0))
            if not purse.fits([least]):
                done = len(earlier.epochs) if earlier and context.goes_on_with(job) else 0
                bill.not_run.append(_not_run(item, names[name], budget, context, done))
                continue
            if earlier is not None:
                # The ledger of what begins now includes what earlier attempts took.
                bill.hand_over(name, earlier.epochs)
            self._rest(n_begun)
            n_begun += 1
            bill.read(logbook.info)
            begin_with(purse, item, bill.spent)
            self._listener.job_started(job)
            try:
                records = run_job(job, context)
            except StoppedError as stopped:
                records = stopped.records
                bill.book(name, stopped.epochs, stopped.total)
                left_out = _not_run(item, names[name], budget, context, len(stopped.epochs))
                bill.not_run.append(left_out)
            for record in records:
                bill.book(training_of(record), record.epochs, record.total)
            self._listener.job_done(job, records)
        logbook.replace(bill.settle(logbook.info))
        return bill

    @property
    def _purse(self) -> Purse:
        assert self._context.purse is not None
        return self._context.purse

    def _rest(self, at: int) -> None:
        if at:
            self._rests.take()


def begin_with(purse: Purse, item: JobForecast, spent: float) -> None:
    """Begin a run in a purse, with the validation and test that its forecast expects."""
    budget = purse.budget
    amounts = {
        name: budget.of(add_readings(name, [p.reading for p in item.run.parts if p.phase == name]))
        for name in dict.fromkeys(part.phase for part in item.run.parts)
    }
    validation = amounts.get("validate", 0.0) / max(1, n_validations(item.job.longest))
    ending = amounts.get("test", 0.0) + 2 * amounts.get("checkpoint", 0.0)
    # The upper end of the interval: a run may end early, but not beyond the budget.
    purse.begin(spent, validation * item.run.factor, ending * item.run.factor)


def _not_run(
    item: JobForecast, label: str, budget: Budget, context: Context, epochs: int
) -> NotRun:
    job = item.job
    account = context.attempt(job).account()
    had = budget.of(account.total) if account and context.goes_on_with(job) else 0.0
    return NotRun(
        label=label,
        dataset=job.longest.dataset,
        run_id=context.run_id(job.longest),
        epochs=job.epochs,
        epochs_done=epochs,
        needs=max(0.0, budget.of(item.total) - had),
    )
