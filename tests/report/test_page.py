"""The page as a file: self-contained, escaped, complete, and silent about what is not there."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ecorec.energy.emissions import GridSettings
from ecorec.report.page import write_report
from ecorec.report.page_data import as_script
from tests.analysis.records import SHARES, Plan, Synthetic, quickstart, synthesise
from tests.analysis.serving_records import store

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


class Elements(HTMLParser):
    """Collects the elements of a page and what would be fetched."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.headings: list[str] = []
        self._heading = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._heading = tag == "h2"
        for name, value in attrs:
            fetches = name in ("src", "srcset", "action") or (name == "href" and tag == "link")
            if fetches and value and not value.startswith("data:"):
                self.fetched.append(value)

    def handle_data(self, data: str) -> None:
        if self._heading and data.strip():
            self.headings.append(data.strip())
        self._heading = False


def _page(synthetic: Synthetic, path: Path, name: str = "A study", country: str | None = None
          ) -> str:  # fmt: skip
    synthetic.study(path / "study", name=name, grid=GridSettings(country=country))
    return write_report(path / "study").read_text(encoding="utf-8")


def _data(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))  # type: ignore[no-any-return]


def test_it_is_one_file_of_reasonable_size_that_fetches_nothing(tmp_path: Path) -> None:
    page = _page(quickstart(), tmp_path)
    assert len(page) < 2_000_000
    assert Elements(page).fetched == []
    assert "@import" not in page
    assert "url(" not in page.split("</style>")[0]
    assert sorted(p.name for p in (tmp_path / "study").iterdir()) == [
        "report.html",
        "runs",
        "study.json",
    ]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    plans = [Plan("simgcl", 64, dataset=HOSTILE), Plan("itemknn", seeds=(None,), dataset=HOSTILE)]
    page = _page(synthesise(plans), tmp_path, name=HOSTILE)
    plain = _page(synthesise([Plan("simgcl", 64), Plan("itemknn", seeds=(None,))]), tmp_path / "b")
    assert Elements(page).tags == Elements(plain).tags
    assert "<img src=x" not in page
    assert _data(page)["name"] == HOSTILE


def test_json_in_a_script_cannot_end_it() -> None:
    text = as_script({"name": "</script><!-- & \u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": "</script><!-- & \u2028"}


def test_table_2_has_the_papers_columns_and_every_configuration(tmp_path: Path) -> None:
    page = _page(quickstart(), tmp_path, country="ITA")
    table = page[page.index('<table class="paper">') :].partition("</table>")[0]
    head = re.findall(r'<th scope="col">(.*?)</th>', table)
    assert head == [
        "Configuration", "P@10", "R@10", "NDCG@10", "HIT@10", "P@100", "R@100", "NDCG@100",
        "HIT@100", "CO<sub>2</sub>-eq", "Energy", "low-high",
    ]  # fmt: skip
    assert len(re.findall(r'<th scope="row">', table)) == 18


def test_bold_is_what_cannot_be_told_from_the_best_of_the_column(tmp_path: Path) -> None:
    plans = [Plan("simgcl", 64, 0.1800), Plan("simgcl", 128, 0.1801), Plan("ngcf", 64, 0.12)]
    page = _page(synthesise(plans), tmp_path).partition("Complexity beside joules")[0]
    rows = dict(re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page))
    assert rows["simgcl d=64"].count('class="best"') == 8
    assert rows["simgcl d=128"].count('class="best"') == 8
    assert rows["ngcf d=64"].count('class="best"') == 0


def test_without_a_grid_there_are_joules_and_no_grams(tmp_path: Path) -> None:
    page = _page(synthesise([Plan("simgcl", 64), Plan("ngcf", 64)]), tmp_path)
    assert "No grid was stated, so no grams are given." in page
    assert "CO<sub>2</sub>-eq" not in page
    with_grid = _page(synthesise([Plan("simgcl", 64)]), tmp_path / "b", country="ITA")
    assert "(Italy 20" in with_grid
    assert "CO<sub>2</sub>-eq" in with_grid


def test_empty_sections_are_absent(tmp_path: Path) -> None:
    free = [Plan("itemknn", None, 0.16, 12.0, seeds=(None,)), Plan("popularity", seeds=(None,))]
    headings = Elements(_page(synthesise(free), tmp_path)).headings
    assert headings == [
        "Quality against energy",
        "Where the joules went",
        "Which one to take",
        "Quality and cost of every configuration",
        "Complexity beside joules",
        "Every run",
        "How this was measured",
    ]
    dark = [Plan("simgcl", 64, energy_j=None), Plan("ngcf", 64, energy_j=None)]
    headings = Elements(_page(synthesise(dark), tmp_path / "b")).headings
    assert "Quality against energy" not in headings
    assert "Where the joules went" not in headings


SIZES = "What embedding size costs, and what it gives"


def test_sizes_are_compared_where_a_model_has_several(tmp_path: Path) -> None:
    each_its_own = [Plan("simgcl", 64), Plan("ngcf", 32), Plan("itemknn", seeds=(None,))]
    assert SIZES not in Elements(_page(synthesise(each_its_own), tmp_path / "a")).headings
    two = [Plan("simgcl", 64), Plan("simgcl", 32)]
    assert SIZES in Elements(_page(synthesise(two), tmp_path / "b")).headings


def test_bars_are_of_the_runs_that_are_compared(tmp_path: Path) -> None:
    """A run beside other work that drew ten times as much makes no bar longer."""
    plans = [
        Plan("simgcl", 64, energy_j=10.0, seeds=(1, 2)),
        Plan("simgcl", 64, energy_j=100.0, seeds=(3,), foreign_share=0.3),
        Plan("ngcf", 64, energy_j=10.0, foreign_share=0.3),
    ]
    (benchmark,) = _data(_page(synthesise(plans), tmp_path))["benchmarks"]
    bars = {(bar["label"], bar["phase"]): bar["energy"] for bar in benchmark["phases"]}
    assert bars == pytest.approx(
        {("simgcl d=64", phase): 10.0 * share for phase, share in SHARES.items()}
    )


def test_page_says_protocol_boundary_provenance_and_citation(tmp_path: Path) -> None:
    synthetic = quickstart()
    page = _page(synthetic, tmp_path)
    for words in (
        "ratio 80/10/10 of each user, random order",
        "recommended",
        "3 to 9 W (central 6 W) a busy logical CPU",
        "A run comprises loading",
        "Serving is not measured here",
        "arXiv 2410.09514",
        "Warm-up took 12 J",
    ):
        assert words in page, words
    for record in synthetic.records:
        assert page.count(record.run_id) >= 2, "in the provenance and in the table of runs"


def test_points_carry_intervals_and_their_command(tmp_path: Path) -> None:
    page = _page(synthesise([Plan("simgcl", 64, 0.18, 20.0), Plan("ngcf", 64, 0.1)]), tmp_path)
    (benchmark,) = _data(page)["benchmarks"]  # type: ignore[misc]
    point = benchmark["points"][0]  # type: ignore[index]
    assert (point["energy_low"], point["energy"], point["energy_high"]) == (10.0, 20.0, 30.0)
    assert point["quality_low"] < 0.18 < point["quality_high"]
    assert point["command"] == "ecorec run --models simgcl --seeds 1"
    assert point["equal"]
    assert not benchmark["points"][1]["equal"]  # type: ignore[index]


def test_headline_has_three_numbers_and_the_same_truth_as_the_verdict(tmp_path: Path) -> None:
    plans = [Plan("simgcl", 64, 0.1799, 20.0), Plan("simgcl", 256, 0.1801, 80.0)]
    (benchmark,) = _data(_page(synthesise(plans), tmp_path))["benchmarks"]  # type: ignore[misc]
    numbers = [number["value"] for number in benchmark["numbers"]]  # type: ignore[index]
    assert numbers == [".180", "20 J", "4.0×"]


@pytest.mark.parametrize("n_users", [1, 2])
def test_a_handful_of_users_is_no_obstacle(tmp_path: Path, n_users: int) -> None:
    synthetic = synthesise([Plan("simgcl", 64), Plan("ngcf", 64)], n_users=n_users)
    assert "<h1>A study</h1>" in _page(synthetic, tmp_path)


def test_which_one_to_take(tmp_path: Path) -> None:
    page = _page(quickstart(), tmp_path)
    assert "Which one to take" in Elements(page).headings
    (benchmark,) = _data(page)["benchmarks"]
    rows = {row["label"]: row for row in benchmark["take"]["rows"]}
    assert [*rows] == ["popularity", "itemknn", "simgcl d=32", "simgcl d=64", "simgcl d=128"]
    assert [row["knee"] for row in rows.values()] == [False, True, False, False, False]
    assert rows["itemknn"]["rate"] == "15.4 mJ [14.7-16.1 mJ]"
    assert "itemknn (knee)" in page
    first, second = benchmark["questions"]
    assert "to the power of 0.53" in first["answer"]
    assert "embedding size to the power of 0.71" in second["answer"]
    # A command is set as one, on the page as in every other caption.
    assert "`ecorec compare`" in second["answer"]
    assert "and <code>ecorec compare</code> both" in page


def test_without_energy_there_is_nothing_to_take(tmp_path: Path) -> None:
    plans = [Plan("simgcl", 32, energy_j=None), Plan("simgcl", 64, energy_j=None)]
    assert "Which one to take" not in Elements(_page(synthesise(plans), tmp_path)).headings


def test_repeats_have_bars_where_they_tell(tmp_path: Path) -> None:
    plans = [Plan("simgcl", 32, repeats=5), Plan("simgcl", 64, repeats=4)]
    page = _page(synthesise(plans), tmp_path, country="ITA")
    points = {p["size"]: p for p in _data(page)["benchmarks"][0]["points"]}
    assert points[32]["energy_repeats"] == pytest.approx([10.0, 10.0])
    assert points[32]["grams_repeats"] == pytest.approx([points[32]["grams"]] * 2)
    assert points[64]["energy_repeats"] == [None, None]


def test_what_was_under_load_has_a_section_and_nothing_else_has(tmp_path: Path) -> None:
    plans = [Plan("lightgcn", 64, energy_j=300.0), Plan("ngcf", 64, energy_j=200.0)]
    found = synthesise(plans)
    page = _page(found, tmp_path)
    assert "Deployment" not in Elements(page).headings
    assert "Serving is not measured here (ecorec stress RUN does)" in page
    (benchmark,) = _data(page)["benchmarks"]  # type: ignore[misc]
    assert benchmark["deployment"] is None  # type: ignore[index]
    by_model = {record.model: record for record in found.records}
    store(tmp_path / "study", by_model["lightgcn"], joules_per_1000=4.0)
    store(tmp_path / "study", by_model["ngcf"], joules_per_1000=8.0)
    page = write_report(tmp_path / "study").read_text(encoding="utf-8")
    assert "Deployment" in Elements(page).headings
    assert "Serving is measured of 2 of 2 configurations" in page
    assert "not measured here: serving" not in page
    (benchmark,) = _data(page)["benchmarks"]  # type: ignore[misc]
    deployment = benchmark["deployment"]  # type: ignore[index]
    assert [point["load"] for point in deployment["ladder"]] == [0.1, 0.5, 0.9] * 2
    assert deployment["ladder"][0]["energy"] == pytest.approx(8.0)
    assert deployment["systems"][1]["training_energy"] == [151.0, 302.0, 453.0]
    assert deployment["crossings"][0]["text"].startswith("Up to 25 k recommendations ngcf d=64")
    assert "From 25 k recommendations on lightgcn d=64 (exact) does." in page


def test_only_what_was_asked_alike_under_load_is_compared_on_the_page(tmp_path: Path) -> None:
    joules = {"lightgcn": 300.0, "ngcf": 200.0, "simgcl": 100.0}
    found = synthesise([Plan(model, 64, energy_j=each) for model, each in joules.items()])
    _page(found, tmp_path)
    lightgcn, ngcf, simgcl = found.records
    store(tmp_path / "study", lightgcn, joules_per_1000=4.0)
    store(tmp_path / "study", ngcf, joules_per_1000=8.0)
    # The newest is not the one that is like the others'.
    store(tmp_path / "study", ngcf, joules_per_1000=0.1, k=100, number=1)
    store(tmp_path / "study", simgcl, joules_per_1000=0.1, users_per_request=64)
    page = write_report(tmp_path / "study").read_text(encoding="utf-8")
    (benchmark,) = _data(page)["benchmarks"]  # type: ignore[misc]
    deployment = benchmark["deployment"]  # type: ignore[index]
    assert {*deployment["compared"]} == {"lightgcn d=64 (exact)", "ngcf d=64 (exact)"}
    assert "From 25 k recommendations on lightgcn d=64 (exact) does." in page
    assert "Not compared: simgcl d=64 (exact) (64 against 1 users at a time)." in page
    assert {point["label"] for point in deployment["ladder"]} == {*deployment["compared"]}
    assert len(deployment["systems"]) == 3
