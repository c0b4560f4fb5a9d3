"""The account of a run until it is finished: taken over, and kept, also when it is cut short.

Every run that may be on the bill of a budget, or go on from a state, keeps one; so does a run that
has taken one over. What a kill loses is what was drawn since it was last kept.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ecorec.energy.arithmetic import add_readings
from ecorec.energy.reading import Reading
from ecorec.study.attempt import Account
from ecorec.study.other_means import how_measured, same_sensors
from ecorec.study.record import EpochRecord, RunRecord
from ecorec.study.under_way import UnderWay

ACCOUNT_EVERY_S = 1.0
"""Seconds between two writings of an account, which take a third of a millisecond each."""


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


def take_over(run: UnderWay, earlier: Account | None) -> None:
    """Add what earlier attempts took to the account of a run, even if they left no state.

    Args:
        run: That begins.
        earlier: The account that they have left, if there is one.
    """
    if earlier is None:
        return
    run.attempts, run.stopped = earlier.attempts + 1, earlier.stopped
    total = add_readings("total", [earlier.total, run.ledger.begun])
    told = how_measured(earlier.total, total, run.context.hardware.watts_per_cpu)
    warnings = (*earlier.total.warnings, *told)
    run.ledger.carry(earlier.phases, earlier.total.model_copy(update={"warnings": warnings}))
    if run.context.goes_on_with(run.job):
        trained = next((p for p in earlier.phases if p.name == "train"), earlier.total)
        lost = {} if same_sensors(trained, total) else {"train_j": None}
        run.epochs = [epoch.model_copy(update=lost) for epoch in earlier.epochs]


@contextmanager
def accounted(run: UnderWay) -> Iterator[None]:
    """Keep the account of a run whose body is cut short: by Ctrl-C, SIGTERM or an error."""
    try:
        yield
    except StoppedError:
        raise  # which has kept everything
    except BaseException:
        # Several processes may be out of step, and would wait for one another.
        if _keeps_account(run) and not run.ranks.are_several:
            keep_account(run)
        raise


def keep_account_in_time(run: UnderWay) -> None:
    """Keep the account of a run if it was not kept within the last second."""
    if _keeps_account(run) and time.monotonic() - run.accounted_s >= ACCOUNT_EVERY_S:
        keep_account(run)


def keep_account(run: UnderWay) -> Reading:
    """Write the account of a run as it stands now, and return its total."""
    run.accounted_s = time.monotonic()
    phases, total = run.account()
    with run.phase("checkpoint"):
        run.attempt.write_account(run.attempts, run.epochs, phases, total, stopped=run.stopped)
    return total


def _keeps_account(run: UnderWay) -> bool:
    context = run.context
    return context.purse is not None or context.checkpoint_every is not None or run.attempts > 1
