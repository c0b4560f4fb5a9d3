import pytest

from ecorec.energy.embodied import (
    EmbodiedSettings,
    Grams,
    embodied_emissions,
    resource_share,
)
from ecorec.energy.emissions import Intensity
from ecorec.energy.sci import CarbonIntensity, operational_emissions, per_1000_recommendations
from ecorec.errors import InputError

WHOLE = (1.0, 1.0, 1.0)


def test_the_specifications_own_example() -> None:
    """1,000 kg over four years, reserved for one hour: about 28 g."""
    settings = EmbodiedSettings(machine_kg=(1000, 1000, 1000))
    grams = embodied_emissions(3600.0, WHOLE, settings)
    assert grams.central_g == pytest.approx(1e6 / (4 * 365 * 24), rel=1e-12)
    assert round(grams.central_g) == 29
    assert grams.low_g == grams.high_g == grams.central_g


def test_low_and_high_are_those_of_both_assumptions() -> None:
    settings = EmbodiedSettings(machine_kg=(100, 200, 300), lifetime_years=2)
    share = resource_share(16, 16, True, settings)
    assert share == (16 / 256, 16 / 128, 16 / 64)
    grams = embodied_emissions(365.0 * 24 * 3600, share, settings)
    # Half a life of the machine.
    found = (grams.low_g, grams.central_g, grams.high_g)
    assert found == pytest.approx((100e3 / 2 / 16, 200e3 / 2 / 8, 300e3 / 2 / 4))


def test_a_physical_machine_is_shared_by_its_own_cpus() -> None:
    settings = EmbodiedSettings()
    assert resource_share(8, 32, False, settings) == (0.25, 0.25, 0.25)
    assert resource_share(8, 32, None, settings) == (0.25, 0.25, 0.25)
    assert resource_share(64, 32, False, settings) == WHOLE


def test_a_host_has_at_least_the_cpus_of_its_guest() -> None:
    assert resource_share(192, 192, True, EmbodiedSettings()) == (192 / 256, 1.0, 1.0)


def test_carbon_intensity_is_operational_plus_embodied_with_pue_inside() -> None:
    grid = Intensity(400.0, "anywhere", 2023, "test")
    joules = (1.8e6, 3.6e6, 7.2e6)
    operational = operational_emissions(joules, grid, 1.5)
    assert operational == Grams(300.0, 600.0, 1200.0)
    settings = EmbodiedSettings(machine_kg=(1000, 2000, 4000), lifetime_years=1)
    served = per_1000_recommendations(joules, 3600.0, WHOLE, grid=grid, pue=1.5, embodied=settings)
    hourly = 1e6 / (365 * 24)
    assert served.unit == "1,000 recommendations"
    assert served.total.low_g == pytest.approx(300 + hourly)
    assert served.total.central_g == pytest.approx(600 + 2 * hourly)
    assert served.total.high_g == pytest.approx(1200 + 4 * hourly)
    assert CarbonIntensity("x", operational, served.embodied).total == served.total


@pytest.mark.parametrize(
    "values", [{"machine_kg": (3, 2, 1)}, {"host_cpus": (8, 4, 16)}, {"lifetime_years": 0}]
)
def test_assumptions_out_of_order_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(values))):
        EmbodiedSettings.parse(values, "embodied")
