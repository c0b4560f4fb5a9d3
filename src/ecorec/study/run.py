"""One training from data to records, every phase in its own energy window."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from ecorec.energy.cpu_time import ProcessTreeClock
from ecorec.energy.gpu import foreign_processes
from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.ledger import Ledger
from ecorec.energy.meter import Meter, Window
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
from ecorec.evaluation.ranking import EmbeddingScorer, Scorer
from ecorec.folders import write_whole
from ecorec.models.catalogue import find_model
from ecorec.study import checkpoint
from ecorec.study.attempt import Attempt
from ecorec.study.context import Context
from ecorec.study.describe import command_line, cost_of_run, data_record, split_record
from ecorec.study.machine import builds, use_threads, use_threads_for, versions
from ecorec.study.plan import Job
from ecorec.study.prepare import (
    build_graph,
    build_model,
    build_split,
    build_trainer,
    scorer_of,
    test_set,
    validation_set,
)
from ecorec.study.processes import (
    Share,
    add_shares,
    all_prepare,
    machine_of,
    own_run,
    spent_beside,
    synchronize,
)
from ecorec.study.record import (
    CodeCarbonRecord,
    EpochRecord,
    RunRecord,
)
from ecorec.study.settings import RunSettings, short_hash
from ecorec.training.fit import EpochResult, Selection, Trainer, fit, parameters_of
from ecorec.training.ranks import ALONE, Ranks

ACCOUNT_EVERY_S = 1.0
"""Seconds of energy that a kill may lose; writing takes a third of a millisecond."""


class BudgetSpentError(Exception):
    """A training was stopped by a budget; its state is kept, and its best epoch tested.

    Args:
        records: Of the runs that came of it.
        epochs: That were trained.
        total: What it took, earlier attempts included.
    """

    def __init__(self, records: list[RunRecord], epochs: int, total: Reading) -> None:
        super().__init__(f"stopped by the budget after {epochs} epochs")
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

    ranks: Ranks = ALONE
    trainer: Trainer | None = None
    shares: list[Share] = field(default_factory=list)
    """What every process had of the run, when all were last asked."""

    @property
    def device(self) -> torch.device:
        return torch.device(self.job.measurement.device)

    def prepare(self) -> None:
        settings, phase = self.job.longest, self._phase
        with phase("load"):
            self.data = load_dataset(
                settings.dataset, settings.data, data_path=self.context.data_path
            )
        with phase("split"):
            self.split = build_split(self.data, settings)
        with phase("graph"):
            self.graph = build_graph(self.split, settings, self.job.measurement, self.ranks.shard)
        if find_model(settings.model).propagates:
            self.kernel = self.graph.kernel
        use_threads_for(self.graph, self.job)
        if settings.training is not None:
            with phase("init"):
                self.trainer = build_trainer(settings, self.graph, self.split.train, self.ranks)
                self.model = self.trainer.model

    @contextmanager
    def _phase(self, name: str) -> Iterator[Window]:
        """Book the body under a phase, in every process."""
        outer, self.ranks.phase = self.ranks.phase, name
        try:
            with self.ledger.phase(name) as window:
                yield window
        finally:
            self.ranks.phase = outer

    def _account(self) -> tuple[tuple[Reading, ...], Reading]:
        """Return the phases and the total so far, of all processes."""
        self.ranks.tell("share")
        machine, peak = machine_of(self.context.hardware), memory.peak_memory_bytes()
        own = Share(machine, self.ledger.phases(), self.ledger.total(), peak)
        self.shares[:] = self.ranks.collect(own)
        return add_shares(self.shares)

    def _peak_memory_bytes(self) -> int:
        own = memory.peak_memory_bytes()
        return own + sum(share.peak_memory_bytes for share in self.shares[1:])

    def _exchanged_bytes(self) -> float | None:
        shard = self.ranks.shard
        return None if shard.is_whole else shard.traffic.sent_bytes(shard.n_shards)

    def fit_in_closed_form(self, folder: Path) -> None:
        with self._phase("train"):
            self.model = build_model(self.job.longest, self.graph, torch.Generator())
            self.model.fit(self.graph)
        with self._phase("validate"):
            held_out = self._as_called(validation_set(self.split, self.job.longest, self.device))
            scorer, ks = scorer_of(self.model), self.job.longest.topk
            self.validation = evaluate_accuracy(scorer, held_out, ks)
        self.finish(self.job.longest, folder, self.model.state(), best_epoch=None)

    def train(self, folder: Path) -> None:
        settings, trainer = self.job.longest, self.trainer
        if settings.training is None or trainer is None:
            return
        n_epochs = settings.training.epochs
        with self._phase("init"):
            attempt = self.context.attempt(self.job)
            self._restore(trainer, attempt)
            held_out = self._as_called(validation_set(self.split, settings, self.device))
            metric = MetricAtK.parse(settings.training.metric)

        def validate() -> float:
            return evaluate_one(self._scorer(), held_out, metric)

        def on_epoch(result: EpochResult) -> None:
            record = _epoch_record(result)
            self.epochs.append(record)
            self.context.on_epoch(self.job, record)
            self._pass_milestones(trainer, validate, result)
            self._keep_state(trainer, attempt)

        def goes_on(result: EpochResult) -> bool:
            purse = self.context.purse
            if purse is None or trainer.epoch >= n_epochs or trainer.ended_by:
                return True
            return purse.allows_epoch(self.ledger.total(), result.window.reading)

        ended = fit(
            trainer,
            validate,
            self._phase,
            on_epoch,
            goes_on,
            lambda: self._account()[1].energy_j,
        )
        if not ended:
            self._stop(trainer, attempt, validate)
        self._ended_by = trainer.ended_by if trainer.epoch < n_epochs else None
        with self._phase("test"):
            trainer.select()
        self.finish(settings, folder, None, best_epoch=trainer.selection.epoch)
        for shorter in self.job.runs[:-1]:
            # Patience may have ended the training before it reached the shorter run's epochs.
            if shorter.training and trainer.epoch < shorter.training.epochs:
                self._milestone(shorter, trainer.selection)
        attempt.remove()

    def _stop(self, trainer: Trainer, attempt: Attempt, validate: Callable[[], float]) -> None:
        """Keep the state, test the best epoch so far as a run of that many epochs, and leave.

        Raises:
            BudgetSpentError: Always.
        """
        with self.ledger.phase("checkpoint"):
            attempt.write_state(trainer.state())
        shorter = self.context.shorter(self.job.longest, trainer.epoch)
        self._milestone_now(shorter, trainer, validate, validated=self.epochs[-1].validation)
        total = self.ledger.total()
        attempt.write_account(self.attempts, self.epochs, self.ledger.phases(), total, stopped=True)
        raise BudgetSpentError(self.records, trainer.epoch, total)

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
            with self._phase("checkpoint"):
                attempt.write_state(trainer.state())
        # Between two states as well, so that what is lost to a kill is still in the account.
        elif now_s - self.accounted_s < ACCOUNT_EVERY_S:
            return
        self.accounted_s = now_s
        phases, total = self._account()
        with self._phase("checkpoint"):
            attempt.write_account(self.attempts, self.epochs, phases, total)

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

    def finish(
        self,
        settings: RunSettings,
        folder: Path,
        parameters: dict[str, Tensor] | None,
        best_epoch: int | None,
    ) -> None:
        with self._phase("test"):
            found = self._evaluate(settings)
        with self._phase("checkpoint"):
            if parameters is None:
                assert self.trainer is not None
                parameters = self.trainer.parameters()
            self._save(settings, folder, parameters)
        phases, total = self._account()
        reading = self.tracker.stop()
        self._write(
            settings,
            folder,
            parameters,
            found,
            best_epoch=best_epoch,
            phases=phases,
            total=total,
            codecarbon=CodeCarbonRecord(**reading.model_dump()) if reading else None,
        )

    def _evaluate(self, settings: RunSettings) -> Evaluation:
        held_out = self._as_called(test_set(self.split, settings, self.device))
        return evaluate(self._scorer(), held_out, settings.topk)

    def _scorer(self) -> Scorer:
        if self.trainer is None:
            return scorer_of(self.model)
        return EmbeddingScorer(*self.trainer.embeddings())

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
            memory_mapped=measurement.memory_map is not None,
            shards=measurement.shards,
            exchanged_bytes=self._exchanged_bytes(),
            versions=used,
            n_parameters=_count_parameters(self.model) * measurement.shards,
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
            peak_memory_bytes=self._peak_memory_bytes(),
            codecarbon=codecarbon,
            n_eval_users=int(found.users.size),
            metrics=found.metrics,
        )
        write_whole(folder / "record.json", record.model_dump_json(indent=1))
        self.records.append(record)


def run_job(job: Job, context: Context) -> list[RunRecord]:
    """Train and test; store and return the record of every run that came of it.

    Raises:
        EcorecError: Something the user can mend; nothing half-written is left.
        BudgetSpentError: The budget of the context does not allow all epochs.
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
            meter = Meter(sensors, synchronize=synchronize(device))
            on_gpu = foreign_processes(device) if device.startswith("cuda") else None
            with Sampler(sensors) as sampler:
                shares: list[Share] = []
                clock = ProcessTreeClock()
                # The other processes are no neighbours: what they spend is the run's own.
                watch = IsolationWatch(
                    cpu_clock=lambda: clock() + spent_beside(shares), gpu_processes=on_gpu
                )
                run = _Run(
                    job=job,
                    ranks=own_run(context.ranks),
                    shares=shares,
                    context=context,
                    ledger=Ledger(meter),
                    tracker=tracker,
                    metering=lambda: meter.cost_s + sampler.cost_s,
                    watch=watch,
                )
                with all_prepare(run.ranks, job):
                    run.prepare()
                if job.longest.training is None:
                    run.fit_in_closed_form(folder)
                else:
                    run.train(folder)
        finally:
            tracker.stop()
    return run.records


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
