"""What executors have in common: the work that they are given, and their interface."""

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
    """The work of an executor."""

    missing: list[Job]
    """Jobs to run, in the order in which they should begin."""
    jobs: list[Job]
    """All jobs of the study, including those that are done."""
    datasets: dict[str, Dataset]
    """`data_key` of the runs -> their data set."""
    context: Context
    settings: StudySettings
    listener: Listener
    logbook: Logbook
    halving: Halving | None = None
    """Decides who trains on at each rung; `None` if all train to the end."""


@runtime_checkable
class Executor(AbstractContextManager["Executor"], Protocol):
    """Runs the trainings of a study; entered, it finds its machines, and left, it frees them.

    All executors give the same records except for energy, because seeds depend on a run's settings
    only. Only this process writes to the study's folder.
    """

    def threads(self) -> int:
        """Return the threads of a run where the study states none."""
        ...

    def check(self, jobs: list[Job], settings: StudySettings) -> None:
        """Make sure that it can run these.

        Raises:
            InputError: It cannot; nothing has been written yet.
        """
        ...

    def run(self, work: Assignment) -> None:
        """Run what is missing; each finished run is stored at once.

        Raises:
            EcorecError: A run failed; no further run was begun, and those under way were finished.
        """
        ...


def refuse_what_needs_an_order(settings: StudySettings) -> None:
    """Refuse budgets and halving, which need one run after another.

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
