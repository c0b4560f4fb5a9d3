import pytest

from ecorec.analysis.configurations import Configuration, configurations
from ecorec.analysis.repricing import reprice, views
from ecorec.energy.embodied import EmbodiedSettings
from ecorec.energy.emissions import GridSettings
from ecorec.energy.grid_table import GridTable, YearlyAverage
from ecorec.errors import InputError
from tests.analysis.records import Plan, synthesise

TABLE = GridTable(
    [
        YearlyAverage("ITA", 2021, 300.0, "made up"),
        YearlyAverage("ITA", 2022, 400.0, "made up"),
        YearlyAverage("ITA", 2023, 360.0, "made up"),
        YearlyAverage("FRA", 2023, 36.0, "made up"),
    ],
    "the table",
)
EMBODIED = EmbodiedSettings(machine_kg=(500, 1000, 2000), lifetime_years=1)


def _views(*countries: str, stored: GridSettings | None = None, **stated: float | None):
    values = {"intensity_g_per_kwh": None, "year": None, "pue": None, **stated}
    return views(stored or GridSettings(), countries, table=TABLE, **values)


def _found(*plans: Plan) -> list[Configuration]:
    return configurations(synthesise(list(plans), n_users=20).records)


def test_grams_by_hand() -> None:
    (one,) = reprice(
        _found(Plan("lightgcn", 8, energy_j=36.0, repeats=2)), _views("ITA", pue=1.5), EMBODIED
    )
    # 36 J are 1e-5 kWh; at 360 g and PUE 1.5 that is 5.4 mg.
    assert one.operational is not None
    assert one.operational.central_g == pytest.approx(5.4e-3, rel=1e-12)
    assert one.operational.low_g == pytest.approx(2.7e-3, rel=1e-12)
    assert one.operational.high_g == pytest.approx(8.1e-3, rel=1e-12)
    # Years are central joules at 300 and at 400 g, whatever the sensors' range.
    assert one.year_range_g == (pytest.approx(4.5e-3), pytest.approx(6.0e-3))
    assert one.combined_g is not None
    assert one.combined_g[0] < one.operational.low_g
    assert one.combined_g[1] > one.operational.high_g
    # 3 s of a guest with 2 of 128 (64 to 256) CPUs, 1,000 kg (500 to 2,000) a year.
    life = one.duration_s / (365 * 24 * 3600)
    assert one.duration_s == pytest.approx(3.0)
    assert one.embodied.central_g == pytest.approx(1e6 * life * 2 / 128)
    assert one.embodied.low_g == pytest.approx(5e5 * life * 2 / 256)
    assert one.embodied.high_g == pytest.approx(2e6 * life * 2 / 64)
    assert one.per_run is not None
    assert one.per_run.total.central_g == pytest.approx(
        one.operational.central_g + one.embodied.central_g
    )


@pytest.mark.parametrize(
    ("shards", "n_machines", "scope", "share"),
    [
        (1, 1, "process", 1 / 8),
        (4, 1, "process", 4 / 8),
        (4, 2, "process", 4 / 8),
        (16, 1, "process", 1.0),
        (16, 2, "process", 2.0),
        (4, None, "process", 4 / 8),  # not noted by an older ecorec
        (1, 1, "machine", 1.0),
        (4, 2, "machine", 2.0),
    ],
)
def test_every_process_and_every_machine_has_its_share_of_the_making(
    shards: int, n_machines: int | None, scope: str, share: float
) -> None:
    """One thread each on machines with 8 CPUs, in multiples of one machine's making."""
    (first,) = synthesise([Plan("bpr-mf", 8)], n_users=20).records
    counted = first.total.components[0].model_copy(update={"scope": scope})
    changed = first.model_copy(
        update={
            "threads": 1,
            "shards": shards,
            "n_machines": n_machines,
            "machine": first.machine.model_copy(update={"virtualised": False, "n_cpus": 8}),
            "total": first.total.model_copy(update={"components": (counted,)}),
        }
    )
    (one,) = reprice(configurations([changed]), _views("ITA"), EMBODIED)
    life = one.duration_s / (365 * 24 * 3600)
    assert one.embodied.central_g == pytest.approx(1e6 * life * share)


def test_several_countries_are_grids_of_their_own() -> None:
    found = _found(Plan("popularity", None, energy_j=1.0), Plan("ngcf", 8, energy_j=5.0))
    priced = reprice(found, _views("ITA", "FR"), EMBODIED)
    assert [(r.view.grid.place, r.configuration.model) for r in priced] == [
        ("Italy", "popularity"), ("Italy", "ngcf"), ("France", "popularity"), ("France", "ngcf"),
    ]  # fmt: skip
    italy, france = priced[1].operational, priced[3].operational
    assert italy is not None
    assert france is not None
    assert italy.central_g == pytest.approx(10 * france.central_g)
    assert priced[3].view.years is None
    assert priced[3].year_range_g is None


def test_without_joules_there_are_no_grams_and_no_zero() -> None:
    (one,) = reprice(_found(Plan("ngcf", 8, energy_j=None)), _views("ITA"), EMBODIED)
    assert (one.energy, one.operational, one.year_range_g, one.combined_g, one.per_run) == (
        None,
    ) * 5


def test_energy_beside_other_work_is_priced_and_marked() -> None:
    (one,) = reprice(_found(Plan("ngcf", 8, foreign_share=0.3)), _views("ITA"), EMBODIED)
    assert one.contaminated
    assert one.operational is not None


def test_the_studys_own_grid_is_the_default_and_flags_win() -> None:
    stored = GridSettings(country="ITA", pue=1.3)
    (own,) = _views(stored=stored)
    assert (own.grid.place, own.grid.year, own.pue) == ("Italy", 2023, 1.3)
    (year,) = _views(stored=stored, year=2021, pue=1.0)
    assert (year.grid.g_per_kwh, year.pue) == (300.0, 1.0)
    (other,) = _views("FRA", stored=GridSettings(intensity_g_per_kwh=500.0))
    assert other.grid.g_per_kwh == 36.0
    (stated,) = _views(stored=stored, intensity_g_per_kwh=12.0)
    assert (stated.grid.g_per_kwh, stated.years) == (12.0, None)
    (kept,) = _views(stored=GridSettings(intensity_g_per_kwh=500.0))
    assert kept.grid.g_per_kwh == 500.0


def test_what_cannot_be_priced_is_refused() -> None:
    with pytest.raises(InputError, match="no grid was stated") as caught:
        _views()
    assert "--country ITA" in str(caught.value.hint)
    with pytest.raises(InputError, match="12 is one figure for 2 countries"):
        _views("ITA", "FRA", intensity_g_per_kwh=12.0)
    with pytest.raises(InputError, match="no grid intensity for France in 2021"):
        _views("ITA", "FRA", year=2021)
    with pytest.raises(InputError, match="no country is called `Itly`"):
        _views("Itly")
    with pytest.raises(InputError, match="pue"):
        _views("ITA", pue=0.5)
