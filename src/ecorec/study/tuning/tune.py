"""A tuning from its settings to its record: the same number of trials for everybody, all billed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ecorec.data.dataset import Dataset
from ecorec.energy import waiting
from ecorec.energy.counter_test import without_failing
from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.meter import Meter, Moment
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import Sampler
from ecorec.energy.sensor import Sensor
from ecorec.errors import InputError, StudyError, TrainingError
from ecorec.evaluation.metrics import MetricAtK
from ecorec.study.allocator import keep_freed_memory
from ecorec.study.machine import check_device, use_threads, warm_up
from ecorec.study.plan import Job
from ecorec.study.settings import MeasurementSettings, StudySettings
from ecorec.study.tuning import journal
from ecorec.study.tuning.folder import TuningFolder
from ecorec.study.tuning.record import PHASE, ModelTuning, TrialRecord, TuningRecord
from ecorec.study.tuning.settings import Task, TuningSettings
from ecorec.study.tuning.spaces import find_space
from ecorec.study.tuning.trial import Ground, Outcome, run_trial
from ecorec.study.tuning.trials import OpenTrial, close_interrupted, read_trials
from ecorec.training.fit import EpochResult


@runtime_checkable
class TuningListener(Protocol):
    """Who wants to know how a tuning goes."""

    def planned(self, settings: TuningSettings, record: TuningRecord, dataset: Dataset) -> None:
        """Say what will be tried, and what is known already."""
        ...

    def epoch_done(self, task: Task, position: int, epoch: EpochResult) -> None:
        """Say that a trial has passed an epoch."""
        ...

    def trial_done(self, task: Task, tuning: ModelTuning) -> None:
        """Say what the last of these trials came to."""
        ...


class Silent:
    """A listener that says nothing."""

    def planned(self, settings: TuningSettings, record: TuningRecord, dataset: Dataset) -> None:
        """Say nothing."""

    def epoch_done(self, task: Task, position: int, epoch: EpochResult) -> None:
        """Say nothing."""

    def trial_done(self, task: Task, tuning: ModelTuning) -> None:
        """Say nothing."""


def tune(
    settings: TuningSettings,
    out: Path,
    *,
    data_path: Path | None = None,
    listener: TuningListener | None = None,
    sensors: tuple[Sensor, ...] | None = None,
) -> TuningRecord:
    """Try what a tuning lacks and return all of it; the test set takes no part.

    Started again, it goes on: of a trial that was interrupted only the energy is kept.

    Args:
        settings: The tuning.
        out: Its folder, new or begun earlier.
        data_path: Where catalogue data sets are looked for.
        listener: Told how it goes.
        sensors: What it is measured with; what is found on the machine, if not given.

    Raises:
        EcorecError: Before anything is written, for whatever can be checked by then.
        StudyError: No trial of a model came to its end.
    """
    listener = listener or Silent()
    waiting.wait_passively()
    keep_freed_memory()
    journal.load_optuna()
    study, tasks = settings.study, settings.tasks()
    hardware = describe_machine(study.watts_per_cpu)
    threads = study.threads or hardware.n_cpus
    measurement = MeasurementSettings(
        threads=threads, device=study.device, kernel=study.kernel, repeat=1
    )
    check_device(study.device)
    use_threads(threads)
    for task in tasks:
        settings.run_settings(task, settings.defaults(task))
    folder = TuningFolder(out)
    earlier = folder.record()
    if earlier is not None:
        _check_same(earlier, settings)
        _check_equal(earlier, settings, tasks)
        if all(_n_trials(earlier, task) >= settings.trials for task in tasks):
            return earlier
    found = sensors or without_failing(find_sensors(hardware, study.sensors, study.device))
    meter = Meter(found)
    warmup = _warm(settings, tasks, measurement, meter)
    with Sampler(found):
        session = _Session(settings, measurement, meter, folder, listener)
        session.prepare(data_path)
        with folder.locked():
            session.begin(earlier, hardware, warmup)
            for task in tasks:
                session.search(task)
    _check_chosen(session.record)
    return session.record


def study_of_the_chosen(settings: TuningSettings, out: Path) -> StudySettings:
    """Return the study that trains and tests what was chosen, once, in the tuning's folder."""
    study, metric = settings.study, settings.objective[0]
    change = {"tuned": (str(out),), "set": study.set | {"training.metric": metric}}
    return study.model_copy(update=change)


@dataclass(eq=False)
class _Session:
    """One start of a tuning: every joule since `prepare` is in a trial, or shared."""

    settings: TuningSettings
    measurement: MeasurementSettings
    meter: Meter
    folder: TuningFolder
    listener: TuningListener
    record: TuningRecord = field(init=False)
    ground: Ground = field(init=False)
    _mark: Moment = field(init=False)
    _shared: Reading = field(init=False)
    _storage: Any = field(init=False)

    def prepare(self, data_path: Path | None) -> None:
        task = self.settings.tasks()[0]
        run = self.settings.run_settings(task, {})
        self._mark = self.meter.now()
        self.ground = Ground.prepare(run, self.measurement, data_path)
        n_items = self.ground.dataset.interactions.n_items
        metric = MetricAtK.parse(self.settings.objective[0])
        if max(metric.k, *self.settings.study.topk) > n_items:
            message = f"K is larger than the catalogue of {n_items} items of `{run.dataset}`"
            raise InputError(message, hint=f"ask for --topk and a metric of at most {n_items}")
        self._shared = self._since()

    def begin(self, earlier: TuningRecord | None, hardware: Hardware, warmup: Reading) -> None:
        if earlier is None:
            record = _new_record(self.settings, self.ground)
        else:
            record = earlier
            fingerprint = self.ground.dataset.interactions.fingerprint()
            if earlier.fingerprint != fingerprint:
                message = f"`{earlier.dataset}` is not the data that {self.folder.path} began with"
                raise StudyError(message, hint="give the same file, or another --out")
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
        self.listener.planned(self.settings, self.record, self.ground.dataset)

    def search(self, task: Task) -> None:
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
        opened = OpenTrial(search, search.ask())
        values = journal.propose(opened.trial, space)
        opened.describe(values, is_default=values == defaults)
        watch, metric = IsolationWatch(), self.settings.objective[0]
        best: float | None = None
        pruned = False

        def goes_on(epoch: EpochResult) -> bool:
            nonlocal best, pruned
            self.listener.epoch_done(task, position, epoch)
            if opened.account_is_old():
                opened.account(self._so_far())
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
                run, self.measurement, self.ground, self.meter, MetricAtK.parse(metric), goes_on
            )
        except TrainingError as error:
            opened.account(self._since(watch), reason=error.message, validation=best)
            opened.close("failed")
            return
        except KeyboardInterrupt:
            opened.account(self._since(watch))
            raise
        values_told = self._values(outcome)
        opened.account(
            self._since(watch),
            validation=outcome.validation,
            best_epoch=outcome.best_epoch,
            run_j=outcome.run.energy_j,
        )
        # The last epoch may be a bad one as well: a training that came to its end is complete.
        opened.close("pruned" if outcome.stopped and pruned else "complete", values_told)

    def _values(self, outcome: Outcome) -> list[float]:
        if not self.settings.weighs_energy:
            return [outcome.validation]
        if outcome.run.energy_j is None:
            message = "energy cannot be an objective: no sensor here gives any joules"
            raise InputError(message, hint="`ecorec doctor` says why; or tune for quality alone")
        return [outcome.validation, outcome.run.energy_j]

    def _since(self, watch: IsolationWatch | None = None) -> Reading:
        """Return everything since the last call: what lies between two trials is in the later."""
        now = self.meter.now(closing=True)
        reading = self.meter.between(PHASE, self._mark, now)
        self._mark = now
        isolation = watch.isolation() if watch else None
        warnings = (*reading.warnings, *(isolation.warnings if isolation else ()))
        return reading.model_copy(update={"warnings": warnings})

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


def _new_record(settings: TuningSettings, ground: Ground) -> TuningRecord:
    study = settings.study
    run = settings.run_settings(settings.tasks()[0], {})
    return TuningRecord(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        dataset=study.datasets[0],
        fingerprint=ground.dataset.interactions.fingerprint(),
        data=run.data,
        split=run.split,
        split_seed=study.split_seed,
        preset=study.preset,
        objective=settings.objective,
        trials_per_model=settings.trials,
        epochs=study.epochs[0],
        seed=study.seeds[0],
        protocol=_protocol(settings),
        search=journal.search_in_words(prunes=settings.prune and not settings.weighs_energy),
        machines=(),
    )


def _protocol(settings: TuningSettings) -> dict[str, Any]:
    """Return what a tuning must not change once it has begun."""
    study = settings.study
    return {
        "dataset": study.datasets[0],
        "objective": ",".join(settings.objective),
        "epochs": study.epochs[0],
        "seed": study.seeds[0],
        "split": study.split,
        "split_seed": study.split_seed,
        "preset": study.preset,
        "dtype": study.dtype,
        "prune": settings.prune,
        "set": {key: study.model_dump(mode="json")["set"][key] for key in sorted(study.set)},
    }


def _check_same(earlier: TuningRecord, settings: TuningSettings) -> None:
    for key, now in _protocol(settings).items():
        if earlier.protocol.get(key) != now:
            message = (
                f"the tuning was begun with {key} = {earlier.protocol.get(key)}, not {now}: its "
                "trials would not be comparable"
            )
            raise StudyError(message, hint="give the same settings, or another --out")


def _check_equal(earlier: TuningRecord, settings: TuningSettings, tasks: list[Task]) -> None:
    """Make sure that all models of a folder will have had the same number of trials."""
    asked = {(task.model, task.embedding_size) for task in tasks}
    for model in earlier.models:
        named = (model.model, model.embedding_size) in asked
        if model.n_trials > settings.trials or (not named and model.n_trials < settings.trials):
            message = (
                f"{model.label} has had {model.n_trials} trials already, not {settings.trials}: "
                "models would not have been tuned alike"
            )
            hint = f"ask for --trials {model.n_trials}, or name its model and size as well"
            raise StudyError(message, hint=hint)


def _n_trials(record: TuningRecord, task: Task) -> int:
    sizes = {(m.model, m.embedding_size): m.n_trials for m in record.models}
    return sizes.get((task.model, task.embedding_size), 0)


def _check_chosen(record: TuningRecord) -> None:
    for model in record.models:
        if not model.complete:
            reasons = [trial.reason for trial in model.trials if trial.reason]
            message = f"no trial of {model.label} came to its end" + (
                f": {reasons[-1]}" if reasons else ""
            )
            raise StudyError(message, hint="give more --trials, or leave the model out")


def _warm(
    settings: TuningSettings, tasks: list[Task], measurement: MeasurementSettings, meter: Meter
) -> Reading:
    jobs = [
        Job((settings.run_settings(task, {}),), measurement, settings.study.preset)
        for task in tasks
    ]
    with meter.window("warmup") as window:
        warm_up(jobs)
    return window.reading
