"""The table of runs: values, nulls, order, and the page that documents it."""

import re

import polars as pl
import pytest

from ecorec.analysis import columns as table
from ecorec.analysis.rows import columns, metric_names, rows
from ecorec.energy.emissions import Intensity
from tests.analysis.records import Plan, quickstart, synthesise
from tests.analysis.serving_records import serving_record
from tests.conftest import ROOT

ITALY = Intensity(g_per_kwh=360.0, place="Italy", year=2022, source="a test")


def test_one_row_a_measurement_with_the_records_values() -> None:
    synthetic = synthesise([Plan("simgcl", 64, energy_j=20.0, seeds=(1, 2), repeats=2)])
    frame = rows(synthetic.records, None, 1.0)
    assert frame["seed"].to_list() == [1, 1, 2, 2]
    assert frame["repeat"].to_list() == [1, 2, 1, 2]
    assert frame.select("energy_low_j", "energy_j", "energy_high_j").row(0) == (10.0, 20.0, 30.0)
    assert frame["validate_s"][0] == pytest.approx(0.15 * 20.0 / 6 / 2)
    assert frame["energy_method"][0] == "assumed"
    # The wall sensor is absent: its scope must not be claimed.
    assert frame["energy_scope"][0] == "process"
    assert frame["codecarbon_energy_j"][0] == 90.0
    assert frame["ndcg@10"][0] == synthetic.records[0].metrics["ndcg@10"]


def test_epochs_that_were_trained_are_not_those_asked_for() -> None:
    (record,) = synthesise([Plan("simgcl", 64)]).records
    short = {"epochs": record.epochs[:7], "max_epochs": 400, "ended_by": "patience"}
    row = rows([record.model_copy(update=short)], None, 1.0).row(0, named=True)
    assert (row["epochs"], row["epochs_trained"]) == (400, 7)


def test_grams_are_joules_times_pue_times_intensity() -> None:
    records = synthesise([Plan("simgcl", 64, energy_j=3.6e6)]).records
    assert rows(records, ITALY, 1.5)["emissions_g"].to_list() == [540.0]


def test_what_is_not_known_is_null_and_not_zero() -> None:
    records = synthesise([Plan("itemknn", None, energy_j=None, seeds=(None,))]).records
    row = rows(records, ITALY, 1.0).row(0, named=True)
    for name in ("energy_j", "energy_low_j", "emissions_g", "seed", "epochs", "epochs_trained",
                 "embedding_size"):  # fmt: skip
        assert row[name] is None, name
    assert row["energy_method"] == "absent"
    assert row["energy_scope"] == "absent"


def test_rows_without_a_grid_have_no_grams() -> None:
    frame = rows(synthesise([Plan("simgcl", 64)]).records, None, 1.0)
    assert frame["emissions_g"].dtype == pl.Float64
    assert frame["emissions_g"].null_count() == frame.height


def test_order_does_not_depend_on_the_order_of_records() -> None:
    records = quickstart().records
    frame = rows(records, None, 1.0)
    assert frame.equals(rows(records[::-1], None, 1.0))
    assert frame["model"].unique(maintain_order=True).to_list() == [
        "popularity", "itemknn", "ngcf", "lightgcn", "simgcl", "lightgcl",
    ]  # fmt: skip
    assert frame.filter(model="ngcf")["embedding_size"].to_list() == [32, 64, 64, 64, 128, 256]


def test_metrics_are_ordered_by_cutoff_as_a_number() -> None:
    names = metric_names(synthesise([Plan("ngcf", 32)]).records)
    assert names[:3] == ["precision@10", "recall@10", "ndcg@10"]
    assert names.index("map@10") < names.index("precision@100")


def test_the_reference_page_lists_exactly_the_columns_of_the_code() -> None:
    page = (ROOT / "docs" / "reference" / "results.md").read_text()
    listed = re.findall(r"^\| `([^`]+)` \| (.*?) \| (.*) \|$", page, flags=re.MULTILINE)
    documented = [(name, unit.strip(), meaning) for name, unit, meaning in listed]
    units = {"popularity": "interactions"}
    coded = [
        *((c.name, c.unit, c.meaning) for c in table.WHAT_RAN),
        *((f"{n}@K", units.get(n, ""), meaning) for n, meaning in table.METRIC_MEANINGS.items()),
        *((c.name, c.unit, c.meaning) for c in columns([], None, 1.0)[len(table.WHAT_RAN) :]),
    ]
    assert documented == coded


def test_every_column_of_a_real_table_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "results.md").read_text()
    for name in rows(quickstart().records, ITALY, 1.0).columns:
        assert f"`{re.sub('@.*', '@K', name)}`" in page, name


def test_serving_is_that_of_the_newest_measurement_and_null_without_one() -> None:
    records = synthesise([Plan("simgcl", 64), Plan("ngcf", 64)]).records
    older = serving_record(records[0], joules_per_1000=9.0)
    newer = serving_record(records[0], "int8", joules_per_1000=4.0, recall=0.98, number=1)
    frame = rows(records, None, 1.0, serving={records[0].run_id: [older, newer]})
    ngcf, simgcl = frame.sort("model").to_dicts()
    assert simgcl["serving_index"] == "int8"
    assert simgcl["serving_recall"] == 0.98
    ends = [simgcl[f"serving_marginal{end}_j"] for end in ("_low", "", "_high")]
    assert ends == pytest.approx([2.0, 4.0, 6.0])
    # 20 mW for the two seconds that a thousand take at 500 a second.
    assert simgcl["serving_total_j"] == pytest.approx(4.0 + 0.04)
    assert simgcl["serving_p99_s"] == pytest.approx(0.012)
    assert simgcl["serving_per_s"] == 1000.0
    assert simgcl["serving_method"] == "assumed, energy of the process, 50 % of saturation"
    assert {value for name, value in ngcf.items() if name.startswith("serving")} == {None, "absent"}
