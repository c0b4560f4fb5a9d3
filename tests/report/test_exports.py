"""Exports are read by the libraries of those who will read them, in their units."""

import csv
import io
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ecorec.energy.emissions import GridSettings
from ecorec.errors import InputError, StudyError
from ecorec.report.exports.codecarbon import COLUMNS, codecarbon_csv
from ecorec.report.exports.mlflow import log_to_mlflow
from ecorec.report.exports.model_card import model_card
from ecorec.report.exports.prometheus import prometheus_text
from ecorec.report.exports.selected import select
from tests.analysis.records import Plan, synthesise
from tests.cli.invoke import ecorec

GRID = GridSettings(country="ITA", intensity_g_per_kwh=360.0, pue=1.5)
GRAMS = 36.0 / 3.6e6 * 1.5 * 360
"""Of a run of 36 J."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    plans = [
        Plan("itemknn", None, 0.16, None, seeds=(None,)),
        Plan("lightgcn", 64, 0.17, 36.0, repeats=2),
    ]
    return synthesise(plans).study(tmp_path_factory.mktemp("s") / "out", grid=GRID).path


def run_of(folder: Path, model: str) -> Path:
    found = select(folder)
    return folder / "runs" / next(r.run_id for r in found.records if r.model == model)


def test_codecarbon_has_kilowatt_hours_and_kilograms(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(codecarbon_csv(select(folder)))))
    assert len(rows) == 3
    knn, first, _ = rows
    # CodeCarbon multiplies energy and power by PUE, and emissions are of that energy.
    assert float(first["energy_consumed"]) == pytest.approx(1.5 * 36 / 3.6e6)
    assert float(first["emissions"]) == pytest.approx(GRAMS / 1000)
    assert float(first["duration"]) == pytest.approx(3.0)
    assert float(first["cpu_power"]) == pytest.approx(1.5 * 36 / 3.0)
    assert float(first["emissions_rate"]) == pytest.approx(GRAMS / 1000 / 3)
    assert (first["country_iso_code"], first["pue"]) == ("ITA", "1.5")
    assert "assumed" in first["codecarbon_version"]
    assert knn["energy_consumed"] == knn["emissions"] == ""
    assert "absent" in knn["codecarbon_version"]


def test_codecarbon_would_append_to_it(folder: Path, tmp_path: Path) -> None:
    from codecarbon.output_methods.emissions_data import EmissionsData
    from codecarbon.output_methods.file import FileOutput

    assert tuple(EmissionsData.__dataclass_fields__) == COLUMNS
    (tmp_path / "emissions.csv").write_text(codecarbon_csv(select(folder)))
    values = {name: 0 for name in COLUMNS}
    assert FileOutput("emissions.csv", str(tmp_path)).has_valid_headers(EmissionsData(**values))


def test_prometheus_reads_joules(folder: Path) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    families = {f.name: f for f in text_string_to_metric_families(prometheus_text(select(folder)))}
    energy = families["ecorec_run_energy_joules"]
    assert energy.type == "counter"
    runs = {s.labels["measurement_id"] for s in energy.samples}
    assert len(runs) == 2  # what was not read has no sample, and is not zero
    for run in runs:
        own = [s for s in energy.samples if s.labels["measurement_id"] == run]
        assert sum(s.value for s in own) == pytest.approx(36.0)
        assert {s.labels["method"] for s in own} == {"assumed"}
    grams = families["ecorec_run_emissions_grams"].samples
    assert [s.value for s in grams] == pytest.approx([GRAMS, GRAMS])
    quality = families["ecorec_run_quality"].samples
    assert {s.labels["metric"] for s in quality} >= {"ndcg@10", "recall@100"}


def test_a_label_may_hold_anything(tmp_path: Path) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    name = 'my "own"\\data\nset.csv'
    study = synthesise([Plan("lightgcn", 64, dataset=name)]).study(tmp_path / "s")
    families = text_string_to_metric_families(prometheus_text(select(study.path)))
    assert {s.labels["dataset"] for f in families for s in f.samples} == {name}


def front_matter(card: str) -> dict:
    return yaml.safe_load(card.split("---\n")[1])


def test_a_model_card_has_grams(folder: Path) -> None:
    card = model_card(select(run_of(folder, "lightgcn")))
    data = front_matter(card)
    known = data["co2_eq_emissions"]
    assert known["emissions"] == pytest.approx(GRAMS)  # and not kilograms
    assert known["geographical_location"] == "Italy"
    assert known["training_type"] == "pre-training"
    assert "36 J (18 to 54 J, assumed) x PUE 1.5 x 360 g/kWh" in known["source"]
    metrics = {m["type"]: m["value"] for m in data["model-index"][0]["results"][0]["metrics"]}
    assert math.isclose(metrics["ndcg@10"], select(folder).records[-1].metrics["ndcg@10"])
    assert "36 J (18-54 J, assumed; 2 measurements)" in card


def test_hugging_face_reads_the_card(folder: Path) -> None:
    hub = pytest.importorskip("huggingface_hub")
    card = hub.ModelCard(model_card(select(run_of(folder, "lightgcn"))))
    assert card.data.co2_eq_emissions["emissions"] == pytest.approx(GRAMS)
    assert card.data.eval_results[0].dataset_name == "movietweetings"


def test_without_energy_or_grid_a_card_has_no_emissions(folder: Path, tmp_path: Path) -> None:
    card = model_card(select(run_of(folder, "itemknn")))
    assert "co2_eq_emissions" not in front_matter(card)
    assert "Energy was not read (method: absent)" in card
    study = synthesise([Plan("lightgcn", 64)]).study(tmp_path / "s")
    other = model_card(select(study.path))
    assert "co2_eq_emissions" not in front_matter(other)
    assert "No grid was stated, so no grams are given." in other


def test_a_card_is_of_one_run(folder: Path) -> None:
    with pytest.raises(InputError, match=r"a model card is of one run, and .* has 2"):
        model_card(select(folder))


def test_a_run_that_there_is_not(folder: Path) -> None:
    with pytest.raises(StudyError, match="has no finished run"):
        select(folder / "runs" / "nothing")


def test_as_it_is_typed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "ecorec.prom"
    words = ("export", str(folder), "--format", "prometheus", "--country", "FRA", "--pue", "1")
    found = ecorec(*words, "--out", str(out))
    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, str(out), "")
    assert "(France 20" in out.read_text()
    assert out.read_text().endswith("\n")
    assert "PUE 1 x" in out.read_text()


def test_a_folder_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "nowhere" / "ecorec.prom")
    found = ecorec("export", str(folder), "--format", "prometheus", "--out", out)
    assert found.returncode == 2
    assert f"error: --out {out} cannot be written: there is no folder" in found.stderr


def test_without_a_grid_it_says_so(tmp_path: Path) -> None:
    study = synthesise([Plan("lightgcn", 64)]).study(tmp_path / "s")
    found = ecorec("export", str(study.path), "--format", "codecarbon")
    assert "no grid was stated, so no emissions are written" in found.stderr
    assert next(csv.DictReader(io.StringIO(found.stdout)))["emissions"] == ""


def test_mlflow_has_runs_with_joules(folder: Path, tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("mlflow")
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    store = f"file://{tmp_path}/mlruns"
    logged = log_to_mlflow(select(folder), store)
    assert len(logged) == 3
    client = MlflowClient(tracking_uri=store)
    runs = {r.data.params["model"]: r.data for r in map(client.get_run, logged)}
    gcn = runs["lightgcn"]
    assert gcn.metrics["energy/run_joules"] == pytest.approx(36.0)
    assert gcn.metrics["energy/train_joules"] == pytest.approx(0.7 * 36.0)
    assert gcn.metrics["emissions/run_grams"] == pytest.approx(GRAMS)
    assert "ndcg_at_10" in gcn.metrics
    assert gcn.tags["energy/method"] == "assumed"
    assert "energy/run_joules" not in runs["itemknn"].metrics
    assert runs["itemknn"].tags["energy/method"] == "absent"
    assert log_to_mlflow(select(folder), store) == []
    # A folder of an older version may hold two measurements of one id.
    twice = select(folder)
    twice = replace(twice, records=(*twice.records, twice.records[-1]))
    assert len(log_to_mlflow(twice, store)) == 1
    assert log_to_mlflow(twice, store) == []


def test_without_mlflow_it_says_how_to_get_it(folder: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow.exceptions", None)
    with pytest.raises(InputError, match="the library `mlflow` is not installed"):
        log_to_mlflow(select(folder))


def test_what_ran_beside_other_work_says_so_in_every_format(tmp_path: Path) -> None:
    beside = synthesise(
        [Plan("lightgcn", 64, 0.17, 36.0, foreign_share=0.51), Plan("bpr-mf", 64, 0.16, 20.0)]
    ).study(tmp_path / "out")
    run = run_of(beside.path, "lightgcn")
    found = ecorec("export", str(run), "--format", "model-card")
    said = "Measured beside other work on the machine (51 % of its CPU time): not comparable."
    assert said in found.stdout
    assert "1 of 1 measurements had other work beside them" in found.stderr
    assert "beside other work" not in model_card(select(run_of(beside.path, "bpr-mf")))
    text = prometheus_text(select(beside.path))
    durations = [line for line in text.splitlines() if line.startswith("ecorec_run_duration")]
    marked = {line.split('model="')[1].split('"')[0]: 'd="true"' in line for line in durations}
    assert marked == {"lightgcn": True, "bpr-mf": False}
