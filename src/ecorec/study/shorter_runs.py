"""Shorter runs that a training passes on its way, each tested at its own best epoch.

Work that it shares with the longer run is in both accounts; its test is only in its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ecorec.energy.arithmetic import add_readings
from ecorec.energy.reading import Reading
from ecorec.study.conditions import measured_so
from ecorec.study.recording import write_run
from ecorec.study.run_settings import RunSettings
from ecorec.study.under_way import UnderWay
from ecorec.training.fit import EpochResult
from ecorec.training.selection import Selection, parameters_of
from ecorec.training.trainer import Trainer


@dataclass(frozen=True)
class Extra:
    """A validation that is the shorter run's own."""

    reading: Reading
    value: float


def pass_shorter_runs(
    run: UnderWay, trainer: Trainer, validate: Callable[[], float], result: EpochResult
) -> None:
    """Test and store the runs that end with the epoch that has just passed."""
    for shorter in run.job.runs[:-1]:
        if shorter.training is None or shorter.training.epochs != trainer.epoch:
            continue
        end_shorter_run(run, shorter, trainer, validate, validated=result.validation)


def cut_shorter_runs(run: UnderWay, trainer: Trainer) -> None:
    """Test and store the runs whose epochs the training did not reach: a rule ended both.

    To be called before the training itself is tested, whose test is no part of theirs.
    """
    for shorter in run.job.runs[:-1]:
        if shorter.training is not None and trainer.epoch < shorter.training.epochs:
            with run.ledger.aside("shorter run"):
                _store_shorter_run(run, shorter, trainer.selection)


def end_shorter_run(
    run: UnderWay,
    shorter: RunSettings,
    trainer: Trainer,
    validate: Callable[[], float],
    *,
    validated: float | None,
) -> None:
    """Test and store a run that ends now.

    Args:
        run: The training.
        shorter: A run of as many epochs as have passed.
        trainer: Where the training is.
        validate: Returns the selecting metric of the model as it is.
        validated: That metric, if this epoch was validated; else it is now.
    """
    selection, extra = trainer.selection.copy(), None
    if validated is None:
        # Run by itself, the shorter run would have validated its last epoch.
        with run.ledger.aside("validate") as window:
            value = validate()
            selection.observe(trainer.epoch, value, run.model)
        extra = Extra(window.reading, value)
    with run.ledger.aside("shorter run"):
        _store_shorter_run(run, shorter, selection, extra)


def _store_shorter_run(
    run: UnderWay, settings: RunSettings, selection: Selection, extra: Extra | None = None
) -> None:
    """Test what was selected and store it, unless the folder has that measurement already.

    Args:
        run: The training; its model is afterwards as it was.
        settings: Of the shorter run.
        selection: The epoch to be tested.
        extra: The validation of its last epoch, if the training had none there.
    """
    run_id = run.context.run_id(settings)
    known = run.context.folder.records_of(run_id)
    if any(measured_so(record, run.job.measurement) for record in known):
        return
    now = parameters_of(run.model)
    total = run.ledger.total()
    phases = run.ledger.phases()
    with run.context.folder.new_run(run_id) as folder:
        with run.ledger.aside("test") as window:
            run.model.load_state_dict(selection.parameters)
            found = run.evaluate(settings)
        own = [*([extra.reading] if extra else []), window.reading]
        write_run(
            run,
            settings,
            folder,
            selection.parameters,
            found,
            best_epoch=selection.epoch,
            phases=_merged(phases, own),
            total=add_readings("total", [total, *own]),
            codecarbon=None,
            last_validation=extra.value if extra else None,
        )
    run.model.load_state_dict(now)


def _merged(phases: tuple[Reading, ...], more: list[Reading]) -> tuple[Reading, ...]:
    by_name = {reading.name: [reading] for reading in phases}
    for reading in more:
        by_name.setdefault(reading.name, []).append(reading)
    return tuple(add_readings(name, readings) for name, readings in by_name.items())
