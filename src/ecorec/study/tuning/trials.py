"""Trials as the journal keeps them: opened, billed while they run, closed, and read back."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.reading import Reading
from ecorec.study.tuning.record import State, TrialRecord

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

ACCOUNT_EVERY_S = 1.0
"""Seconds of energy that a kill may lose; an epoch's, or a whole fit's, if that is longer."""

_ATTRIBUTE = "tune"


class OpenTrial:
    """A trial under way, whose account is in the journal.

    Args:
        search: Which it belongs to.
        trial: As optuna has opened it.
        watch: Sees from now on what else the machine does.
    """

    def __init__(self, search: "Study", trial: "Trial", watch: IsolationWatch) -> None:
        self._search = search
        self.trial = trial
        self._accounted_s = time.monotonic()
        self._watch = watch
        self._kept: dict[str, Any] = {}

    def describe(self, settings: Mapping[str, Any], *, is_default: bool) -> None:
        """Write down what is tried."""
        self._kept |= {"settings": dict(settings), "is_default": is_default}
        self._write()

    def account_is_old(self) -> bool:
        """Return whether it is time to write the account again."""
        return time.monotonic() - self._accounted_s >= ACCOUNT_EVERY_S

    def account(self, energy: Reading, **more: Any) -> None:
        """Write down what the trial has drawn so far, beside what, and what else is known."""
        self._accounted_s = time.monotonic()
        isolation = self._watch.isolation()
        if isolation is not None:
            warnings = (*energy.warnings, *isolation.warnings)
            energy = energy.model_copy(update={"warnings": warnings})
            self._kept["contaminated"] = isolation.contaminated
        self._kept |= {"energy": energy.model_dump(mode="json"), **more}
        self._write()

    def close(self, state: State, values: list[float] | None = None) -> None:
        """End the trial."""
        from optuna.trial import TrialState

        states = {"complete": None, "pruned": TrialState.PRUNED}
        self._search.tell(
            self.trial,
            values if state == "complete" else None,
            state=states.get(state, TrialState.FAIL),
        )

    def _write(self) -> None:
        self.trial.set_user_attr(_ATTRIBUTE, self._kept)


def close_interrupted(search: "Study") -> None:
    """Close trials that a kill left open; what they drew stays in the bill."""
    from optuna.trial import TrialState

    for trial in search.get_trials(states=(TrialState.RUNNING,)):
        search.tell(trial.number, state=TrialState.FAIL)


def read_trials(search: "Study") -> tuple[TrialRecord, ...]:
    """Return every trial that was begun, in order."""
    return tuple(
        record
        for trial in search.get_trials(deepcopy=False)
        if (record := _record(trial)) is not None
    )


def _record(trial: "FrozenTrial") -> TrialRecord | None:
    from optuna.trial import TrialState

    known = trial.user_attrs.get(_ATTRIBUTE)
    if known is None:
        # The trial was killed before its settings were written down: nothing was tried.
        return None
    state: State = "interrupted"
    if trial.state == TrialState.COMPLETE:
        state = "complete"
    elif trial.state == TrialState.PRUNED:
        state = "pruned"
    elif known.get("reason") is not None:
        state = "failed"
    energy = known.get("energy")
    return TrialRecord(
        number=trial.number,
        state=state,
        settings=known["settings"],
        validation=known.get("validation"),
        best_epoch=known.get("best_epoch"),
        run_j=known.get("run_j"),
        energy=Reading.model_validate(energy) if energy else None,
        contaminated=known.get("contaminated"),
        is_default=known["is_default"],
        reason=known.get("reason"),
    )
