"""`ecorec paper` as a person calls it."""

import csv
import io
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from ecorec.analysis.paper.curve import curves
from ecorec.energy import codecarbon_2_5
from ecorec.report.paper_curve_figure import draw
from ecorec.study.plan import plan
from ecorec.study.record import RunRecord
from ecorec.study.settings import StudySettings
from ecorec.study.study_file import read_study_file
from tests.analysis.paper.runs import run_record, study_of
from tests.analysis.paper.test_curve import checkpoints
from tests.analysis.records import Plan, synthesise
from tests.cli.invoke import ecorec


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("paper") / "study"
    records = [run_record("as-run", "lightgcn", seed=i, ndcg=0.267 + i / 1000) for i in (1, 2, 3)]
    records += [run_record("as-run", "simgcl", seed=i, ndcg=0.15, energy_j=25.0) for i in (1, 2, 3)]
    records += [run_record("as-run", "simgcl", seed=1, ndcg=0.28, simgcl__contrastive_weight=0.01,
                           simgcl__contrastive_reduction="mean")]  # fmt: skip
    study_of(records, out)
    return out


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def aligned(block: str) -> None:
    """Published values end where their heading does; intervals and runs begin at theirs."""
    head, *lines = block.splitlines()[1:]
    for name in ("published", "ours", "difference"):
        end = head.index(name) + len(name)
        assert all(line[end : end + 2].strip() == "" for line in lines)
    end = head.index("published") + len("published")
    assert all(line[end - 1].strip() for line in lines if not line.startswith(" "))
    for name in ("95 % interval", "inside", "run"):
        start = head.index(name)
        assert all(line[start - 2 : start].strip() == "" for line in lines)


def test_check_says_what_holds_and_ends_well() -> None:
    result = ecorec("paper", "check")
    assert result.returncode == 0
    assert result.stdout.startswith("Does not hold (18 of 26)\n")
    assert "\n\nHolds (8 of 26)\n" in result.stdout
    assert "largest on MovieLens-1M 0.2094 > 1/10 = 0.1" in " ".join(result.stdout.split())
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_check_as_rows() -> None:
    found = rows(ecorec("paper", "check", "--format", "csv").stdout)
    assert len(found) == 26
    assert sum(row["holds"] == "false" for row in found) == 18
    assert len(json.loads(ecorec("paper", "check", "--format", "json").stdout)) == 26
    assert ecorec("paper", "check", "--format", "md").stdout.count("\n") == 28


def test_tables_without_runs() -> None:
    text = ecorec("paper", "tables").stdout
    blocks = text.split("\n\n")
    assert [block.split(":")[0] for block in blocks[:2]] == ["Table 1", "Table 2"]
    for block in blocks[:4]:
        aligned(block)
    assert text.count("not run") == 106
    assert "106 published cells, 0 with a run of ours" in text


def test_tables_beside_runs(folder: Path) -> None:
    text = ecorec("paper", "tables", str(folder)).stdout
    lines = [x for x in text.splitlines() if x.startswith("MovieLens-1M LightGCN ndcg@10")]
    # Standard deviation .001 of three: the next is within 4.303 x .001 x sqrt(4/3).
    assert " ".join(lines[0].split()[3:]) == (".2681 .2690 +0.336 % .2640 - .2740 yes (1)")
    assert lines[1].split()[3:] == [".2538", "not", "run"]
    assert "(1) as-run, 30 epochs, 3 seeds" in text
    assert "CodeCarbon 2.5.0's constants, extrapolated from 30 epochs" in text
    for block in text.split("\n\n")[:4]:
        aligned(block)


def test_multiples_of_the_figure(folder: Path) -> None:
    text = ecorec("paper", "tables", str(folder)).stdout
    figure = text[text.index("Figure 1") :]
    (line,) = [x for x in figure.splitlines() if x.startswith("MovieLens-1M SimGCL d=64")]
    assert "0.597" in line
    assert "2.5" in line.split()  # 25 J over 10 J


def test_rows_have_a_source_and_a_method(folder: Path) -> None:
    found = rows(ecorec("paper", "tables", str(folder), "--format", "csv").stdout)
    assert all(row["where"] and row["obtained"] for row in found)
    ours = [row for row in found if row["ours"] and row["quantity"] == "emissions"]
    assert ours
    assert all(row["method"].startswith("whole call; assumed") for row in ours)


def kilograms(folder: Path) -> float:
    found = rows(ecorec("paper", "tables", str(folder), "--format", "csv").stdout)
    return float(next(row["ours"] for row in found if row["ours"] and "whole" in row["method"]))


def test_codecarbons_constants_have_one_place(folder: Path, monkeypatch) -> None:
    """Others there are others in the tables and in the checks."""
    before = kilograms(folder)
    monkeypatch.setitem(codecarbon_2_5.G_PER_KWH, "ITA", 2 * codecarbon_2_5.G_PER_KWH["ITA"])
    assert kilograms(folder) == pytest.approx(2 * before)
    assert "kWh at Italy's 745.3 g/kWh" in " ".join(ecorec("paper", "check").stdout.split())
    watts = codecarbon_2_5.UNKNOWN_CPU_W
    monkeypatch.setattr(codecarbon_2_5, "UNKNOWN_CPU_W", 1e6 * watts)
    assert kilograms(folder) > 1e5 * before


def test_the_plan_and_its_files(tmp_path: Path) -> None:
    assert "+ simgcl-sum: SimGCL's contrastive sum" in ecorec("paper", "explain").stdout
    words = ("--write", "abl", "--epochs", "20", "--seeds", "1", "--models", "simgcl,lightgcn")
    result = ecorec("paper", "explain", *words, cwd=tmp_path)
    assert result.returncode == 0
    for file in (tmp_path / "abl").glob("*.toml"):
        n = len(plan(StudySettings.parse(read_study_file(file), str(file)), 1))
        assert f"{file.name}: {n} trainings" in result.stdout
    again = ecorec("paper", "explain", *words, cwd=tmp_path)
    assert again.returncode == 2
    assert "exists" in again.stderr


def test_the_effects(folder: Path) -> None:
    text = ecorec("paper", "explain", str(folder)).stdout
    assert "- simgcl-sum changes the order: LightGCN > SimGCL becomes SimGCL > LightGCN" in text
    (row,) = rows(ecorec("paper", "explain", str(folder), "--format", "csv").stdout)
    assert (row["quirk"], row["model"], row["metric"]) == ("simgcl-sum", "simgcl", "ndcg@10")
    assert float(row["energy_ratio"]) == pytest.approx(0.4)
    assert row["energy_method"] == "assumed"


@pytest.mark.parametrize("format_", ["table", "csv"])
def test_a_study_that_is_not_of_the_paper_says_so(format_: str, tmp_path: Path) -> None:
    synthesise([Plan("lightgcn", 64), Plan("popularity")]).study(tmp_path / "orders")
    result = ecorec("paper", "explain", "orders", "--format", format_, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "error: orders has no runs of the paper's plan",
        "hint: ecorec paper explain --write FOLDER writes them",
    ]


def test_a_curve_says_what_was_tested_and_what_came_after(tmp_path: Path) -> None:
    study_of(checkpoints(), tmp_path / "s")
    text = ecorec("paper", "curve", str(tmp_path / "s")).stdout
    lines = [line.split() for line in text.splitlines()]
    assert lines[2] == ["*", "100", ".4300", ".2670", "7", "J"]
    assert lines[3] == ["^", "125", ".4400", ".2680", "8.75", "J"]
    assert (
        "epoch 100: NDCG@10 .2670 (the paper: .2681, -0.4 %). The best on validation data is epoch "
        "125 (NDCG@10 .2680). 75 % of the training's 28 J (assumed) came after epoch 100."
    ) in " ".join(text.split())
    found = rows(ecorec("paper", "curve", str(tmp_path / "s"), "--format", "csv").stdout)
    assert [row["epoch"] for row in found if row["tested_by_the_code"] == "true"] == ["100"]
    (where,) = {tuple(row[name] for name in ("date", "machine", "versions")) for row in found}
    run = checkpoints()[0]
    assert where[:2] == (run.created_at[:10], run.machine.in_words)
    assert f"ecorec {run.versions['ecorec']}" in where[2]
    assert [row["epoch"] for row in found if row["best_on_validation"] == "true"] == ["125"]


def test_a_curve_under_way_says_how_far_it_is(tmp_path: Path) -> None:
    study_of(checkpoints()[:3], tmp_path / "s")
    text = ecorec("paper", "curve", str(tmp_path / "s")).stdout
    assert "Of 200 epochs, where the paper has 400, the paper's code tests epoch 100: " in text


def test_the_figure_names_both_checkpoints(tmp_path: Path) -> None:
    study_of(checkpoints(), tmp_path / "s")
    words = ("paper", "curve", str(tmp_path / "s"), "--figure", "curve.svg")
    assert ecorec(*words, cwd=tmp_path).returncode == 0
    drawn = (tmp_path / "curve.svg").read_text()
    for word in ("tested: epoch 100", "best on validation: epoch 125", "the paper", "(assumed)"):
        assert word in drawn


@pytest.mark.parametrize(("n", "panels"), [(1, 1), (2, 2), (3, 4)])
def test_every_panel_of_the_curves_is_a_training_or_blank(n: int, panels: int) -> None:
    found = curves([run for seed in range(1, n + 1) for run in checkpoints(seed=seed)])
    axes = draw(found, "ndcg@10").axes
    assert [bool(panel.lines) for panel in axes] == [True] * n + [False] * (panels - n)
    assert [panel.axison for panel in axes] == [True] * n + [False] * (panels - n)


FALLING = {6: 0.15, 7: 0.13, 9: 0.105, 12: 0.084, 25: 0.057, 50: 0.043, 75: 0.037, 100: 0.035}
RISING = {6: 0.064, 7: 0.092, 9: 0.14, 12: 0.22, 25: 0.245, 50: 0.258, 75: 0.249, 100: 0.238}


@pytest.mark.parametrize(("model", "course"), [("simgcl", FALLING), ("ngcf", RISING)])
def test_words_of_a_panel_are_free_of_one_another_and_of_the_beginning(
    model: str, course: dict[int, float]
) -> None:
    (curve,) = curves(passed(model, course))
    figure = draw([curve], "ndcg@10")
    FigureCanvasAgg(figure).draw()
    (panel,) = figure.axes
    boxes = [text.get_window_extent() for text in panel.texts]
    assert len(boxes) == 3
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    points = panel.transData.transform(panel.lines[0].get_xydata()[:4])
    for share in np.linspace(0, 1, 20):
        for x, y in points[:-1] + share * np.diff(points, axis=0):
            assert not any(box.contains(x, y) for box in boxes)


def passed(model: str, course: dict[int, float]) -> list[RunRecord]:
    """Return the runs of a training that was tested after some epochs: epochs -> NDCG@10."""
    found = []
    for epochs, value in course.items():
        run = run_record("as-run", model, epochs=epochs, ndcg=value, select="last",
                         validate_every=25, energy_j=epochs / 10)  # fmt: skip
        last = run.epochs[-1].model_copy(update={"validation": value})
        found.append(run.model_copy(update={"epochs": (*run.epochs[:-1], last)}))
    return found


def test_a_figure_says_whom_it_lacks_and_is_not_drawn_of_nobody(tmp_path: Path) -> None:
    unread = [run.model_copy(update={"epochs": tuple(
        epoch.model_copy(update={"train_j": None}) for epoch in run.epochs)})
        for run in checkpoints("simgcl")]  # fmt: skip
    study_of([*checkpoints(), *unread], tmp_path / "some")
    result = ecorec("paper", "curve", "some", "--figure", "c.svg", cwd=tmp_path)
    assert "joules are absent: ml-1m SimGCL d=64, as-run, seed 1" in result.stderr
    study_of(unread, tmp_path / "none")
    result = ecorec("paper", "curve", "none", "--figure", "d.svg", cwd=tmp_path)
    assert result.returncode == 2
    assert "no training has joules" in result.stderr
    assert not (tmp_path / "d.svg").exists()


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        ("tables nowhere", "nowhere holds no study", "ecorec run"),
        ("curve nowhere", "nowhere holds no study", "ecorec run"),
        ("curve . --figure curve.jpg", "`curve.jpg` does not end in", ".svg, .png, .pdf"),
        ("explain --models ngfc", "no model of the paper is called `ngfc`", "`ngcf`"),
        ("explain --seeds three", "`--seeds three` is not a list of whole numbers", "1,2,3"),
    ],
)
def test_what_is_wrong_is_said(words: str, error: str, hint: str) -> None:
    result = ecorec("paper", *words.split())
    assert result.returncode == 2
    assert error in result.stderr
    assert hint in result.stderr
