"""What all runs of a session share: the folder, the machine, its sensors, what is left to spend."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ecorec.energy.counter_test import failing, without
from ecorec.energy.detect import SensorSettings, find_sensors, sensors_fingerprint
from ecorec.energy.hardware import Hardware
from ecorec.energy.idle_cache import IdleCache
from ecorec.energy.sensor import Sensor
from ecorec.planning.purse import Purse
from ecorec.study.attempt import Attempt
from ecorec.study.folder import StudyFolder
from ecorec.study.plan import Job
from ecorec.study.record import EpochRecord
from ecorec.study.run_settings import RunSettings, short_hash
from ecorec.study.torchrun import own_device
from ecorec.training.ranks import ALONE, Ranks


@dataclass(frozen=True, eq=False)
class Context:
    """What all runs of a session share."""

    folder: StudyFolder
    hardware: Hardware
    sensors: SensorSettings
    fingerprints: dict[str, str]
    """Run settings as JSON -> fingerprint of their data."""
    data_path: Path | None
    country: str | None
    checkpoint_every: int | None
    on_epoch: Callable[[Job, EpochRecord], None]
    """Called after every epoch, for progress."""
    on_resume: Callable[[Job, list[EpochRecord]], None] = lambda _, __: None
    """Called with the epochs after which a training goes on, for progress."""
    purse: Purse | None = None
    """What is left of a budget; `None` where there is none."""
    states: StudyFolder | None = None
    """The folder that keeps unfinished runs, if it is not `folder`."""
    shared: bool = False
    """Whether other runs of the study may be on the machine at the same time."""
    found: dict[str, tuple[Sensor, ...]] = field(default_factory=dict)
    """Device -> its sensors, as far as they have been looked for."""
    failed: dict[str, str] = field(default_factory=dict)
    """Sensor -> why it failed its test; it is absent from every device's from then on."""
    ranks: Ranks = ALONE
    """The processes that train together; this is the first of them."""

    def sensors_for(self, device: str) -> tuple[Sensor, ...]:
        """Return the sensors that measure a run on this device, the same objects every time."""
        if device not in self.found:
            found = find_sensors(self.hardware, self.sensors, own_device(device))
            self.found[device] = without(found, self.failed)
        return self.found[device]

    def test_counters(
        self, device: str, tell: Callable[[str], None] = lambda _: None
    ) -> tuple[Sensor, ...]:
        """Return the sensors for a device; from now on those that fail their test are absent.

        Args:
            device: Where runs compute.
            tell: Called with what is being waited for, if it takes long.
        """
        self.failed.update(failing(self.sensors_for(device), tell))
        self.found.update({key: without(found, self.failed) for key, found in self.found.items()})
        return self.found[device]

    def idle_cache(self, device: str) -> IdleCache:
        """Return where idle power is kept, as the sensors for a device measured it."""
        return IdleCache(sensors_fingerprint(self.sensors, own_device(device)))

    def fingerprint(self, settings: RunSettings) -> str:
        """Return the fingerprint of a run's data, as found when the study was planned."""
        return self.fingerprints[settings.model_dump_json()]

    def run_id(self, settings: RunSettings) -> str:
        """Return the id of a run on the data that were found when the study was planned."""
        return settings.run_id(self.fingerprint(settings))

    def attempt(self, job: Job) -> Attempt:
        """Return the attempt at a job, which need not have begun."""
        conditions = short_hash(job.measurement.model_dump(mode="json"))
        kept_in = self.states or self.folder
        return Attempt(kept_in.state_folder(self.run_id(job.longest), conditions))

    def goes_on_with(self, job: Job) -> bool:
        """Return whether a job would continue an unfinished training if it ran now."""
        earlier = self.attempt(job).read() if job.epochs else None
        return earlier is not None and (self.checkpoint_every is not None or earlier.stopped)

    def shorter(self, settings: RunSettings, epochs: int) -> RunSettings:
        """Return a run of fewer epochs on the same data."""
        assert settings.training is not None
        training = settings.training.model_copy(update={"epochs": epochs})
        made = settings.model_copy(update={"training": training})
        self.fingerprints[made.model_dump_json()] = self.fingerprints[settings.model_dump_json()]
        return made
