"""CodeCarbon's own reading of a whole run, as the paper used it, to compare with the literature.

Known faults that this avoids (3.3.2): its tasks drop energy and do not nest, so only the whole
run is tracked; the online tracker falls back to Canada without a word, so the offline one is
used with a stated country, and without one it is given a grid of which nothing is known.
"""

import logging
import math
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecorec.config import Config
from ecorec.energy.codecarbon_data import codecarbon_version, energy_mixes
from ecorec.units import joules_from_kwh

if TYPE_CHECKING:
    from codecarbon import OfflineEmissionsTracker
    from codecarbon.output_methods.emissions_data import EmissionsData

CSV_NAME = "emissions.csv"
"""CodeCarbon's own name for its file, which tools for it look for."""

_JOIN_S = 2.0
"""How long to wait for one of its threads to end."""


class CodeCarbonReading(Config):
    """What CodeCarbon says of a run; the fields are those of a record."""

    version: str
    duration_s: float
    energy_j: float
    cpu_j: float
    gpu_j: float
    ram_j: float
    cpu_w: float
    """Energy over duration; its own file holds a mean of unevenly spaced samples instead."""
    ram_w: float
    emissions_g: float | None
    """`None` without a stated country."""
    country: str | None
    intensity_g_per_kwh: float | None
    method: str
    """How it obtained its watts, in words; it keeps that in no output of its own."""
    startup_s: float
    """Wall seconds of starting and stopping it."""


class CodeCarbonTracker:
    """Starts and stops CodeCarbon around a run.

    Hardware settings that the user made for CodeCarbon (`CODECARBON_FORCE_CPU_POWER`, say) hold;
    those of place, PUE and network do not, so that a run's file depends on its settings alone.

    Args:
        country: ISO 3166 alpha-3 code, as stated by the user; without it there are no grams.
        output_dir: Existing folder where its `emissions.csv` is written, or added to.
        every_s: Seconds between two of its samples; its own default if not given.
    """

    def __init__(self, country: str | None, output_dir: Path, every_s: float | None = None) -> None:
        # A country that its table lacks would be billed as the world's average, silently.
        self._country = country if country in energy_mixes() else None
        self._output_dir = output_dir
        self._every_s = every_s
        self._tracker: OfflineEmissionsTracker | None = None
        self._threads: frozenset[threading.Thread] = frozenset()
        self._startup_s = 0.0

    def start(self) -> None:
        """Begin to track; takes one or two seconds the first time in a process, then 10 ms."""
        began = time.perf_counter()
        self._threads = frozenset(threading.enumerate())
        self._tracker = _offline_tracker(self._country, self._output_dir, self._every_s)
        self._tracker.start()
        self._startup_s = time.perf_counter() - began

    def stop(self) -> CodeCarbonReading | None:
        """Stop, and return its reading; `None` if CodeCarbon failed, which it does in silence."""
        if self._tracker is None:
            return None
        began = time.perf_counter()
        tracker, self._tracker = self._tracker, None
        tracker.stop()
        self._end_threads()
        data: EmissionsData | None = getattr(tracker, "final_emissions_data", None)
        if data is None:
            return None
        startup_s = self._startup_s + time.perf_counter() - began
        return self._reading(data, _method(tracker, data), startup_s)

    def _end_threads(self) -> None:
        # It cancels its timers, but one that fires just then arms itself once more.
        for thread in set(threading.enumerate()) - self._threads:
            if isinstance(thread, threading.Timer) and _is_codecarbons(thread):
                thread.cancel()
                thread.join(_JOIN_S)

    def _reading(self, data: "EmissionsData", method: str, startup_s: float) -> CodeCarbonReading:
        duration_s, energy_kwh = float(data.duration), float(data.energy_consumed)
        cpu_j, ram_j = joules_from_kwh(data.cpu_energy), joules_from_kwh(data.ram_energy)
        grams = float(data.emissions) * 1000 if self._country else None
        return CodeCarbonReading(
            version=codecarbon_version(),
            duration_s=duration_s,
            energy_j=joules_from_kwh(energy_kwh),
            cpu_j=cpu_j,
            gpu_j=joules_from_kwh(data.gpu_energy),
            ram_j=ram_j,
            cpu_w=cpu_j / duration_s if duration_s else 0.0,
            ram_w=ram_j / duration_s if duration_s else 0.0,
            emissions_g=grams,
            country=self._country,
            intensity_g_per_kwh=grams / energy_kwh if grams is not None and energy_kwh else None,
            method=method,
            startup_s=startup_s,
        )


def _offline_tracker(
    country: str | None, output_dir: Path, every_s: float | None
) -> "OfflineEmissionsTracker":
    from codecarbon import OfflineEmissionsTracker, OutputMethod

    # Left out, it takes its own.
    pace: dict[str, Any] = {} if every_s is None else {"measure_power_secs": every_s}
    # Its own setting takes hold only after its first lines have been printed.
    logging.getLogger("codecarbon").setLevel(logging.CRITICAL)
    tracker = OfflineEmissionsTracker(
        country_iso_code=country,
        # A forced intensity keeps it from billing an unstated place as the world's average.
        force_carbon_intensity_g_co2e_kwh=None if country else 0.0,
        project_name="ecorec",
        tracking_mode="process",
        **pace,
        output_dir=str(output_dir),
        output_file=CSV_NAME,
        output_methods=[OutputMethod.CSV],
        log_level="critical",
        # Its lock file would also take over Ctrl-C.
        allow_multiple_runs=True,
        region=None,
        cloud_provider=None,
        cloud_region=None,
        pue=1.0,
        wue=0.0,
        # What it may send to or ask for over the network.
        emissions_endpoint=None,
        electricitymaps_api_token="",  # not None: it would look for an older setting
    )
    if country is None:
        # Leaves the grams in its file empty; a forced value must be a number, so it cannot be
        # given above, and a zero would read as clean electricity.
        tracker.force_carbon_intensity_g_co2e_kwh = math.nan
    return tracker


def _is_codecarbons(timer: threading.Timer) -> bool:
    owner = getattr(timer.function, "__self__", None)
    return type(owner).__module__.startswith("codecarbon.")


def _method(tracker: Any, data: Any) -> str:
    """Say in words how CodeCarbon obtained its watts."""
    parts = sorted(tracker._hardware, key=lambda part: type(part).__name__)
    return "; ".join(_part_in_words(part, data) for part in parts) or "unknown"


def _part_in_words(part: Any, data: Any) -> str:
    kind, mode = type(part).__name__, getattr(part, "_mode", "")
    n_cpus, rated_w = data.cpu_count, getattr(part, "_tdp", None)
    if kind == "CPU" and mode == "cpu_load":
        return f"CPU {rated_w:g} W x the process's share of the time of {n_cpus} CPUs (cpu_load)"
    if kind == "CPU" and mode == "intel_rapl":
        return "CPU counter of the whole package, whoever uses it (RAPL)"
    if kind == "CPU":
        return f"CPU {mode}, {rated_w} W"
    if kind == "RAM" and part._force_ram_power is not None:
        return f"RAM {part._force_ram_power:g} W, as set by the user"
    if kind == "RAM":
        return f"RAM {data.ram_power:.3g} W, by the modules guessed from the process's memory"
    if kind == "GPU":
        return f"GPU counter of {len(part._get_gpu_ids())} whole boards, whoever uses them"
    return kind
