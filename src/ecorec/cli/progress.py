"""How a study goes, on the terminal: one bar a model, with joules so far and the best so far."""

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
)

from ecorec.cli.console import console
from ecorec.data.dataset import Dataset
from ecorec.energy.hardware import Hardware
from ecorec.report.forecast import forecast_line
from ecorec.study.forecast import StudyForecast
from ecorec.study.halving import labels_of
from ecorec.study.left import Left
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord, RunRecord
from ecorec.units import format_energy
from ecorec.version import VERSION

STEPS_OF_A_FIT = 1
"""A training-free model is one step of its bar; a trained one is a step an epoch."""


NAMED_AT_A_RUNG = 4


class StudyProgress:
    """Listens to a study and draws; in a pipe it writes one line a training instead.

    Args:
        with_head: Whether machine and data are named first.
    """

    def __init__(self, *, with_head: bool = True) -> None:
        self._with_head = with_head
        self._console: Console = console()
        self._live = self._console.is_terminal
        self._progress = Progress(
            TextColumn(" {task.description:<12}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[energy]:>9}"),
            TextColumn("{task.fields[best]}"),
            TextColumn("{task.fields[left]}"),
            console=self._console,
            disable=not self._live,
        )
        self._tasks: dict[str, TaskID] = {}
        self._joules: dict[str, float] = {}
        self._best: dict[str, tuple[float, str]] = {}
        self._left = Left()
        self._passed: dict[int, int] = {}
        self._done = 0
        self._total = 0

    def __enter__(self) -> "StudyProgress":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def planned(
        self, hardware: Hardware, datasets: list[Dataset], jobs: list[Job], done: int
    ) -> None:
        """Say what is measured, on what, and set up the bars."""
        if self._with_head:
            self._say_head(hardware, datasets)
        if done:
            self._say(f"{done} of {len(jobs)} trainings are in the folder already")
        for job in jobs:
            model = job.longest.model
            if model not in self._tasks:
                self._tasks[model] = self._progress.add_task(
                    model, total=0, energy="", best="", left=""
                )
            self._progress.update(self._tasks[model], total=(self._total_of(model) + _steps(job)))
        self._total = len(jobs) - done

    def _say_head(self, hardware: Hardware, datasets: list[Dataset]) -> None:
        low, _, high = hardware.watts_per_cpu
        self._say(
            f"ecorec {VERSION} · {hardware.n_cpus} cores {hardware.cpu}"
            f"{' (virtual machine)' if hardware.virtualised else ''} · energy: "
            f"{hardware.watts_method} {low:g} to {high:g} W per busy CPU (ecorec doctor)"
        )
        for dataset in datasets:
            whole = dataset.interactions
            self._say(
                f"{dataset.name} · {whole.n_users:,} users · {whole.n_items:,} items · "
                f"{len(whole):,} interactions"
                + "".join(f" · {words}" for words in (*dataset.filters, *dataset.notes))
            )

    def _total_of(self, model: str) -> float:
        return float(self._progress.tasks[self._tasks[model]].total or 0)

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
        self._progress.update(self._tasks[job.longest.model], description=job.longest.model)

    def epoch_done(self, job: Job, epoch: EpochRecord) -> None:
        """Move the bar by an epoch."""
        model = job.longest.model
        self._passed[id(job)] = self._passed.get(id(job), 0) + 1
        self._joules[model] = self._joules.get(model, 0.0) + (epoch.train_j or 0.0)
        self._progress.update(
            self._tasks[model],
            advance=1,
            energy=format_energy(self._joules[model]),
            best=f"{self._best_of(model)} now {job.label.removeprefix(model).strip()}",
            left=self._left.after(epoch),
        )

    def job_done(self, job: Job, records: list[RunRecord]) -> None:
        """Show what the training came to."""
        self._done += 1
        model = job.longest.model
        for record in records:
            name = next(name for name in record.metrics if name.startswith("ndcg@"))
            value = record.metrics[name]
            best = self._best.get(model, (-1.0, ""))
            if value > best[0]:
                size = f" d={record.embedding_size}" if record.embedding_size else ""
                self._best[model] = (value, f"{value:.3f}{size}")
        last = records[-1] if records else None
        energy = (last.total.energy_j or 0.0) if last else 0.0
        if job.longest.training is None:
            self._joules[model] = self._joules.get(model, 0.0) + energy
        self._progress.update(
            self._tasks[model],
            # Epochs that were spared, or had passed in an earlier session, are done too.
            advance=_steps(job) - self._passed.get(id(job), 0),
            energy=format_energy(self._joules.get(model, 0.0)),
            best=self._best_of(model),
            left="",
        )
        if not self._live:
            self._say(
                f"[{self._done}/{self._total}] {job.label}: {format_energy(energy)}"
                f"{self._best_of(model)}"
            )

    def rung_done(self, epochs: int, kept: list[Job], dropped: list[Job]) -> None:
        """Say who goes on, and take the bars of the others to their ends."""
        for job in dropped:
            spared = _steps(job) - self._passed.get(id(job), 0)
            self._progress.update(self._tasks[job.longest.model], advance=spared, left="")
        self._total -= len(dropped)
        names = list(dict.fromkeys(labels_of([*kept, *dropped])[: len(kept)]))
        shown = ", ".join(names[:NAMED_AT_A_RUNG])
        more = f" and {len(names) - NAMED_AT_A_RUNG} more" if len(names) > NAMED_AT_A_RUNG else ""
        n = len(kept) + len(dropped)
        self._say(f"after {epochs} epochs {len(kept)} of {n} trainings go on: {shown}{more}")

    def _best_of(self, model: str) -> str:
        return f" best {self._best[model][1]}" if model in self._best else ""

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)


def _steps(job: Job) -> int:
    return job.epochs or STEPS_OF_A_FIT
