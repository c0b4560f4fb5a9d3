"""Where a machine's rates are kept, so that they are measured once a boot and not once a study."""

from pathlib import Path

from pydantic import ValidationError

from ecorec.energy.hardware import Hardware
from ecorec.folders import cache_folder, write_whole
from ecorec.planning.calibration import Calibration


class CalibrationCache:
    """The last calibration of each machine, boot and number of threads.

    Args:
        folder: The user's cache, if not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or cache_folder()

    def find(
        self, hardware: Hardware, threads: int, versions: dict[str, str]
    ) -> Calibration | None:
        """Return a calibration made with the same versions of libraries, if there is one."""
        try:
            kept = Calibration.model_validate_json(self._file(hardware, threads).read_bytes())
        except (OSError, ValidationError):
            return None
        return kept if kept.versions == versions else None

    def keep(self, calibration: Calibration) -> None:
        """Remember a calibration; a cache that cannot be written is no reason to stop.

        One that was made beside other work is not remembered: its rates are too low.
        """
        if calibration.contaminated:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._file(calibration.hardware, calibration.threads)
            write_whole(file, calibration.model_dump_json(indent=1))
        except OSError:
            return

    def _file(self, hardware: Hardware, threads: int) -> Path:
        name = f"rates-{hardware.machine_id}-{hardware.boot_id}-{threads}.json"
        return self._folder / name
