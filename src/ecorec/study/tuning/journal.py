"""Optuna behind a few functions: the journal, the sampler and the pruner."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecorec.errors import InputError
from ecorec.study.tuning.spaces import Choice, Range, Value, Whole

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import Trial

INSTALL = "install it with: pip install 'ecorec[tune]'"

RANDOM_TRIALS = 5
"""Random trials, including that of the defaults, before the sampler learns from results."""

TRIALS_BEFORE_PRUNING = 4
"""Trials that must have ended before one is compared with their median."""


def load_optuna() -> Any:
    """Return the library, with its log messages turned off.

    Raises:
        InputError: It is not installed.
    """
    try:
        import optuna
    except ImportError:
        message = "settings are proposed by the library `optuna`, which is missing"
        raise InputError(message, hint=INSTALL) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def open_journal(file: Path) -> Any:
    """Return the storage in a file that nobody else is writing to."""
    load_optuna()
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    lock: Any = _NoLock()
    return JournalStorage(JournalFileBackend(str(file), lock_obj=lock))


class _NoLock:
    """A lock that does nothing, because the folder's own lock keeps others out already.

    Optuna's own lock would outlive a kill by half a minute.
    """

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def open_search(storage: Any, name: str, *, weighs_energy: bool, last_epoch: int) -> "Study":
    """Return the search of one model at one size, new or as it was left."""
    optuna = load_optuna()
    pruner = optuna.pruners.MedianPruner(
        n_startup_trials=TRIALS_BEFORE_PRUNING, n_warmup_steps=last_epoch // 3
    )
    search: Study = optuna.create_study(
        storage=storage,
        study_name=name,
        directions=["maximize", "minimize"] if weighs_energy else ["maximize"],
        pruner=pruner,
        load_if_exists=True,
    )
    return search


def sampler(seed: int, position: int) -> Any:
    """Return the sampler that proposes the settings of one trial.

    Each trial has a new sampler, seeded by its position, so that an interrupted search continues
    with exactly the settings that it would have tried next.
    """
    optuna = load_optuna()
    return optuna.samplers.TPESampler(
        seed=seed * 100_003 + position, n_startup_trials=RANDOM_TRIALS
    )


def search_in_words(*, prunes: bool) -> str:
    """Return sampler and pruner as a record names them."""
    words = f"TPE (optuna {load_optuna().__version__}), first the defaults, {RANDOM_TRIALS} trials"
    pruner = f"median pruner after {TRIALS_BEFORE_PRUNING} trials" if prunes else "no pruning"
    return f"{words} before it proposes; {pruner}"


def propose(trial: "Trial", space: Mapping[str, Range]) -> dict[str, Value]:
    """Return the settings of a trial, by name."""
    return {name: _propose(trial, name, where) for name, where in space.items()}


def _propose(trial: "Trial", name: str, where: Range) -> Value:
    if isinstance(where, Choice):
        return str(trial.suggest_categorical(name, where.values))
    if isinstance(where, Whole):
        return trial.suggest_int(name, where.low, where.high, log=where.log)
    value = trial.suggest_float(name, where.low, where.high, log=where.log)
    # Round to as many digits as tables print, so that they show exactly what was run.
    return float(f"{value:.4g}")
