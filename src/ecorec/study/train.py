"""A training from its first epoch, or from where an earlier attempt stopped, to its records."""

from collections.abc import Callable
from pathlib import Path

from ecorec.energy.reading import Reading
from ecorec.evaluation.evaluate import evaluate_one
from ecorec.evaluation.metrics import MetricAtK
from ecorec.study import checkpoint
from ecorec.study.record import EpochRecord
from ecorec.study.recording import finish
from ecorec.study.shorter_runs import cut_shorter_runs, end_shorter_run, pass_shorter_runs
from ecorec.study.under_way import UnderWay
from ecorec.study.unfinished import StoppedError, keep_account, keep_account_in_time
from ecorec.training.fit import EpochResult, fit
from ecorec.training.trainer import Trainer


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
        _restore(run, trainer)
        held_out = run.validation_set()
        metric = MetricAtK.parse(settings.training.metric)

    def validate() -> float:
        return evaluate_one(run.scorer(), held_out, metric)

    def on_epoch(result: EpochResult) -> None:
        record = _epoch_record(result, run.counted(result.window.reading))
        run.epochs.append(record)
        run.context.on_epoch(run.job, record)
        pass_shorter_runs(run, trainer, validate, result)
        every = run.context.checkpoint_every
        if every is not None and trainer.epoch % every == 0:
            _keep_state(run, trainer)
            keep_account(run)
        else:
            keep_account_in_time(run)

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
        _stop(run, trainer, validate)
    run.ended_by = trainer.ended_by if trainer.epoch < n_epochs else None
    with run.phase("test"):
        trainer.select()
    cut_shorter_runs(run, trainer)
    finish(run, settings, folder, trainer.parameters, best_epoch=trainer.selection.epoch)


def _stop(run: UnderWay, trainer: Trainer, validate: Callable[[], float]) -> None:
    """Keep the state and leave.

    If a budget ends the training, its best epoch so far is tested, as a run of that many epochs; at
    a rung, nothing is tested.

    Raises:
        StoppedError: Always.
    """
    run.stopped = True
    _keep_state(run, trainer)
    if trainer.epoch != run.until:
        shorter = run.context.shorter(run.job.longest, trainer.epoch)
        end_shorter_run(run, shorter, trainer, validate, validated=run.epochs[-1].validation)
    raise StoppedError(run.records, run.epochs, keep_account(run))


def _restore(run: UnderWay, trainer: Trainer) -> None:
    if run.context.goes_on_with(run.job):
        trainer.restore(checkpoint.load(run.attempt.state_file))
        run.epochs = [epoch for epoch in run.epochs if epoch.epoch <= trainer.epoch]
        run.context.on_resume(run.job, run.epochs)


def _keep_state(run: UnderWay, trainer: Trainer) -> None:
    # Before it: a state is never without the account of its epochs.
    keep_account(run)
    with run.phase("checkpoint"):
        run.attempt.write_state(trainer.state())


def _epoch_record(result: EpochResult, reading: Reading) -> EpochRecord:
    return EpochRecord(
        epoch=result.epoch,
        train_s=reading.duration_s,
        train_cpu_s=reading.cpu_s,
        train_j=reading.energy_j,
        loss=result.loss,
        validation=result.validation,
    )
