"""One training from data to records, every phase in its own energy window."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn

from ecorec.data.load import load_dataset
from ecorec.data.splitting import Split
from ecorec.energy import memory
from ecorec.energy.codecarbon_tracker import CodeCarbonTracker
from ecorec.energy.gpu import foreign_processes
from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.ledger import Ledger
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading, add_readings
from ecorec.energy.sampling import Sampler
from ecorec.evaluation.evaluate import (
    Evaluation,
    HeldOut,
    evaluate,
    evaluate_accuracy,
    evaluate_one,
)
from ecorec.evaluation.metrics import MetricAtK
from ecorec.folders import write_whole
from ecorec.models.catalogue import find_model
from ecorec.study import checkpoint
from ecorec.study.attempt import Attempt
from ecorec.study.context import Context
from ecorec.study.describe import command_line, cost_of_run, data_record, split_record
from ecorec.study.machine import builds, use_threads, versions
from ecorec.study.plan import Job
from ecorec.study.prepare import (
    build_graph,
    build_model,
    build_sampler,
    build_split,
    scorer_of,
    test_set,
    validation_set,
)
from ecorec.study.record import (
    CodeCarbonRecord,
    EpochRecord,
    RunRecord,
)
from ecorec.study.settings import RunSettings, short_hash
from ecorec.training.fit import EpochResult, Selection, Trainer, fit, parameters_of
from ecorec.training.seeding import Generators

ACCOUNT_EVERY_S = 1.0
"""Seconds of energy that a kill may lose; writing takes a third of a millisecond."""


class StoppedError(Exception):
    """A training was stopped before its end, by a budget or at a rung; its state is kept.

    Args:
        records: Of the runs that came of it.
        epochs: That were trained.
        total: What it took, earlier attempts included.
    """

    def __init__(self, records: list[RunRecord], epochs: int, total: Reading) -> None:
        super().__init__(f"stopped after {epochs} epochs")
        self.records = records
        self.epochs = epochs
        self.total = total


@dataclass(eq=False)
class _Run:
    """A job under way: what its phases hand to one another."""

    job: Job
    context: Context
    ledger: Ledger
    tracker: CodeCarbonTracker
    metering: Callable[[], float]
    """Seconds that reading sensors has taken so far."""
    watch: IsolationWatch
    until: int | None = None
    """Epoch after which it pauses, without a test."""
    attempts: int = 1
    epochs: list[EpochRecord] = field(default_factory=list)
    validation: dict[str, float] = field(default_factory=dict)
    data: Any = None
    split: Split = field(init=False)
    kernel: str = "none"
    model: Any = None
    records: list[RunRecord] = field(default_factory=list)
    _ended_by: Literal["patience", "gain"] | None = None
    accounted_s: float = -math.inf
    """When the account of an unfinished run was last written."""

    @property
    def device(self) -> torch.device:
        return torch.device(self.job.measurement.device)

    def prepare(self) -> None:
        settings, phase = self.job.longest, self.ledger.phase
        with phase("load"):
            self.data = load_dataset(
                settings.dataset, settings.data, data_path=self.context.data_path
            )
        with phase("split"):
            self.split = build_split(self.data, settings)
        with phase("graph"):
            self.graph = build_graph(self.split, settings, self.job.measurement)
        entry = find_model(settings.model)
        if entry.propagates:
            self.kernel = self.graph.kernel
        if entry.has_embeddings:
            entries = self.graph.n_nodes * settings.model_settings["embedding_size"]
            use_threads(self.job.measurement.threads, entries)

    def fit_in_closed_form(self, folder: Path) -> None:
        with self.ledger.phase("train"):
            self.model = build_model(self.job.longest, self.graph, torch.Generator())
            self.model.fit(self.graph)
        with self.ledger.phase("validate"):
            held_out = self._as_called(validation_set(self.split, self.job.longest, self.device))
            scorer, ks = scorer_of(self.model), self.job.longest.topk
            self.validation = evaluate_accuracy(scorer, held_out, ks)
        self.finish(self.job.longest, folder, self.model.state(), best_epoch=None)

    def train(self, folder: Path) -> None:
        settings = self.job.longest
        if settings.training is None or settings.seed is None:
            return
        n_epochs = settings.training.epochs
        with self.ledger.phase("init"):
            generators = Generators.from_seed(settings.seed)
            self.model = build_model(settings, self.graph, generators.init)
            if hasattr(self.model, "rng"):
                self.model.rng = generators.model
            sampler = build_sampler(self.split.train, settings.training, generators)
            trainer = Trainer(self.model, sampler, generators, settings.training)
            attempt = self.context.attempt(self.job)
            self._restore(trainer, attempt)
            held_out = self._as_called(validation_set(self.split, settings, self.device))
            metric = MetricAtK.parse(settings.training.metric)

        def validate() -> float:
            return evaluate_one(scorer_of(self.model), held_out, metric)

        def on_epoch(result: EpochResult) -> None:
            record = _epoch_record(result)
            self.epochs.append(record)
            self.context.on_epoch(self.job, record)
            self._pass_milestones(trainer, validate, result)
            self._keep_state(trainer, attempt)

        def goes_on(result: EpochResult) -> bool:
            purse = self.context.purse
            if trainer.epoch >= n_epochs or trainer.ended_by:
                return True
            if self.until is not None and trainer.epoch >= self.until:
                return False
            return purse is None or purse.allows_epoch(self.ledger.total(), result.window.reading)

        ended = fit(
            trainer,
            validate,
            self.ledger.phase,
            on_epoch,
            goes_on,
            lambda: self.ledger.total().energy_j,
        )
        if not ended:
            self._stop(trainer, attempt, validate)
        self._ended_by = trainer.ended_by if trainer.epoch < n_epochs else None
        self._finish_with(settings, folder, trainer.selection)
        for shorter in self.job.runs[:-1]:
            # Patience may have ended the training before it reached the shorter run's epochs.
            if shorter.training and trainer.epoch < shorter.training.epochs:
                self._milestone(shorter, trainer.selection)
        attempt.remove()

    def _stop(self, trainer: Trainer, attempt: Attempt, validate: Callable[[], float]) -> None:
        """Keep the state and leave.

        Where a budget ends it, the best epoch so far is tested as a run of that many epochs; at
        a rung, only validation is looked at.

        Raises:
            StoppedError: Always.
        """
        with self.ledger.phase("checkpoint"):
            attempt.write_state(trainer.state())
        if trainer.epoch != self.until:
            shorter = self.context.shorter(self.job.longest, trainer.epoch)
            self._milestone_now(shorter, trainer, validate, validated=self.epochs[-1].validation)
        total = self.ledger.total()
        attempt.write_account(self.attempts, self.epochs, self.ledger.phases(), total, stopped=True)
        raise StoppedError(self.records, trainer.epoch, total)

    def _restore(self, trainer: Trainer, attempt: Attempt) -> None:
        earlier = attempt.read()
        if earlier is None or not self.context.goes_on_with(self.job):
            return
        trainer.restore(checkpoint.load(attempt.state_file))
        self.epochs = [epoch for epoch in earlier.epochs if epoch.epoch <= trainer.epoch]
        self.attempts = earlier.attempts + 1
        self.ledger.carry(list(earlier.phases), earlier.total)

    def _keep_state(self, trainer: Trainer, attempt: Attempt) -> None:
        every = self.context.checkpoint_every
        if every is None:
            return
        now_s, keeps_state = time.monotonic(), trainer.epoch % every == 0
        if keeps_state:
            with self.ledger.phase("checkpoint"):
                attempt.write_state(trainer.state())
        # Between two states as well, so that what is lost to a kill is still in the account.
        elif now_s - self.accounted_s < ACCOUNT_EVERY_S:
            return
        self.accounted_s = now_s
        total = self.ledger.total()
        with self.ledger.phase("checkpoint"):
            attempt.write_account(self.attempts, self.epochs, self.ledger.phases(), total)

    def _pass_milestones(
        self, trainer: Trainer, validate: Callable[[], float], result: EpochResult
    ) -> None:
        for shorter in self.job.runs[:-1]:
            if shorter.training is None or shorter.training.epochs != trainer.epoch:
                continue
            self._milestone_now(shorter, trainer, validate, validated=result.validation)

    def _milestone_now(
        self,
        shorter: RunSettings,
        trainer: Trainer,
        validate: Callable[[], float],
        *,
        validated: float | None,
    ) -> None:
        selection, extra = trainer.selection.copy(), None
        if validated is None:
            # On its own, the shorter run would have validated its last epoch.
            with self.ledger.aside("validate") as window:
                value = validate()
                selection.observe(trainer.epoch, value, self.model)
            extra = window.reading
        with self.ledger.aside("shorter run"):
            self._milestone(shorter, selection, extra)

    def _milestone(
        self, settings: RunSettings, selection: Selection, extra: Reading | None = None
    ) -> None:
        if self.context.folder.records_of(self.context.run_id(settings)):
            return
        now = parameters_of(self.model)
        total = self.ledger.total()
        phases = self.ledger.phases()
        with self.context.folder.new_run(self.context.run_id(settings)) as folder:
            with self.ledger.aside("test") as window:
                self.model.load_state_dict(selection.parameters)
                found = self._evaluate(settings)
            own = [reading for reading in (extra, window.reading) if reading is not None]
            self._write(
                settings,
                folder,
                selection.parameters,
                found,
                best_epoch=selection.epoch,
                phases=_merged(phases, own),
                total=add_readings("total", [total, *own]),
                codecarbon=None,
            )
        self.model.load_state_dict(now)

    def _finish_with(self, settings: RunSettings, folder: Path, selection: Selection) -> None:
        self.model.load_state_dict(selection.parameters)
        self.finish(settings, folder, selection.parameters, best_epoch=selection.epoch)

    def finish(
        self,
        settings: RunSettings,
        folder: Path,
        parameters: dict[str, Tensor],
        best_epoch: int | None,
    ) -> None:
        with self.ledger.phase("test"):
            found = self._evaluate(settings)
        with self.ledger.phase("checkpoint"):
            self._save(settings, folder, parameters)
        total = self.ledger.total()
        reading = self.tracker.stop()
        self._write(
            settings,
            folder,
            parameters,
            found,
            best_epoch=best_epoch,
            phases=self.ledger.phases(),
            total=total,
            codecarbon=CodeCarbonRecord(**reading.model_dump()) if reading else None,
        )

    def _evaluate(self, settings: RunSettings) -> Evaluation:
        held_out = self._as_called(test_set(self.split, settings, self.device))
        return evaluate(scorer_of(self.model), held_out, settings.topk)

    def _as_called(self, held_out: HeldOut) -> HeldOut:
        return replace(held_out, users_per_call=self.job.measurement.users_per_call)

    def _save(self, settings: RunSettings, folder: Path, parameters: dict[str, Tensor]) -> None:
        about = {"settings": settings.model_dump(mode="json"), "versions": versions()}
        checkpoint.save(folder / "model.safetensors", parameters, about)

    def _write(
        self,
        settings: RunSettings,
        folder: Path,
        parameters: dict[str, Tensor],
        found: Evaluation,
        *,
        best_epoch: int | None,
        phases: tuple[Reading, ...],
        total: Reading,
        codecarbon: CodeCarbonRecord | None,
    ) -> None:
        if not (folder / "model.safetensors").exists():
            self._save(settings, folder, parameters)
        ids = self.split.test.user_ids[found.users]
        columns = {"user": ids.astype(object), "n_relevant": found.n_relevant, **found.per_user}
        pl.DataFrame(columns, schema_overrides={"user": pl.String}).write_parquet(
            folder / "per_user.parquet"
        )
        measurement, context = self.job.measurement, self.context
        run_id = context.run_id(settings)
        used = versions()
        last = settings.training.epochs if settings.training else 0
        epochs = [epoch for epoch in self.epochs if epoch.epoch <= last]
        isolation = self.watch.isolation()
        record = RunRecord(
            run_id=run_id,
            measurement_id=short_hash(
                {
                    "run": run_id,
                    "machine": [context.hardware.machine_id, context.hardware.boot_id],
                    "measurement": measurement.model_dump(mode="json"),
                    "kernel": self.kernel,
                    "versions": used,
                }
            ),
            repeat=measurement.repeat,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            model=settings.model,
            preset=self.job.preset,
            embedding_size=settings.model_settings.get("embedding_size"),
            n_layers=settings.model_settings.get("n_layers"),
            max_epochs=settings.training.epochs if settings.training else None,
            seed=settings.seed,
            settings=settings.model_dump(mode="json"),
            command=command_line(settings, measurement),
            data=data_record(self.data),
            split=split_record(self.split),
            machine=context.hardware,
            threads=measurement.threads,
            device=measurement.device,
            dtype=settings.dtype,
            kernel=self.kernel,
            users_per_call=measurement.users_per_call,
            versions=used,
            n_parameters=_count_parameters(self.model),
            cost=cost_of_run(settings, self.split.train),
            epochs=tuple(epochs),
            best_epoch=best_epoch,
            undertrained=_selects_best(settings) and best_epoch == len(epochs),
            ended_by=self._ended_by if len(epochs) < last else None,
            selection_metric=settings.training.metric if settings.training else "",
            validation=self.validation,
            phases=phases,
            total=total.model_copy(
                update={"warnings": (*total.warnings, *(isolation.warnings if isolation else ()))}
            ),
            isolation=isolation,
            metering_s=self.metering(),
            builds=builds(),
            attempts=self.attempts,
            peak_memory_bytes=memory.peak_memory_bytes(),
            codecarbon=codecarbon,
            n_eval_users=int(found.users.size),
            metrics=found.metrics,
        )
        write_whole(folder / "record.json", record.model_dump_json(indent=1))
        self.records.append(record)


def run_job(job: Job, context: Context, until: int | None = None) -> list[RunRecord]:
    """Train and test; store and return the record of every run that came of it.

    Args:
        job: The training.
        context: What all runs of the session share.
        until: Epoch after which it pauses, so that it can be compared before it goes on.

    Raises:
        EcorecError: Something the user can mend; nothing half-written is left.
        StoppedError: The budget of the context does not allow all epochs, or `until` was reached.
    """
    use_threads(job.measurement.threads)
    memory.reset_peak()
    with context.folder.new_run(context.run_id(job.longest)) as folder:
        every_s = context.sensors.codecarbon_every_s
        tracker = CodeCarbonTracker(context.country, folder, every_s)
        tracker.start()
        try:
            device = job.measurement.device
            sensors = context.sensors_for(device)
            meter = Meter(sensors, synchronize=_synchronize(device))
            on_gpu = foreign_processes(device) if device.startswith("cuda") else None
            with Sampler(sensors) as sampler:
                watch = IsolationWatch(gpu_processes=on_gpu)
                run = _Run(
                    job=job,
                    context=context,
                    ledger=Ledger(meter),
                    tracker=tracker,
                    metering=lambda: meter.cost_s + sampler.cost_s,
                    watch=watch,
                    until=until,
                )
                run.prepare()
                if job.longest.training is None:
                    run.fit_in_closed_form(folder)
                else:
                    run.train(folder)
        finally:
            tracker.stop()
    return run.records


def _synchronize(device: str) -> Callable[[], None] | None:
    return torch.cuda.synchronize if device.startswith("cuda") else None


def _epoch_record(result: EpochResult) -> EpochRecord:
    reading: Reading = result.window.reading
    return EpochRecord(
        epoch=result.epoch,
        train_s=reading.duration_s,
        train_cpu_s=reading.cpu_s,
        train_j=reading.energy_j,
        loss=result.loss,
        validation=result.validation,
    )


def _selects_best(settings: RunSettings) -> bool:
    return settings.training is not None and settings.training.select == "best"


def _merged(phases: tuple[Reading, ...], more: list[Reading]) -> tuple[Reading, ...]:
    by_name = {reading.name: [reading] for reading in phases}
    for reading in more:
        by_name.setdefault(reading.name, []).append(reading)
    return tuple(add_readings(name, readings) for name, readings in by_name.items())


def _count_parameters(model: Any) -> int:
    if isinstance(model, nn.Module):
        return int(sum(np.prod(parameter.shape) for parameter in model.parameters()))
    return int(model.n_parameters)
