"""CodeCarbon's own reading of a whole run, as the paper used it, to compare with the literature.

Known faults that this avoids (3.3.2): its tasks drop energy and do not nest, so only the
whole run is tracked; the online tracker falls back to Canada without a word, so the offline
one is used with a stated country, and without one its grams are thrown away.
"""

import logging
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecorec.config import Config

if TYPE_CHECKING:
    from codecarbon import OfflineEmissionsTracker

from ecorec.units import joules_from_kwh


class CodeCarbonReading(Config):
    """What CodeCarbon says of a run; the fields are those of a record."""

    version: str
    duration_s: float
    energy_j: float
    cpu_j: float
    gpu_j: float
    ram_j: float
    cpu_w: float
    ram_w: float
    emissions_g: float | None
    country: str | None
    intensity_g_per_kwh: float | None
    method: str
    startup_s: float


class CodeCarbonTracker:
    """Starts and stops CodeCarbon around a run.

    Args:
        country: ISO 3166 alpha-3 code, as stated by the user; without it there are no grams.
        folder: Where its `emissions.csv` is written.
    """

    def __init__(self, country: str | None, folder: Path) -> None:
        self._country = country
        self._folder = folder
        self._tracker: OfflineEmissionsTracker | None = None
        self._startup_s = 0.0

    def start(self) -> None:
        """Begin to track; takes about a second the first time in a process, then milliseconds."""
        began = time.perf_counter()
        from codecarbon import OfflineEmissionsTracker

        # Its own setting takes hold only after its first lines have been printed.
        logging.getLogger("codecarbon").setLevel(logging.CRITICAL)

        place: dict[str, Any] = {"country_iso_code": self._country}
        if self._country is None:
            # It insists on a grid. One gram a kilowatt-hour keeps it from guessing a place, and
            # the grams that come of it are discarded below.
            place = {"country_iso_code": "USA", "force_carbon_intensity_g_co2e_kwh": 1.0}
        self._tracker = OfflineEmissionsTracker(
            project_name="ecorec",
            tracking_mode="process",
            log_level="critical",
            output_dir=str(self._folder),
            output_file="emissions.csv",
            allow_multiple_runs=True,
            **place,
        )
        self._tracker.start()
        self._startup_s = time.perf_counter() - began

    def stop(self) -> CodeCarbonReading | None:
        """Stop and return its reading; `None` if CodeCarbon failed, which it does in silence."""
        if self._tracker is None:
            return None
        began = time.perf_counter()
        tracker, self._tracker = self._tracker, None
        emissions_kg = tracker.stop()
        data = getattr(tracker, "final_emissions_data", None)
        if data is None:
            return None
        energy_kwh = float(data.energy_consumed)
        grams = None
        if self._country is not None and emissions_kg is not None:
            grams = float(emissions_kg) * 1000
        return CodeCarbonReading(
            version=metadata.version("codecarbon"),
            duration_s=float(data.duration),
            energy_j=joules_from_kwh(energy_kwh),
            cpu_j=joules_from_kwh(float(data.cpu_energy)),
            gpu_j=joules_from_kwh(float(data.gpu_energy)),
            ram_j=joules_from_kwh(float(data.ram_energy)),
            cpu_w=float(data.cpu_power or 0.0),
            ram_w=float(data.ram_power),
            emissions_g=grams,
            country=self._country,
            intensity_g_per_kwh=grams / energy_kwh if grams is not None and energy_kwh else None,
            method=_method(tracker),
            startup_s=self._startup_s + time.perf_counter() - began,
        )


def _method(tracker: Any) -> str:
    """Say in words how CodeCarbon obtained its watts; it keeps that in no output field."""
    words = []
    for part in getattr(tracker, "_hardware", []):
        kind = type(part).__name__
        if kind == "CPU":
            mode = getattr(part, "_mode", "unknown mode")
            words.append(f"CPU {mode}, rated {getattr(part, '_tdp', '?')} W")
        elif kind == "RAM":
            words.append("RAM constant per guessed module")
        else:
            words.append(kind)
    return "; ".join(words) or "unknown"
