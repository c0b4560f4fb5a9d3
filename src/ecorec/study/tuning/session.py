"""One start of a tuning: trials are proposed, run, billed and kept, one after another."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecorec.data.splitting import in_use
from ecorec.energy.hardware import Hardware
from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.meter import Meter, Moment
from ecorec.energy.reading import Reading
from ecorec.errors import InputError, StudyError, TrainingError
from ecorec.evaluation.metrics import MetricAtK
from ecorec.study.checks import check_cutoffs, fitting_cutoffs
from ecorec.study.machine import strangers_on
from ecorec.study.run_settings import MeasurementSettings
from ecorec.study.tuning import journal
from ecorec.study.tuning.folder import TuningFolder
from ecorec.study.tuning.listener import TuningListener
from ecorec.study.tuning.protocol import check_sensors, check_watts, new_record
from ecorec.study.tuning.record import PHASE, ModelTuning, TrialRecord, TuningRecord
from ecorec.study.tuning.settings import Task, TuningSettings
from ecorec.study.tuning.spaces import find_space
from ecorec.study.tuning.trial import Ground, run_trial
from ecorec.study.tuning.trials import OpenTrial, close_interrupted, read_trials
from ecorec.training.fit import EpochResult

UNREAD = "a counter of its energy could not be read"
"""Why a trial fails that was to be weighed by its joules."""


@dataclass(eq=False)
class Session:
    """One start of a tuning; every joule since `prepare` is billed to a trial, or as shared."""

    settings: TuningSettings
    measurement: MeasurementSettings
    meter: Meter
    folder: TuningFolder
    listener: TuningListener
    record: TuningRecord = field(init=False)
    ground: Ground = field(init=False)
    _mark: Moment = field(init=False)
    _begun: Reading = field(init=False)
    """Of no length: which components a reading of this start counts."""
    _shared: Reading = field(init=False)
    _storage: Any = field(init=False)

    def prepare(self, data_path: Path | None) -> None:
        """Load, split and build the graph; that is billed as shared.

        Raises:
            InputError: A list is asked for that is longer than the catalogue, or energy is an
                objective that nothing measures.
        """
        task = self.settings.tasks()[0]
        run = self.settings.run_settings(task, {})
        self._mark = self.meter.now()
        self._begun = self.meter.between(PHASE, self._mark, self._mark)
        if self.settings.weighs_energy and self._begun.energy_j is None:
            message = "energy cannot be an objective: no sensor here gives any joules"
            raise InputError(message, hint="`ecorec doctor` says why; or tune for quality alone")
        self.ground = Ground.prepare(run, self.measurement, data_path)
        n_items = self.ground.split.whole.n_items
        if not self.settings.study.names_cutoffs:
            run, _ = fitting_cutoffs(run, n_items)
        check_cutoffs(run, n_items, self.settings.objective[0])
        self._shared = self._since()

    def begin(self, earlier: TuningRecord | None, hardware: Hardware, warmup: Reading) -> None:
        """Open the folder's record, the earlier one if there is any, and the journal.

        Raises:
            StudyError: The folder's data are others, or its joules are read by other sensors or
                billed other watts.
        """
        if earlier is None:
            record = new_record(self.settings, self.ground, self.measurement)
        else:
            record = earlier
            fingerprint = self.ground.dataset.fingerprint()
            if earlier.fingerprint != fingerprint:
                message = f"`{earlier.dataset}` is not the data that {self.folder.path} began with"
                raise StudyError(message, hint="give the same file, or another --out")
            if self.settings.weighs_energy:
                check_sensors(earlier, self._begun)
                check_watts(earlier, self._begun, hardware)
        machines = (*(machine for machine in record.machines if machine != hardware), hardware)
        change = {
            "machines": machines,
            "warmups": (*record.warmups, warmup),
            "shared": (*record.shared, self._shared),
            "trials_per_model": self.settings.trials,
        }
        self.record = record.model_copy(update=change)
        self.folder.write(self.record)
        self._storage = journal.open_journal(self.folder.journal)
        self.listener.planned(
            self.settings, self.record, in_use(self.ground.dataset, self.ground.split)
        )

    def search(self, task: Task) -> None:
        """Run trials until a model has had all of them."""
        epochs = self.settings.study.epochs[0]
        search = journal.open_search(
            self._storage,
            task.label,
            weighs_energy=self.settings.weighs_energy,
            last_epoch=epochs,
        )
        close_interrupted(search)
        while True:
            tuning = self._keep(task, read_trials(search))
            if tuning.n_trials >= self.settings.trials:
                return
            self._try(task, search, position=tuning.n_trials)
            self.listener.trial_done(task, self._keep(task, read_trials(search)))

    def _try(self, task: Task, search: Any, position: int) -> None:
        search.sampler = journal.sampler(self.settings.study.seeds[0], position)
        space, defaults = self.settings.space(task), self.settings.defaults(task)
        fits = all(where.holds(defaults[name]) for name, where in space.items())
        if position == 0 and fits:
            search.enqueue_trial(defaults)
        watch = IsolationWatch(gpu_processes=strangers_on(self.measurement.device))
        opened = OpenTrial(search, search.ask(), watch)
        values = journal.propose(opened.trial, space)
        opened.describe(values, is_default=values == defaults)
        metric = self.settings.objective[0]
        best: float | None = None
        pruned = False

        def keep_account_in_time() -> None:
            if opened.account_is_old():
                opened.account(self._so_far())

        def goes_on(epoch: EpochResult) -> bool:
            nonlocal best, pruned
            self.listener.epoch_done(task, position, epoch)
            keep_account_in_time()
            if epoch.validation is None:
                return True
            best = epoch.validation if best is None else max(best, epoch.validation)
            if self.settings.weighs_energy:
                return True
            opened.trial.report(epoch.validation, epoch.epoch)
            pruned = self.settings.prune and opened.trial.should_prune()
            return not pruned

        run = self.settings.run_settings(task, values)
        try:
            outcome = run_trial(
                run, self.measurement, self.ground, self.meter, MetricAtK.parse(metric),
                goes_on, keep_account_in_time,
            )  # fmt: skip
        except TrainingError as error:
            opened.account(self._since(), reason=error.message, validation=best)
            opened.close("failed")
            return
        except BaseException:
            # Ctrl-C, SIGTERM or an error: the trial is done again, and what it drew is on the bill.
            opened.account(self._since())
            raise
        run_j, told = outcome.run.part_of(self._begun).energy_j, [outcome.validation]
        if self.settings.weighs_energy:
            if run_j is None:
                # By the joules of its process, fewer than the machine's, it would seem cheap.
                opened.account(self._since(), reason=UNREAD, validation=outcome.validation)
                opened.close("failed")
                return
            told.append(run_j)
        opened.account(
            self._since(),
            validation=outcome.validation,
            best_epoch=outcome.best_epoch,
            run_j=run_j,
        )
        # Even if its last epoch is a bad one, a training that came to its end is complete.
        opened.close("pruned" if outcome.stopped and pruned else "complete", told)

    def _since(self) -> Reading:
        """Return everything since the last call; time between two trials goes to the later one."""
        now = self.meter.now(closing=True)
        reading = self.meter.between(PHASE, self._mark, now)
        self._mark = now
        return reading

    def _so_far(self) -> Reading:
        return self.meter.between(PHASE, self._mark, self.meter.now(closing=True))

    def _keep(self, task: Task, trials: tuple[TrialRecord, ...]) -> ModelTuning:
        source = find_space(task.model).source
        tuning = ModelTuning(
            model=task.model, embedding_size=task.embedding_size, source=source, trials=trials
        )
        models = {(m.model, m.embedding_size): m for m in self.record.models}
        models[task.model, task.embedding_size] = tuning
        self.record = self.record.model_copy(update={"models": tuple(models.values())})
        self.folder.write(self.record)
        return tuning
