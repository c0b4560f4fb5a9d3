"""The static figures say what the page says."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ecorec.analysis.study_analysis import analyse
from ecorec.energy.emissions import GridSettings
from ecorec.report.figures import draw, write_figures
from tests.analysis.records import Plan, quickstart, synthesise


def _words(svg: Path) -> str:
    texts = ET.parse(svg).iter("{http://www.w3.org/2000/svg}text")
    return "\n".join("".join(text.itertext()) for text in texts)


def test_all_formats_with_every_model_named(tmp_path: Path) -> None:
    quickstart().study(tmp_path / "study", grid=GridSettings(country="ITA"))
    png, svg, pdf = write_figures(tmp_path / "study")
    assert png.read_bytes().startswith(b"\x89PNG")
    found = pdf.read_bytes()
    assert found.startswith(b"%PDF-1.")
    assert found.rstrip().endswith(b"%%EOF")
    assert b"/FontFile2" in found
    assert b"/Type3" not in found
    words = _words(svg)
    for name in ("ItemKNN", "Popularity", "NGCF", "LightGCN", "SimGCL", "LightGCL"):
        assert name in words
    assert "CO2-eq of a run against embedding size" in words


def test_without_a_grid_the_sizes_are_in_joules(tmp_path: Path) -> None:
    synthesise([Plan("simgcl", 32), Plan("simgcl", 64)]).study(tmp_path / "study")
    assert "Energy of a run against embedding size" in _words(write_figures(tmp_path / "study")[1])


def test_baselines_alone_have_no_panel_of_sizes(tmp_path: Path) -> None:
    plans = [Plan("itemknn", seeds=(None,)), Plan("popularity", seeds=(None,), energy_j=None)]
    synthesise(plans).study(tmp_path / "study")
    assert "embedding size" not in _words(write_figures(tmp_path / "study")[1])


def test_models_of_one_size_each_have_the_front_alone(tmp_path: Path) -> None:
    plans = [Plan("simgcl", 64), Plan("ngcf", 32), Plan("itemknn", seeds=(None,))]
    (axes,) = draw(analyse(synthesise(plans).study(tmp_path / "study"))).axes
    assert axes.get_title().endswith("quality against energy")


@pytest.mark.filterwarnings("error")
def test_a_panel_without_energy_says_why(tmp_path: Path) -> None:
    beside = [Plan("simgcl", size, foreign_share=0.5) for size in (32, 64)]
    folder = synthesise(beside).study(tmp_path / "beside").path
    words = _words(write_figures(folder)[1])
    assert words.count("Nothing to draw: all energy was read beside other work") == 2
    assert words.count("--with-contaminated draws it all the same") == 2
    assert "Nothing to draw" not in _words(write_figures(folder, with_contaminated=True)[1])
    unread = [Plan("simgcl", size, energy_j=None) for size in (32, 64)]
    folder = synthesise(unread).study(tmp_path / "unread").path
    assert _words(write_figures(folder)[1]).count("Nothing to draw: no energy was read") == 2
