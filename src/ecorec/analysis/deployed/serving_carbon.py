"""Software Carbon Intensity of 1,000 recommendations, from what a run drew under load."""

from ecorec.analysis.deployed.served import LOAD, of_record, step_near
from ecorec.energy.embodied import EmbodiedSettings, resource_share
from ecorec.energy.emissions import Intensity
from ecorec.energy.sci import CarbonIntensity, per_1000_recommendations
from ecorec.serving.energy import PER, power_w
from ecorec.serving.record import ServingRecord
from ecorec.units import SECONDS_PER_DAY


def sci_of(
    record: ServingRecord,
    grid: Intensity,
    pue: float,
    embodied: EmbodiedSettings,
    *,
    requests_per_day: float | None = None,
    load: float = LOAD,
) -> CarbonIntensity | None:
    """Return the carbon intensity of 1,000 recommendations; `None` where no energy was read.

    Energy is the marginal joules plus those of the idle server for as long as 1,000 recommendations
    take at the expected rate. Embodied emissions are shared out by CPUs: all of them if the joules
    are the machine's, one if they are the server process's.

    Args:
        record: A measurement of serving.
        grid: Intensity of the electricity.
        pue: Power usage effectiveness, at least 1.
        embodied: What is assumed of the machine.
        requests_per_day: The expected rate; if not given, the rate that was measured at `load`.
        load: Share of saturation at which serving was measured.
    """
    each = of_record(record, load)
    if each is None:
        return None
    step = step_near(record, load)
    if requests_per_day is not None:
        rate = requests_per_day / SECONDS_PER_DAY
    else:
        rate = step.recommendations_per_s if step else record.direct[0].recommendations_per_s
    seconds = PER / rate
    idle_w = (power_w(record.idle.server) if record.idle else None) or (0.0, 0.0, 0.0)
    low, central, high = (
        joules + seconds * watts for joules, watts in zip(each.ends_j, idle_w, strict=True)
    )
    machine = record.machine
    cpus = machine.n_cpus if each.scope == "machine" else 1
    return per_1000_recommendations(
        (low, central, high),
        seconds,
        resource_share(cpus, machine.n_cpus, machine.virtualised, embodied),
        grid=grid,
        pue=pue,
        embodied=embodied,
    )
