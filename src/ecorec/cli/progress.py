"""How a study goes, on the terminal: one bar a model, with joules so far and the best so far."""

from rich.progress import TaskID, TextColumn

from ecorec.analysis.decision.validation import validation_of
from ecorec.cli.bars import Bars
from ecorec.cli.course import Course
from ecorec.cli.progress_words import place_in_words, rung_in_words
from ecorec.cli.pulse import Pulse
from ecorec.data.dataset import Dataset
from ecorec.energy.hardware import Hardware
from ecorec.report.forecast import forecast_line
from ecorec.study.forecast import StudyForecast
from ecorec.study.labels import labels_of_trainings
from ecorec.study.left import Left
from ecorec.study.logbook import usual_metric
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord, RunRecord
from ecorec.units import format_energy

STEPS_OF_A_FIT = 1
"""A training-free model is one step of its bar; a trained one is a step an epoch."""


class StudyProgress(Bars):
    """Listens to a study and draws; in a pipe it writes lines: one a training, and a pulse.

    Args:
        with_head: Whether machine and data are named first.
        pulse: When a long training is to be heard of in a pipe.
    """

    def __init__(self, *, with_head: bool = True, pulse: Pulse | None = None) -> None:
        self._with_head = with_head
        self._pulse = pulse or Pulse()
        super().__init__(12, TextColumn("{task.fields[left]}"))
        self._tasks: dict[str, TaskID] = {}
        self._joules: dict[str, float] = {}
        self._best: dict[str, tuple[float, str]] = {}
        self._left = Left()
        self._courses: dict[str, Course] = {}
        """The trainings under way, by `_key`."""
        self._metric = ""
        """That most trainings choose their epoch by, for fits in closed form."""
        self._labels: dict[str, str] = {}
        """What each training is called beside the others of its study, by `_key`."""
        self._several = False
        self._done = 0
        self._total = 0

    def noticed(self, words: str) -> None:
        """Say what should be known before any run."""
        self._say(f"note: {words}")

    def planned(
        self, hardware: Hardware, datasets: list[Dataset], jobs: list[Job], done: int
    ) -> None:
        """Say what is measured, on what, and set up the bars."""
        if self._with_head:
            self._say_machine(hardware)
            runs = [job.longest for job in jobs]
            for dataset in datasets:
                by_time = any(r.split.reads_time for r in runs if r.dataset == dataset.name)
                self._say_data(dataset, by_time=by_time)
        if done:
            self._say(f"{done} of {len(jobs)} trainings are in the folder already")
        self._labels = dict(zip(map(_key, jobs), labels_of_trainings(jobs), strict=True))
        for job in jobs:
            model = job.longest.model
            if model not in self._tasks:
                self._tasks[model] = self._progress.add_task(
                    model, total=0, energy="", best="", left=""
                )
            self._progress.update(self._tasks[model], total=(self._total_of(model) + _steps(job)))
        self._total = len(jobs) - done
        self._metric = usual_metric(jobs)

    def _total_of(self, model: str) -> float:
        return float(self._progress.tasks[self._tasks[model]].total or 0)

    def placed(self, where: str) -> None:
        """Say where the runs will be."""
        self._several = True
        self._say(where)

    def measuring_idle(self, longest_s: float) -> None:
        """Say what is being waited for."""
        if longest_s:
            self._say(f"measuring the idle machine, {longest_s:.0f} s at most")

    def forecast(self, forecast: StudyForecast) -> None:
        """Say what is to come, and show from now on what is left of it."""
        self._left = Left(forecast)
        self._say(forecast_line(forecast))

    def job_started(self, job: Job) -> None:
        """Show which training the bar is at."""
        self._left.begin(job)
        self._courses.setdefault(_key(job), Course())
        self._progress.update(self._tasks[job.longest.model], description=job.longest.model)

    def job_resumed(self, job: Job, epochs: list[EpochRecord]) -> None:
        """Move the bar to where an earlier session left the training, and say so."""
        if self._courses[_key(job)].n_epochs:
            return  # earlier in this session, up to a rung: heard of then
        for epoch in epochs:
            self._take_in(job, epoch)
        self._progress.update(self._tasks[job.longest.model], advance=len(epochs))
        self._say(f"{self._label(job)} goes on after epoch {len(epochs)} of {job.epochs}")

    def _take_in(self, job: Job, epoch: EpochRecord) -> None:
        self._courses[_key(job)].take_in(epoch)
        if epoch.train_j is not None:
            model = job.longest.model
            self._joules[model] = self._joules.get(model, 0.0) + epoch.train_j

    def epoch_done(self, job: Job, epoch: EpochRecord) -> None:
        """Move the bar by an epoch."""
        model = job.longest.model
        self._take_in(job, epoch)
        # With several trainings at a time, what one of them lacks says little.
        left = "" if self._several else self._left.after(epoch)
        self._progress.update(
            self._tasks[model],
            advance=1,
            energy=self._energy_of(model),
            best=f"{self._best_of(model)} now {self._label(job).removeprefix(model).strip()}",
            left=left,
        )
        if not self._live and self._pulse.due():
            self._say(place_in_words(job, self._label(job), epoch, self._courses[_key(job)], left))

    def job_lost(self, job: Job, why: str) -> None:
        """Say that a training begins again, and take its epochs back."""
        self._progress.update(self._tasks[job.longest.model], advance=-self._end(job))
        self._say(f"{self._label(job)} is run again: {why}")

    def job_done(self, job: Job, records: list[RunRecord]) -> None:
        """Show what the training came to."""
        self._done += 1
        model, own = job.longest.model, ""
        for record in records:
            # What is chosen by while a study goes on: test is for its end.
            metric = record.selection_metric or self._metric
            value = validation_of(record, metric)
            if value is None:
                continue
            own = f", validation {metric} {value:.4f}"
            if value > self._best.get(model, (-1.0, ""))[0]:
                size = f" d={record.embedding_size}" if record.embedding_size else ""
                self._best[model] = (value, f"validation {metric} {value:.4f}{size}")
        last = records[-1] if records else None
        energy_j = last.total.energy_j if last else None
        if job.longest.training is None and energy_j is not None:
            self._joules[model] = self._joules.get(model, 0.0) + energy_j
        self._progress.update(
            self._tasks[model],
            # Epochs that were spared are done too.
            advance=_steps(job) - self._end(job),
            energy=self._energy_of(model),
            best=self._best_of(model),
            left="",
        )
        if not self._live:
            self._pulse.heard()
            done = f"[{self._done}/{self._total}] {self._label(job)}"
            energy = "energy not read" if energy_j is None else format_energy(energy_j)
            self._say(f"{done}: {energy}{own}")

    def rung_done(self, epochs: int, kept: list[Job], dropped: list[Job]) -> None:
        """Say who goes on, and take the bars of the others to their ends."""
        for job in dropped:
            spared = _steps(job) - self._end(job)
            self._progress.update(self._tasks[job.longest.model], advance=spared, left="")
        self._total -= len(dropped)
        self._say(rung_in_words(epochs, kept, dropped))

    def _end(self, job: Job) -> int:
        """Forget a training that is no longer under way, and return the epochs that it passed."""
        return self._courses.pop(_key(job), Course()).n_epochs

    def _label(self, job: Job) -> str:
        return self._labels.get(_key(job), job.label)

    def _energy_of(self, model: str) -> str:
        return format_energy(self._joules[model]) if model in self._joules else ""

    def _best_of(self, model: str) -> str:
        return f" best {self._best[model][1]}" if model in self._best else ""


def _key(job: Job) -> str:
    return f"{job.longest.model_dump_json()}|{job.measurement.model_dump_json()}"


def _steps(job: Job) -> int:
    return job.epochs or STEPS_OF_A_FIT
