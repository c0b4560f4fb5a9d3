"""What CodeCarbon 2.5.0, the paper's version, would say of a run; a view, nothing is measured.

Read in its source (codecarbon 2.5.0, external/hardware.py and data/private_infra): where it has
no counter, a CPU draws half of its rated power all the time, whatever it does; memory draws
0.375 W a GB of the process (`tracking_mode="process"`). It samples every 15 s, which changes
nothing about constants. A place that it does not find within half a second is billed as Canada.
"""

from typing import Literal

UNKNOWN_CPU_W = 85.0
"""Rated watts of a CPU that its list does not have (`POWER_CONSTANT`)."""

SHARE_OF_RATED = 0.5
"""Of the rated watts that are billed (`CONSUMPTION_PERCENTAGE_CONSTANT`)."""

RAM_W_PER_GB = 3 / 8
"""Watts a GB of memory (`RAM.power_per_GB`); its GB are 2^30 bytes."""

Place = Literal["ITA", "CAN"]

G_PER_KWH: dict[Place, float] = {"ITA": 372.634, "CAN": 125.842}
"""Of its table: the authors' country, and where an unknown place falls back to."""

FALLBACK_PLACE: Place = "CAN"

METHOD = "assumed: CodeCarbon 2.5.0's constants"


def energy_j(duration_s: float, memory_bytes: int, rated_w: float = UNKNOWN_CPU_W) -> float:
    """Return the joules that it bills without a counter and without a GPU.

    Args:
        duration_s: Seconds between its start and stop: the whole call.
        memory_bytes: Resident memory of the process.
        rated_w: Thermal design power of the CPU; that of an unknown one, if not given.
    """
    watts = rated_w * SHARE_OF_RATED + RAM_W_PER_GB * memory_bytes / 2**30
    return watts * duration_s
