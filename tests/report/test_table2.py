"""Table 2 as LaTeX, Markdown and CSV says what the page says, and stays a table."""

import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import polars as pl
import pytest

from ecorec.energy.emissions import GridSettings
from ecorec.report.figures import write_figures
from ecorec.report.page import write_report
from ecorec.report.table2_files import write_tables
from tests.analysis.records import Plan, Synthetic, quickstart, synthesise
from tests.cli.invoke import ecorec

PLANS = [
    Plan("simgcl", 64, 0.1800, dataset="my_data & 100%"),
    Plan("simgcl", 128, 0.1801, dataset="my_data & 100%"),
    Plan("ngcf", 64, 0.12, None, dataset="my_data & 100%"),
]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("t") / "study"
    synthesise(PLANS).study(folder, grid=GridSettings(intensity_g_per_kwh=360.0))
    return {path.suffix[1:]: path.read_text() for path in write_tables(folder)}


def test_latex_is_a_table_of_booktabs(texts: dict[str, str]) -> None:
    tex = texts["tex"]
    environments = re.findall(r"\\(begin|end)\{(\w+)\}", tex)
    assert [name for _, name in environments] == ["table", "tabular", "tabular", "table"]
    assert tex.index(r"\toprule") < tex.index(r"\midrule") < tex.index(r"\bottomrule")
    columns = re.search(r"\\begin\{tabular\}\{(\w+)\}", tex)[1]
    assert columns == "l" + "r" * 8 + "rrr" + "l"
    body = tex[tex.index(r"\midrule") : tex.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    # Ampersands that part cells, not those of a name.
    assert [len(re.findall(r"(?<!\\)&", row)) for row in rows] == [len(columns) - 1] * 3
    assert r"my\_data \& 100\%" in tex
    assert tex.count(r"\multicolumn{4}{c}{$K=10$}") == 1
    assert r"\cmidrule(lr){2-5} \cmidrule(lr){6-9}" in tex
    assert tex.count("{") == tex.count("}")


def test_bold_is_what_cannot_be_told_from_the_best(texts: dict[str, str]) -> None:
    for text, mark in ((texts["tex"], r"\textbf"), (texts["md"], "**0.")):
        by_label = {
            label: next(line for line in text.splitlines() if f"{label} " in line)
            for label in ("simgcl d=64", "simgcl d=128", "ngcf d=64")
        }
        assert [line.count(mark) for line in by_label.values()] == [8, 8, 0]


def test_csv_has_every_digit_and_absent_is_empty(texts: dict[str, str]) -> None:
    frame = pl.read_csv(StringIO(texts["csv"]))
    assert frame["configuration"].to_list() == ["ngcf d=64", "simgcl d=64", "simgcl d=128"]
    assert frame["energy_j"].to_list() == [None, 10.0, 10.0]
    assert frame["energy_method"].to_list() == ["absent", "assumed", "assumed"]
    assert frame["emissions_g"].to_list() == pytest.approx([None, 1e-3, 1e-3])
    assert frame["ndcg@10"].to_list() == pytest.approx([0.12, 0.18, 0.1801])
    assert frame["bold"][1].split()[0] == "precision@10"
    assert not frame["bold"][0]


def test_markdown_has_as_many_cells_in_every_line(texts: dict[str, str]) -> None:
    lines = [line for line in texts["md"].splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines} == {14}
    assert "| absent |  | absent |" in lines[2]
    assert "| 1 mg | 10 J | 5-15 J | assumed |" in lines[3]


def test_as_it_is_typed_without_a_grid(tmp_path: Path) -> None:
    study = quickstart().study(tmp_path / "study")
    found = ecorec("report", str(study.path), "--tables")
    assert found.returncode == 0
    assert [Path(line).name for line in found.stdout.splitlines()] == [
        "report.html", "table2.tex", "table2.md", "table2.csv",
    ]  # fmt: skip
    tex = (study.path / "table2.tex").read_text()
    assert "CO$_2$" not in tex
    assert len([line for line in tex.splitlines() if line.startswith("simgcl")]) == 4


def of_two_topk() -> Synthetic:
    """Return a study whose second command asked for lists of 20 rather than of 100."""
    plans = [
        Plan("itemknn", None, 0.160, 2.0, seeds=(None,), settings={"topk": [10, 100]}),
        Plan("simgcl", 64, 0.1800, settings={"topk": [10, 100]}),
        Plan("lightgcn", 64, 0.1700, settings={"topk": [10, 20]}),
        Plan("ngcf", 64, 0.1701, settings={"topk": [10, 20]}),
    ]
    made = synthesise(plans)
    later = {r.run_id for r in made.records if r.settings["topk"] == [10, 20]}

    def at_20(name: str) -> str:
        return name.replace("@100", "@20")

    records = []
    for record in made.records:
        metrics = {at_20(name): value for name, value in record.metrics.items()}
        update = {"metrics": metrics} if record.run_id in later else {}
        records.append(record.model_copy(update=update))
    frames = {
        run_id: frame.rename(at_20) if run_id in later else frame
        for run_id, frame in made.frames.items()
    }
    return Synthetic(records, frames)


def test_a_metric_that_only_some_were_tested_in_is_empty_for_the_others(tmp_path: Path) -> None:
    folder = of_two_topk().study(tmp_path / "study").path
    texts = {path.suffix[1:]: path.read_text() for path in write_tables(folder)}
    frame = pl.read_csv(StringIO(texts["csv"])).sort("configuration")
    names = [label.split()[0] for label in frame["configuration"]]
    assert names == ["itemknn", "lightgcn", "ngcf", "simgcl"]
    assert frame["ndcg@20"].is_null().to_list() == [True, False, False, True]
    assert frame["ndcg@100"].is_null().to_list() == [False, True, True, False]
    # Bold is against those that were tested in it: at 20 the best of all is not among them.
    bold = [set((row or "").split()) for row in frame["bold"]]
    assert ["ndcg@20" in row for row in bold] == [False, True, True, False]
    assert ["ndcg@100" in row for row in bold] == [False, False, False, True]
    assert ["ndcg@10" in row for row in bold] == [False, False, False, True]
    body = texts["tex"][texts["tex"].index(r"\midrule") : texts["tex"].index(r"\bottomrule")]
    assert len({len(re.findall(r"(?<!\\)&", line)) for line in body.splitlines()[1:-1]}) == 1
    knn = next(line for line in texts["md"].splitlines() if line.startswith("| itemknn"))
    assert knn.count("|  ") == 4  # of K = 20, and no other cell
    for text in (texts["tex"], texts["md"]):
        assert "empty cell: not tested at that K" in text


def test_the_whole_report_of_such_a_study(tmp_path: Path) -> None:
    folder = of_two_topk().study(tmp_path / "study", grid=GridSettings(country="ITA")).path
    page = write_report(folder).read_text()
    assert "empty cell: not tested at that K" in page
    assert all(path.stat().st_size for path in write_figures(folder))
    labels = ("itemknn", "simgcl d=64", "lightgcn d=64", "ngcf d=64")
    for words in (
        ["results"],
        ["results", "--metric", "recall@10"],
        ["results", "--sort", "precision@100"],
        ["results", "--sort", "-ndcg@20"],
        ["results", "--all-columns"],
        ["results", "--format", "csv"],
        ["results", "--format", "md", "--sort", "ndcg@20"],
        ["results", "--front", "--effects"],
        ["choose", "--within", "20%"],
        ["compare", str(folder)],
    ):
        found = ecorec(words[0], str(folder), *words[1:])
        assert (found.returncode, found.stderr) == (0, ""), (words, found.stderr)
        if words[0] == "results" and "--front" not in words:
            assert all(label.split()[0] in found.stdout for label in labels), words
    refused = ecorec("results", str(folder), "--metric", "ndcg@20")
    assert "no test metric of this study is called `ndcg@20`" in refused.stderr


@pytest.mark.slow
def test_latex_takes_it(texts: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex with booktabs")
    head = r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}"
    text = f"{head}\n{texts['tex']}\n" + r"\end{document}"
    (tmp_path / "a.tex").write_text(text)
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    made = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout[-2000:]
    assert (tmp_path / "a.pdf").exists()


def test_joules_read_beside_other_work_are_shown_with_a_mark(tmp_path: Path) -> None:
    beside = Plan("simgcl", 64, 0.18, 0.228, foreign_share=0.3)
    folder = tmp_path / "study"
    synthesise([beside, Plan("ngcf", 64, 0.12, 9.0), Plan("lightgcl", 64, 0.12, None)]).study(
        folder, grid=GridSettings(intensity_g_per_kwh=360.0)
    )
    note = "! measured beside other work on the machine: shown, and left out of comparisons."
    files = {path.suffix[1:]: path.read_text() for path in write_tables(folder)}
    page = write_report(folder).read_text()
    cells = page[page.index('<table class="paper">') :].partition("</section>")[0]
    for text in (cells, files["md"], files["tex"]):
        row = next(line for line in text.splitlines() if "simgcl d=64" in line)
        assert "228 mJ !" in row
        assert ("22.8 µg !" in row) or (r"22.8 $\mu$g !" in row)
        assert "absent" not in row
        assert "!" not in next(line for line in text.splitlines() if "ngcf d=64" in line)
        assert "absent" in next(line for line in text.splitlines() if "lightgcl d=64" in line)
        assert text.count(note) == 1
    frame = pl.read_csv(StringIO(files["csv"]))
    assert frame["contaminated"].to_list() == [False, False, True]
    assert frame["energy_j"].to_list()[2] == pytest.approx(0.228)
    assert note not in write_report(folder, with_contaminated=True).read_text()
