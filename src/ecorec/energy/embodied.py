"""Embodied emissions: the share of making and scrapping a machine that falls to a use of it.

Software Carbon Intensity 1.1 (ISO/IEC 21031): M = TE x (TiR / EL) x (RR / ToR). Nothing of it is
measured: the figures are assumptions that a user can replace, with low, central and high.
"""

from dataclasses import dataclass

from pydantic import PositiveFloat, PositiveInt, model_validator

from ecorec.config import Config

SECONDS_PER_YEAR = 365 * 24 * 3600
"""As the specification's own example counts: 1,000 kg over four years are 28.5 g an hour."""


class EmbodiedSettings(Config):
    """What is assumed of the machine's making; the defaults are a rack server without GPUs.

    machine_kg: the Dell PowerEdge R740's life-cycle assessment (thinkstep 2019) without its eight
    data SSDs (909 kg); embodied part of HPE's carbon footprint of a mainstream ProLiant DL380
    Gen10 in the USA (30.5 % of 5,657 kg); the whole R740 as assessed, 8 x 3.84 TB of SSD and
    384 GB of memory (4,288 kg).
    """

    machine_kg: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = (900.0, 1700.0, 4300.0)
    """TE: low, central and high kilograms of CO2-eq of making, transport and disposal."""
    lifetime_years: PositiveFloat = 4.0
    """EL: years that the machine is used, as in the specification's example."""
    host_cpus: tuple[PositiveInt, PositiveInt, PositiveInt] = (64, 128, 256)
    """ToR under a virtual machine: fewest, central and most logical CPUs of the host, which a
    guest does not see. A physical machine's own are known."""

    @model_validator(mode="after")
    def _ascending(self) -> "EmbodiedSettings":
        for name in ("machine_kg", "host_cpus"):
            values = getattr(self, name)
            if [*values] != sorted(values):
                message = f"{name} = {values}: low, central and high must ascend"
                raise ValueError(message)
        return self


@dataclass(frozen=True)
class Grams:
    """Grams of CO2-eq as low, central and high."""

    low_g: float
    central_g: float
    high_g: float

    def __add__(self, other: "Grams") -> "Grams":
        """Return the sum, end by end: both low, both high."""
        return Grams(
            self.low_g + other.low_g,
            self.central_g + other.central_g,
            self.high_g + other.high_g,
        )


def resource_share(
    cpus: int | float, machine_cpus: int, virtualised: bool | None, settings: EmbodiedSettings
) -> tuple[float, float, float]:
    """Return RR / ToR as low, central and high.

    Args:
        cpus: Logical CPUs that were reserved; of several machines, the mean.
        machine_cpus: Logical CPUs that the machine shows.
        virtualised: A virtual machine does not show those of its host; `None`, where it is not
            known, is taken for a physical one, which understates nothing.
        settings: What is assumed of the host.
    """
    if not virtualised:
        share = min(1.0, cpus / machine_cpus)
        return share, share, share
    # A host has at least the CPUs that its guest sees.
    few, central, many = (max(total, machine_cpus) for total in settings.host_cpus)
    return min(1.0, cpus / many), min(1.0, cpus / central), min(1.0, cpus / few)


def embodied_emissions(
    reserved_s: float, share: tuple[float, float, float], settings: EmbodiedSettings
) -> Grams:
    """Return M = TE x (TiR / EL) x (RR / ToR).

    Args:
        reserved_s: TiR, seconds for which the machine is reserved.
        share: RR / ToR, low, central and high.
        settings: TE and EL.
    """
    of_life = reserved_s / (settings.lifetime_years * SECONDS_PER_YEAR)
    low, central, high = (
        kg * 1000 * of_life * part for kg, part in zip(settings.machine_kg, share, strict=True)
    )
    return Grams(low, central, high)
