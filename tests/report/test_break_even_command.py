"""`ecorec break-even` as a person calls it, on measurements with a known truth."""

import re
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ecorec.cli.break_even import break_even
from ecorec.errors import InputError, StudyError
from ecorec.serving.store import write_serving
from ecorec.study.info import StudyInfo
from ecorec.study.store import read_record
from ecorec.study.tuning.summary import Tuned, TuningSummary
from tests.analysis.records import Plan, reading, synthesise
from tests.analysis.serving_records import serving_record, store
from tests.report.test_every_number_says_how import JOULES, has_method

app = typer.Typer()
app.command()(break_even)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    plans = [
        Plan("lightgcn", 64, energy_j=300.0, repeats=5),
        Plan("ngcf", 64, energy_j=200.0, repeats=5),
        Plan("simgcl", 64, energy_j=900.0),
    ]
    found = synthesise(plans)
    out = tmp_path_factory.mktemp("break-even") / "study"
    found.study(out)
    by_model = {record.model: record for record in found.records}
    store(out, by_model["lightgcn"], joules_per_1000=4.0)
    store(out, by_model["ngcf"], joules_per_1000=8.0)
    store(out, by_model["ngcf"], kind="lists", joules_per_1000=1.0, build_j=20.0, number=1)
    return {model: str(out / "runs" / record.run_id) for model, record in by_model.items()}


def call(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_crossing_the_scatter_and_the_range(runs: dict[str, str]) -> None:
    text = call(runs["ngcf"], runs["lightgcn"], "--kind", "exact")
    words = " ".join(text.split())
    assert "lightgcn d=64 (exact) takes 100 J more to train than ngcf d=64 (exact)" in words
    assert "it overtakes after 25 k recommendations." in words
    assert (
        "Repeats: 24.6 k to 25.4 k (95 %, Fieller; for one seed alone of lightgcn d=64 (exact) and "
        "ngcf d=64 (exact))." in words
    )
    assert "Sensors: 25 k over their range if both systems draw alike" in words
    assert "Boundary: the machine that trains and serves. Not in it: the network" in words
    assert "No grid was stated" in words
    assert max(map(len, text.splitlines())) <= 100


def test_a_day_a_cadence_and_a_country_become_kilowatt_hours_and_grams(
    runs: dict[str, str],
) -> None:
    text = call(
        runs["lightgcn"], runs["ngcf"], "--kind", "exact", "--requests-per-day", "10000",
        "--retrain-every", "7d", "--intensity-g-per-kwh", "300",
    )  # fmt: skip
    words = " ".join(text.split())
    assert "retrained every 7 days: 70 k a training, above the break-even of 25 k" in words
    # 365 days of 10,000 x 4 mJ and 20 mW, and 52.1 trainings of 302 J.
    joules = 365 * (40 + 0.02 * 86_400) + 365 / 7 * 302
    assert f"{joules / 3.6e6:.3g} ({joules / 7.2e6:.3g}-" in words
    assert f"{joules / 3.6e6 * 300:.3g} g" in words
    # Seven days are one training, thirty are five.
    assert re.search(rf"7 days +70 k +{(302 + 7 * 1768) / 1000:.3g} kJ", text)
    assert re.search(rf"30 days +300 k +{(5 * 302 + 30 * 1768) / 1000:.3g} kJ", text)


def test_half_the_requests_turn_the_answer(runs: dict[str, str]) -> None:
    text = call(runs["lightgcn"], runs["ngcf"], "--kind", "exact", "--requests-per-day", "3000",
                "--retrain-every", "7d")  # fmt: skip
    words = " ".join(text.split())
    assert "21 k a training, below the break-even of 25 k: ngcf d=64 (exact) draws less" in words


def test_waiting_servers_that_turn_the_answer_are_named(tmp_path: Path) -> None:
    found = synthesise([Plan("lightgcn", 8, energy_j=300.0), Plan("ngcf", 8, energy_j=200.0)])
    found.study(tmp_path / "study")
    lightgcn, ngcf = found.records
    store(tmp_path / "study", lightgcn, joules_per_1000=4.0, idle_w=0.05)
    store(tmp_path / "study", ngcf, joules_per_1000=8.0, idle_w=0.02)
    paths = [str(tmp_path / "study" / "runs" / record.run_id) for record in (lightgcn, ngcf)]
    text = call(*paths, "--requests-per-day", "10000", "--retrain-every", "7d")
    words = " ".join(text.split())
    assert "lightgcn d=8 (exact) draws less beyond what waiting servers draw." in words
    assert "With them (50 mW and 20 mW, assumed) ngcf d=8 (exact) does." in words


def test_one_run_under_two_indices(runs: dict[str, str]) -> None:
    words = " ".join(call(runs["ngcf"], runs["ngcf"], "--kind", "exact,lists").split())
    # 18 J more to build, 7 J less a thousand.
    assert "it overtakes after 2.57 k recommendations." in words


def test_every_line_with_joules_says_how_they_were_obtained(runs: dict[str, str]) -> None:
    text = call(runs["lightgcn"], runs["ngcf"], "--requests-per-day", "10000",
                "--country", "ITA", "--retrain-every", "7d")  # fmt: skip
    tables = text.split("\n\n")
    lines = [line for part in tables for line in part.splitlines() if JOULES.search(line)]
    assert len(lines) > 8
    for part in tables:
        for line in part.splitlines():
            if JOULES.search(line):
                # A table says it in its head where it does not in its rows.
                assert has_method(line) or has_method(part.splitlines()[0]) or (
                    has_method(part) and "CO2-eq" in line
                ), line  # fmt: skip


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        (["--requests-per-day", "0"], InputError, "--requests-per-day 0 is not above zero"),
        (["--retrain-every", "soon"], InputError, "--retrain-every `soon` is not a span"),
        (["--retrain-every", "7d"], InputError, "says nothing without --requests-per-day"),
        (["--kind", "exact,int8"], InputError, "is called `int8`"),
        (["--kind", "a,b,c"], InputError, "names 3 kinds of index for two runs"),
    ],
)
def test_mistakes(runs: dict[str, str], more: list[str], error, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call(runs["ngcf"], runs["lightgcn"], *more)


def test_a_run_that_was_never_under_load_names_the_command(runs: dict[str, str]) -> None:
    with pytest.raises(StudyError, match=r"\(`simgcl d=64`\) was never under load") as caught:
        call(runs["ngcf"], runs["simgcl"])
    assert caught.value.hint == f"measure it: ecorec stress {Path(runs['simgcl'])}"


def test_what_stress_warned_of_is_said_again(tmp_path: Path) -> None:
    found = synthesise([Plan("lightgcn", 8, energy_j=300.0), Plan("ngcf", 8, energy_j=200.0)])
    found.study(tmp_path / "study")
    lightgcn, ngcf = found.records
    store(tmp_path / "study", ngcf, joules_per_1000=8.0)
    record = serving_record(lightgcn)
    half = record.steps[1].model_copy(update={
        "throughput_per_s": 0.53 * record.steps[1].offered_per_s, "foreign_share": 0.79,
        "latency": record.steps[1].latency.model_copy(update={"p99_s": 2.33}),
    })  # fmt: skip
    steps = (record.steps[0], half, record.steps[2])
    write_serving(
        tmp_path / "study" / "runs" / lightgcn.run_id, record.model_copy(update={"steps": steps})
    )
    paths = [str(tmp_path / "study" / "runs" / each.run_id) for each in (lightgcn, ngcf)]
    words = " ".join(call(*paths).split())
    assert (
        "Serving of lightgcn d=8 (exact) was overloaded (53 % answered) and beside other work "
        "(79 % of the machine's CPU time): measure again." in words
    )
    assert "Serving of ngcf" not in words
    assert "p99 there 2.33 s" in words


def test_what_stress_warned_of_the_index_alone_is_said_again(tmp_path: Path) -> None:
    found = synthesise([Plan("lightgcn", 8, energy_j=300.0), Plan("ngcf", 8, energy_j=200.0)])
    found.study(tmp_path / "study")
    warning = "index alone: other processes had 40% of the machine's CPU time"
    for run in found.records:
        record = serving_record(run, http=False)
        warnings = (warning,) if run.model == "ngcf" else ()
        path = tmp_path / "study" / "runs" / run.run_id
        write_serving(path, record.model_copy(update={"warnings": warnings}))
    paths = [str(tmp_path / "study" / "runs" / each.run_id) for each in found.records]
    words = " ".join(call(*paths).split())
    assert f"Serving of ngcf d=8 (exact) was measured with a warning: {warning}" in words
    assert "Serving of lightgcn" not in words


def test_a_tuning_beside_other_work_is_marked(runs: dict[str, str], tmp_path: Path) -> None:
    study = shutil.copytree(Path(runs["ngcf"]).parents[1], tmp_path / "s")
    info = StudyInfo.model_validate_json((study / "study.json").read_bytes())
    record = read_record(study / "runs" / Path(runs["ngcf"]).name)
    tuned = Tuned(
        model="ngcf", embedding_size=64, settings={}, validation=0.2, default_validation=None,
        n_trials=20, states={"complete": 20}, bill=reading("tune", 50.0), n_contaminated=3,
    )  # fmt: skip
    tuning = TuningSummary(
        folder="t", dataset="movietweetings", fingerprint=record.data.fingerprint,
        objective=("ndcg@10",), search="", bill=tuned.bill, shared=None, models=(tuned,),
    )  # fmt: skip
    (study / "study.json").write_text(
        info.model_copy(update={"tunings": (tuning,)}).model_dump_json()
    )
    a, b = (str(study / "runs" / Path(runs[model]).name) for model in ("lightgcn", "ngcf"))
    text = call(a, b, "--kind", "exact")
    [line] = [line for line in text.splitlines() if line.startswith("tuning, once")]
    assert re.search(r"50 J \(.*\) assumed !", line)
    said = "! Measured beside other work on the machine: 3 of 20 trials of ngcf d=64."
    assert said in " ".join(text.split())
