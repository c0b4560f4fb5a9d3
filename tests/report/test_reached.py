import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ecorec.cli.results import results
from ecorec.errors import StudyError
from tests.analysis.records import Plan, synthesise

app = typer.Typer()
app.command()(results)


def test_joules_to_a_quality_as_they_are_printed(tmp_path: Path) -> None:
    plans = [
        Plan("popularity", None, energy_j=3.0, seeds=(None,)),
        Plan("lightgcn", 8, ndcg=0.16, energy_j=36.0),
        Plan("ngcf", 8, ndcg=0.10, energy_j=36.0, foreign_share=0.3),
        Plan("simgcl", 8, ndcg=0.20, energy_j=36.0, foreign_share=0.3),
        Plan("xsimgcl", 8, ndcg=0.30, energy_j=36.0),
    ]
    made = synthesise(plans, n_users=20)
    records = [
        r.model_copy(update={"selection_metric": "recall@20"}) if r.model == "xsimgcl" else r
        for r in made.records
    ]
    folder = replace(made, records=records).study(tmp_path / "study").path
    found = CliRunner().invoke(app, [str(folder), "--reach", "0.15"], catch_exceptions=False)
    title, _, *lines = found.stdout.splitlines()
    assert title.startswith("To the first validation NDCG@10 of .150")
    rows = {line.split()[0]: " ".join(line.split()) for line in lines}
    # All that comes before the test, at once: 95 % of it.
    assert rows["popularity"] == "popularity 2.85 J (1.42-4.27 J) assumed"
    assert rows["ngcf"].endswith("absent: reached by 0 of 1 runs (best .100)")
    # Half of training and validation, and a tenth of set-up, as `records` shares them out.
    assert rows["lightgcn"] == "lightgcn d=8 15 18.9 J (9.45-28.3 J) assumed"
    assert rows["simgcl"].endswith("assumed ! beside other work")
    assert rows["xsimgcl"] == "xsimgcl d=8 absent: epochs chosen by RECALL@20"


def test_each_data_set_has_a_table_under_its_name(tmp_path: Path) -> None:
    plans = [Plan("simgcl", 8, energy_j=36.0), Plan("simgcl", 8, dataset="online-retail")]
    folder = synthesise(plans, n_users=20).study(tmp_path / "study").path
    found = CliRunner().invoke(app, [str(folder), "--reach", "0.1"], catch_exceptions=False)
    tables = [part.splitlines() for part in found.stdout.split("\n\n")]
    assert [table[0] for table in tables[::2]] == ["movietweetings", "online-retail"]
    assert [sum("simgcl d=8" in line for line in table) for table in tables[1::2]] == [1, 1]


def test_a_study_without_a_run_says_so(tmp_path: Path) -> None:
    made = synthesise([Plan("simgcl", 8)], n_users=20)
    folder = made.study(tmp_path / "study").path
    shutil.rmtree(folder / "runs")
    with pytest.raises(StudyError, match="has no finished run yet"):
        CliRunner().invoke(app, [str(folder), "--reach", "0.1"], catch_exceptions=False)


@pytest.mark.parametrize("words", [["--reach", "high"]])
def test_a_quality_is_a_number(tmp_path: Path, words: list[str]) -> None:
    assert CliRunner().invoke(app, [str(tmp_path), *words]).exit_code == 2
