"""Idle power that was measured a while ago, kept for the boot so that nobody waits twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from ecorec.energy.hardware import Hardware
from ecorec.energy.idle import IdleBaseline, is_known
from ecorec.folders import cache_folder, write_whole

KEPT_FOR = timedelta(hours=12)
"""How long a measurement of the same machine and boot may serve as the one before a study."""


class IdleCache:
    """Where the last measurement of each machine, boot and set of meters is kept.

    Args:
        meters: What tells the meters of a study from those of another one, which may see another
            GPU, tree or plug: see `ecorec.energy.detect.sensors_fingerprint`.
        folder: The user's cache, if not given.
    """

    def __init__(self, meters: str, folder: Path | None = None) -> None:
        self._meters = meters
        self._folder = folder or cache_folder()

    def find(self, hardware: Hardware, sensors: set[str], longest_s: float) -> IdleBaseline | None:
        """Return a recent measurement by these sensors, if there is one that is good enough.

        Args:
            hardware: The machine.
            sensors: Names of those that see it.
            longest_s: Seconds that a new measurement might take: the kept one must have lasted
                as long, or be as sure as one that ends early.
        """
        try:
            kept = IdleBaseline.model_validate_json(self._file(hardware).read_bytes())
        except (OSError, ValidationError):
            return None
        age = datetime.now(UTC) - datetime.fromisoformat(kept.measured_at)
        same = {item.sensor for item in kept.powers} == sensors
        enough = kept.duration_s >= longest_s or is_known(kept.n_windows, kept.powers)
        return kept if same and enough and age < KEPT_FOR else None

    def keep(self, hardware: Hardware, baseline: IdleBaseline) -> None:
        """Remember a measurement; a cache that cannot be written is no reason to stop."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._file(hardware), baseline.model_dump_json(indent=1))
        except OSError:
            return

    def _file(self, hardware: Hardware) -> Path:
        ids = f"{hardware.machine_id}-{hardware.boot_id}-{self._meters}"
        return self._folder / f"idle-{ids}.json"
