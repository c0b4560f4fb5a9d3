"""Software Carbon Intensity 1.1 (ISO/IEC 21031): SCI = (E x I + M) per R.

E includes the building's share (PUE); I is a location-based average, without any market-based
factor or offset. R is one training run, or 1,000 recommendations.
"""

from dataclasses import dataclass

from ecorec.energy.embodied import EmbodiedSettings, Grams, embodied_emissions
from ecorec.energy.emissions import Intensity, emissions_g

TRAINING_RUN = "training run"
RECOMMENDATIONS = "1,000 recommendations"

NOT_SERVED = "absent (serving not measured; ecorec stress)"
"""What stands in place of a figure for 1,000 recommendations until serving is measured."""


@dataclass(frozen=True)
class CarbonIntensity:
    """Grams of CO2-eq for one functional unit, its two parts apart."""

    unit: str
    """R: what the grams are for."""
    operational: Grams
    """E x I, PUE included; low and high are those of the joules."""
    embodied: Grams
    """M; low and high are those of the assumptions."""

    @property
    def total(self) -> Grams:
        """E x I + M, end by end."""
        return self.operational + self.embodied


def operational_emissions(joules: tuple[float, float, float], grid: Intensity, pue: float) -> Grams:
    """Return E x I.

    Args:
        joules: Low, central and high.
        grid: Intensity of the electricity.
        pue: Power usage effectiveness, at least 1.
    """
    low, central, high = (emissions_g(energy_j, grid, pue) for energy_j in joules)
    return Grams(low, central, high)


def per_1000_recommendations(
    joules_per_1000: tuple[float, float, float],
    machine_s_per_1000: float,
    share: tuple[float, float, float],
    *,
    grid: Intensity,
    pue: float,
    embodied: EmbodiedSettings,
) -> CarbonIntensity:
    """Return the carbon intensity of 1,000 recommendations.

    Args:
        joules_per_1000: Of 1,000 recommendations, low, central and high.
        machine_s_per_1000: How long the server had its share of the machine for 1,000 of them:
            1,000 over the rate that it is provisioned for, its idle time included.
        share: Of the machine that it had, low, central and high.
        grid: Intensity of the electricity.
        pue: Power usage effectiveness, at least 1.
        embodied: What is assumed of the machine.
    """
    return CarbonIntensity(
        RECOMMENDATIONS,
        operational_emissions(joules_per_1000, grid, pue),
        embodied_emissions(machine_s_per_1000, share, embodied),
    )
