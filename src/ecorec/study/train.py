"""A training from its first epoch, or from where an earlier attempt stopped, to its records."""

import time
from collections.abc import Callable
from pathlib import Path

from ecorec.energy.reading import Reading
from ecorec.evaluation.evaluate import evaluate_one
from ecorec.evaluation.metrics import MetricAtK
from ecorec.study import checkpoint
from ecorec.study.attempt import Attempt
from ecorec.study.record import EpochRecord, RunRecord
from ecorec.study.recording import finish
from ecorec.study.shorter_runs import cut_shorter_runs, end_shorter_run, pass_shorter_runs
from ecorec.study.under_way import UnderWay
from ecorec.training.fit import EpochResult, fit
from ecorec.training.trainer import Trainer

ACCOUNT_EVERY_S = 1.0
"""Seconds of energy that a kill may lose; writing takes a third of a millisecond."""


class StoppedError(Exception):
    """A training was stopped before its end, by a budget or at a rung; its state is kept.

    Args:
        records: Records of the runs that came of it.
        epochs: What is known of the epochs that were trained.
        total: What it took, earlier attempts included.
    """

    def __init__(self, records: list[RunRecord], epochs: list[EpochRecord], total: Reading) -> None:
        super().__init__(f"stopped after {len(epochs)} epochs")
        self.records = records
        self.epochs = epochs
        self.total = total


def train(run: UnderWay, folder: Path) -> None:
    """Train a prepared run, test its best epoch and fill its folder.

    Raises:
        TrainingError: A loss is not a number.
        StoppedError: The budget of the context does not allow all epochs, or it pauses at a rung.
    """
    settings, trainer = run.job.longest, run.trainer
    if settings.training is None or trainer is None:
        return
    n_epochs = settings.training.epochs
    with run.phase("init"):
        attempt = run.context.attempt(run.job)
        _restore(run, trainer, attempt)
        held_out = run.validation_set()
        metric = MetricAtK.parse(settings.training.metric)

    def validate() -> float:
        return evaluate_one(run.scorer(), held_out, metric)

    def on_epoch(result: EpochResult) -> None:
        record = _epoch_record(result, run.counted(result.window.reading))
        run.epochs.append(record)
        run.context.on_epoch(run.job, record)
        pass_shorter_runs(run, trainer, validate, result)
        _keep_state(run, trainer, attempt)

    def goes_on(result: EpochResult) -> bool:
        purse = run.context.purse
        if trainer.epoch >= n_epochs or trainer.ended_by:
            return True
        if run.until is not None and trainer.epoch >= run.until:
            return False
        return purse is None or purse.allows_epoch(
            run.counted(run.ledger.total()), run.counted(result.window.reading)
        )

    ended = fit(
        trainer,
        validate,
        run.phase,
        on_epoch,
        goes_on,
        lambda: run.counted(run.account()[1]).energy_j,
    )
    if not ended:
        _stop(run, trainer, attempt, validate)
    run.ended_by = trainer.ended_by if trainer.epoch < n_epochs else None
    with run.phase("test"):
        trainer.select()
    cut_shorter_runs(run, trainer)
    finish(run, settings, folder, trainer.parameters, best_epoch=trainer.selection.epoch)
    attempt.remove()


def _stop(run: UnderWay, trainer: Trainer, attempt: Attempt, validate: Callable[[], float]) -> None:
    """Keep the state and leave.

    If a budget ends the training, its best epoch so far is tested, as a run of that many epochs; at
    a rung, nothing is tested.

    Raises:
        StoppedError: Always.
    """
    with run.phase("checkpoint"):
        attempt.write_state(trainer.state())
    if trainer.epoch != run.until:
        shorter = run.context.shorter(run.job.longest, trainer.epoch)
        end_shorter_run(run, shorter, trainer, validate, validated=run.epochs[-1].validation)
    phases, total = run.account()
    attempt.write_account(run.attempts, run.epochs, phases, total, stopped=True)
    raise StoppedError(run.records, run.epochs, total)


def _restore(run: UnderWay, trainer: Trainer, attempt: Attempt) -> None:
    earlier = attempt.account()
    if earlier is None:
        return
    # What an attempt took is on the bill even if it left no state to continue from.
    run.attempts = earlier.attempts + 1
    run.ledger.carry(list(earlier.phases), earlier.total)
    if run.context.goes_on_with(run.job):
        trainer.restore(checkpoint.load(attempt.state_file))
        run.epochs = [epoch for epoch in earlier.epochs if epoch.epoch <= trainer.epoch]


def _keep_state(run: UnderWay, trainer: Trainer, attempt: Attempt) -> None:
    every = run.context.checkpoint_every
    if every is None:
        return
    now_s, keeps_state = time.monotonic(), trainer.epoch % every == 0
    # Also between two states, so that energy that a kill wastes is accounted for.
    if not keeps_state and now_s - run.accounted_s < ACCOUNT_EVERY_S:
        return
    run.accounted_s = now_s
    _write_account(run, attempt)
    if keeps_state:
        # In between: a state is never without the account of its epochs.
        with run.phase("checkpoint"):
            attempt.write_state(trainer.state())
        _write_account(run, attempt)


def _write_account(run: UnderWay, attempt: Attempt) -> None:
    phases, total = run.account()
    with run.phase("checkpoint"):
        attempt.write_account(run.attempts, run.epochs, phases, total)


def _epoch_record(result: EpochResult, reading: Reading) -> EpochRecord:
    return EpochRecord(
        epoch=result.epoch,
        train_s=reading.duration_s,
        train_cpu_s=reading.cpu_s,
        train_j=reading.energy_j,
        loss=result.loss,
        validation=result.validation,
    )
