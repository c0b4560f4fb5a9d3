"""What every executor is given, and what it does with it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ecorec.data.dataset import Dataset
from ecorec.errors import InputError
from ecorec.study.context import Context
from ecorec.study.halving import Halving
from ecorec.study.listener import Listener
from ecorec.study.logbook import Logbook
from ecorec.study.plan import Job
from ecorec.study.settings import StudySettings


@dataclass(frozen=True, eq=False)
class Assignment:
    """What an executor is to run."""

    missing: list[Job]
    """In the order in which they should begin."""
    jobs: list[Job]
    """All of the study, those that are done included."""
    datasets: dict[str, Dataset]
    """By `data_key` of their runs."""
    context: Context
    settings: StudySettings
    listener: Listener
    logbook: Logbook
    halving: Halving | None = None
    """Who trains on at each rung; `None` where everybody trains to the end."""


@runtime_checkable
class Executor(AbstractContextManager["Executor"], Protocol):
    """Runs the trainings of a study; entering it finds the machines, leaving it frees them.

    Whichever it is, the records are the same but for their energy: seeds depend on a run's
    settings alone. The study's folder is written by this process only.
    """

    def threads(self) -> int:
        """Return the threads of a run where the study states none."""
        ...

    def check(self, jobs: list[Job], settings: StudySettings) -> None:
        """Make sure that it can run these.

        Raises:
            InputError: It cannot; nothing has been written by then.
        """
        ...

    def run(self, work: Assignment) -> None:
        """Run what is missing; what is finished is in the study's folder, whatever happens next.

        Raises:
            EcorecError: A run failed; no further run is begun, those under way are finished.
        """
        ...


def refuse_what_needs_an_order(settings: StudySettings) -> None:
    """Say that budgets and halving need one run after another.

    Raises:
        InputError: There is a budget, or a grid to be halved.
    """
    if settings.budget is not None:
        message = f"--budget {settings.budget} is spent by one run after another, "
        message += f"--executor {settings.executor.kind} has several at a time"
        raise InputError(message, hint="drop --budget, or use --executor local")
    if settings.halving is not None:
        message = f"--halving {settings.halving} compares trainings that pause for one another, "
        message += f"--executor {settings.executor.kind} has several at a time"
        raise InputError(message, hint="drop --halving, or use --executor local")
