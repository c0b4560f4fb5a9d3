"""What belongs to a study rather than to one of its runs: `study.json`."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from ecorec.config import Config
from ecorec.energy.embodied import EmbodiedSettings
from ecorec.energy.emissions import GridSettings
from ecorec.energy.hardware import Hardware
from ecorec.energy.idle import IdleBaseline
from ecorec.energy.reading import Reading
from ecorec.planning.calibration import Calibration
from ecorec.study.record import SCHEMA_VERSION
from ecorec.study.tuning.summary import TuningSummary


class NotRun(Config):
    """A training that a budget left out or stopped."""

    label: str
    """What people call it, e.g. `lightgcn d=64 seed 1`."""
    dataset: str
    run_id: str
    """Of the whole run, as it was asked for."""
    epochs: NonNegativeInt
    """That were asked for; 0 for a fit in closed form."""
    epochs_done: NonNegativeInt = 0
    """Epochs after which it was stopped; its best one until then was tested, as a shorter run."""
    needs: NonNegativeFloat
    """Forecast of what was left of it, in the budget's unit."""


class Dropped(Config):
    """A training that successive halving left behind: its state is kept, nothing is tested."""

    label: str
    """Label of its configuration within the grid, e.g. `lightgcn d=64 l2_weight=0.1`."""
    seed: int | None
    dataset: str
    run_id: str
    """Of the whole run, as it was asked for."""
    epochs: PositiveInt
    """That were asked for."""
    epochs_done: PositiveInt
    """Epochs after which it was dropped."""
    validation: float
    """Its best validation until then."""
    energy: Reading
    """What it took."""


class StudyInfo(Config):
    """What belongs to a study rather than to one of its runs."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str
    description: str
    preset: str
    metric: str
    """The metric that selects epochs and sorts tables."""
    grid: GridSettings
    embodied: EmbodiedSettings = Field(default_factory=EmbodiedSettings)
    """What is assumed of the machine's making."""
    created_at: str
    """ISO 8601, UTC."""
    machines: tuple[Hardware, ...]
    """Every machine that took part, newest last."""
    warmups: tuple[Reading, ...] = ()
    """Compiling and importing, once a session: apart from every run."""
    pauses: tuple[Reading, ...] = ()
    """Rests between runs and looks at the idle machine, one entry of each a session: in no run."""
    idle: tuple[IdleBaseline, ...] = ()
    """The idle machine before and after each session; dynamic energy is a view of these."""
    calibrations: tuple[Calibration, ...] = ()
    """Rates of each machine, boot and number of threads; shares of the roof are a view of these."""
    tunings: tuple[TuningSummary, ...] = ()
    """How the settings of its runs were chosen, and what that cost."""
    budget: str | None = None
    """The budget of the last session, as it was stated."""
    budget_words: str = ""
    """How much of it was spent, in words."""
    budget_needed: str = ""
    """What would suffice for the rest, in words; empty where nothing is left or none is known."""
    not_run: tuple[NotRun, ...] = ()
    """What the budget left out; empty once everything has been run."""
    halving: PositiveInt | None = None
    """One in so many trainings went on at each rung of the last session; `None` without halving."""
    dropped: tuple[Dropped, ...] = ()
    """What halving left behind, whose energy is in no run."""
    varied: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Model and size, e.g. `lightgcn d=64` -> settings that its sessions varied: a label names them
    even where one value is left."""
    waiting: str = "unknown"
    """Whether idle threads sleep (`passive`) or spin, which is billed as work."""
