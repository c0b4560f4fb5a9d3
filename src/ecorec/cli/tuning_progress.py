"""How a tuning goes, on the terminal: one bar a model and size, with joules and the best so far."""

from rich.progress import TaskID

from ecorec.cli.bars import Bars
from ecorec.data.dataset import Dataset
from ecorec.study.tuning.record import ModelTuning, TuningRecord
from ecorec.study.tuning.settings import Task, TuningSettings
from ecorec.training.fit import EpochResult
from ecorec.units import format_energy


class TuningProgress(Bars):
    """Listens to a tuning and draws; in a pipe it writes one line a trial instead."""

    def __init__(self) -> None:
        super().__init__(18)
        self._tasks: dict[str, TaskID] = {}
        self._best: dict[str, str] = {}
        self._wanted = 0
        self._metric = ""

    def planned(self, settings: TuningSettings, record: TuningRecord, dataset: Dataset) -> None:
        """Say what is searched, how and with what, and set up the bars."""
        self._wanted, self._metric = settings.trials, settings.objective[0]
        self._say_machine(record.machines[-1])
        self._say_data(dataset, by_time=record.split.reads_time)
        self._say(
            f"{settings.trials} trials of {record.epochs} epochs each by validation "
            f"{' against '.join(settings.objective)} · {record.search}"
        )
        known = {(m.model, m.embedding_size): m.n_trials for m in record.models}
        for task in settings.tasks():
            done = known.get((task.model, task.embedding_size), 0)
            if done:
                self._say(f"{task.label}: {done} of {settings.trials} trials are done already")
            self._tasks[task.label] = self._progress.add_task(
                task.label, total=settings.trials, completed=done, energy="", best=""
            )

    def epoch_done(self, task: Task, position: int, epoch: EpochResult) -> None:
        """Show which epoch of which trial is under way."""
        self._progress.update(
            self._tasks[task.label],
            best=f"{self._best.get(task.label, '')} trial {position + 1} epoch {epoch.epoch}",
        )

    def trial_done(self, task: Task, tuning: ModelTuning) -> None:
        """Show what the trial came to, and the best so far."""
        last = tuning.trials[-1]
        best = max((t.validation or 0.0 for t in tuning.complete), default=None)
        self._best[task.label] = "" if best is None else f"best {best:.4f}"
        bill = tuning.bill.energy_j
        self._progress.update(
            self._tasks[task.label],
            completed=tuning.n_trials,
            energy="" if bill is None else format_energy(bill),
            best=self._best[task.label],
        )
        if not self._live:
            value = "" if last.validation is None else f" {self._metric} {last.validation:.4f}"
            energy = last.energy.energy_j if last.energy else None
            drew = "" if energy is None else f" · {format_energy(energy)}"
            drew += " !" if last.contaminated else ""
            state = "" if last.state == "complete" else f" {last.state}"
            self._say(
                f"[{tuning.n_trials}/{self._wanted}] {task.label}:{value}{state} · "
                f"{self._best[task.label]}{drew}"
            )
