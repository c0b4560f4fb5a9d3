"""What a worker is given, and what comes back from it."""

import os
from dataclasses import dataclass
from pathlib import Path

from ecorec.energy.detect import SensorSettings
from ecorec.energy.hardware import Hardware, Watts
from ecorec.energy.idle import IdleBaseline
from ecorec.energy.reading import Reading
from ecorec.errors import EcorecError
from ecorec.planning.calibration import Calibration
from ecorec.study.executors.protocol import Assignment
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord
from ecorec.version import VERSION


@dataclass(frozen=True)
class Task:
    """One training, with everything that a process on another machine must know of the study."""

    job: Job
    fingerprints: dict[str, str]
    """A run's settings as JSON -> fingerprint of its data as the driver found them."""
    sensors: SensorSettings
    watts_per_cpu: Watts | None
    data_path: Path | None
    country: str | None
    checkpoint_every: int | None
    cooldown_s: float
    shared: bool
    """Whether other runs of the study may be on the machine at the same time."""
    alone_for_now: bool
    """Whether the idle machine and its rates can be measured before the run."""
    failed_sensors: dict[str, str] | None
    """Of this machine, by name: why they failed their test; `None` where the worker tests them
    itself, because the driver is on another machine."""
    study: Path
    """The study's folder as the driver sees it, absolute."""
    study_created_at: str
    """Shows a worker whether it sees the same folder as the driver."""
    folder: Path
    """The driver's working directory, to which paths of data may be relative."""
    version: str = VERSION

    @classmethod
    def of(
        cls, job: Job, work: Assignment, *, shared: bool, alone_for_now: bool, same_machine: bool
    ) -> "Task":
        """Return the task of a job."""
        context, settings = work.context, work.settings
        runs = [run.model_dump_json() for run in job.runs]
        told = context.data_path or os.environ.get("ECOREC_DATA")
        return cls(
            job=job,
            fingerprints={run: context.fingerprints[run] for run in runs},
            sensors=settings.sensors,
            watts_per_cpu=settings.watts_per_cpu,
            data_path=Path(told).absolute() if told else None,
            country=context.country,
            checkpoint_every=context.checkpoint_every,
            cooldown_s=settings.cooldown_s,
            shared=shared,
            alone_for_now=alone_for_now,
            failed_sensors=dict(context.failed) if same_machine else None,
            study=context.folder.path.absolute(),
            study_created_at=work.logbook.info.created_at,
            folder=Path.cwd(),
        )


@dataclass(frozen=True)
class Began:
    """A worker has taken up its task."""


@dataclass(frozen=True)
class Resumed:
    """A training goes on after epochs that it passed earlier."""

    epochs: tuple[EpochRecord, ...]


@dataclass(frozen=True)
class Passed:
    """A training has passed more epochs."""

    epochs: tuple[EpochRecord, ...]


@dataclass(frozen=True)
class Delivery:
    """A training that is finished, and what its worker has learned of its machine."""

    runs: tuple[tuple[str, dict[str, bytes]], ...]
    """Run id -> its files by name, the longest run last."""
    hardware: Hardware
    warmup: Reading | None
    idle: IdleBaseline | None
    rates: tuple[Calibration, ...]


@dataclass(frozen=True)
class Failed:
    """A training that ended with an error."""

    kind: type[EcorecError]
    """Class of the error that the study ends with."""
    message: str
    hint: str | None


@dataclass(frozen=True)
class Lost:
    """A training that ended because its process or machine did."""

    why: str


Message = Began | Resumed | Passed | Delivery | Failed | Lost
