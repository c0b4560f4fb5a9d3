"""Figure 1 as multiples: what is drawn is what was published, and what was measured."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from ecorec.analysis.paper.beside import beside
from ecorec.analysis.paper.published import published
from ecorec.report.paper_multiples_figure import draw_multiples
from ecorec.study.store import read_study
from tests.analysis.paper.runs import run_record, study_of


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Figure, str]:
    out = tmp_path_factory.mktemp("paper") / "study"
    spread = (0.98, 0.99, 1.0, 1.01, 1.02)
    records = [
        run_record("as-run", model, seed=1, repeat=i, energy_j=joules * factor)
        for model, joules in (("lightgcn", 10.0), ("simgcl", 25.0))
        for i, factor in enumerate(spread, start=1)
    ]
    study_of(records, out)
    return draw_multiples(beside(published(), [read_study(out)]))


def test_lines_are_the_published_multiples(drawn: tuple[Figure, str]) -> None:
    figure, _ = drawn
    cells = published()
    for axes, dataset in zip(figure.axes, ("ml-1m", "amazon-beauty", "dianping"), strict=True):
        unit = cells.emissions_kg(dataset, "lightgcn", 64)
        lines = {line.get_label(): line for line in axes.get_lines()}
        for model, name in (("ngcf", "NGCF"), ("lightgcl", "LightGCL")):
            wanted = [
                cells.emissions_kg(dataset, model, size) / unit for size in (32, 64, 128, 256)
            ]
            assert lines[name].get_ydata() == pytest.approx(wanted)


def test_table_2_is_marked_where_it_says_otherwise(drawn: tuple[Figure, str]) -> None:
    figure, _ = drawn
    crosses = [
        sorted(
            round(float(line.get_ydata()[0]), 2)
            for line in axes.get_lines() if line.get_marker() == "x"
        )
        for axes in figure.axes
    ]  # fmt: skip
    assert crosses == [[], [0.27], [1.11, 1.58]]


def test_our_ratio_stands_with_its_interval(drawn: tuple[Figure, str]) -> None:
    figure, preset = drawn
    assert preset == "as-run"
    (lightgcn, simgcl) = sorted(
        (bar for bar in figure.axes[0].containers), key=lambda bar: bar.lines[0].get_ydata()[0]
    )
    assert lightgcn.lines[0].get_ydata() == pytest.approx([1.0])
    x, y = simgcl.lines[0].get_xydata()[0]
    # Pairs of the same repeat have the same factor: the ratio is exact.
    assert (x, y) == (64, pytest.approx(2.5, rel=1e-6))
    assert not figure.axes[1].containers


def test_without_runs_there_is_the_paper_alone(tmp_path: Path) -> None:
    figure, preset = draw_multiples(beside(published(), []))
    assert preset == ""
    assert not any(axes.containers for axes in figure.axes)
