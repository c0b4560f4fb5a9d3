"""The table and the verdict on a terminal."""

import html
from pathlib import Path

import pytest

from ecorec.energy.emissions import GridSettings
from ecorec.errors import InputError
from ecorec.report.page import write_report
from ecorec.report.paragraphs import WIDTH
from ecorec.report.terminal import summary
from ecorec.report.warned import warned
from ecorec.units import format_energy
from tests.analysis.records import Plan, Synthetic, quickstart, synthesise
from tests.analysis.serving_records import store


def test_quick_start_fits_and_is_sorted_by_quality(tmp_path: Path) -> None:
    lines = summary(quickstart().study(tmp_path / "study")).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[0].split()[:3] == ["NDCG@10", "HIT@10", "parameters"]
    qualities = [float(line[18:].split()[0]) for line in lines[1:19]]
    assert qualities == sorted(qualities, reverse=True)
    assert any(line.startswith("Verdict: simgcl d=64 is the cheapest") for line in lines)


def test_a_line_has_everything(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.16, 1.0, seeds=(None,)),
        Plan("simgcl", 64, 0.18, 21.0, seeds=(1, 2), seed_sd=0.002),
    ]
    study = synthesise(plans).study(tmp_path / "study")
    first, second = summary(study).splitlines()[1:3]
    cells = first.split()
    assert cells[:3] == ["*", "simgcl", "d=64"]
    assert cells[4].startswith("±.00")
    assert "202,112  21 J (10.5-31.5 J)  assumed" in first
    quality = study.records[1].metrics["ndcg@10"] + study.records[2].metrics["ndcg@10"]
    price = 20.0 / (quality / 2 - 0.16) * 0.001
    assert cells[-2:] == format_energy(price).split()
    assert second.split()[:2] == ["itemknn", ".160"]
    assert second.endswith("-")


def test_long_names_are_wrapped_to_the_width(tmp_path: Path) -> None:
    settings = [{"a_very_long_name_of_a_setting": "x" * n} for n in (60, 80)]
    plans = [Plan("simgcl", 64, settings=values) for values in settings]
    text = summary(synthesise(plans).study(tmp_path / "study"))
    table = text[: text.index("* cannot be told")].splitlines()
    assert max(map(len, table)) <= WIDTH
    # Nothing of a name is lost: it is what tells the rows apart.
    assert [sum(line.count("x") for line in table)] == [60 + 80]


def test_sorting_by_any_column(tmp_path: Path) -> None:
    study = quickstart().study(tmp_path / "study")

    def order(sort: str) -> list[str]:
        lines = summary(study, sort=sort).splitlines()[1:19]
        return [" ".join(line[2:].split()[:2]) for line in lines]

    assert order("energy_j")[0].startswith("popularity")
    assert order("-energy_j")[0] == "simgcl d=256"
    assert order("ndcg@10")[-1].startswith("popularity")
    # Models without embeddings have no size: they come last either way.
    assert {word.split()[0] for word in order("-embedding_size")[-2:]} == {"popularity", "itemknn"}
    with pytest.raises(InputError, match="no column is called `energy`"):
        order("energy")


def test_sorting_averages_what_is_known_of_some_seeds(tmp_path: Path) -> None:
    """Of three seeds, as a rule, one is put under load."""
    joules = {"ngcf": 3.0, "lightgcn": 1.0, "simgcl": None, "lightgcl": 2.0}
    made = synthesise([Plan(model, 64, seeds=(1, 2, 3)) for model in joules])
    study = made.study(tmp_path / "study")
    for record in made.records:
        known = joules[record.model]
        # Not the first seed, whose empty cell would be taken for the configuration's.
        if known is not None and record.seed == 2:
            kind = {"ngcf": "exact", "lightgcn": "int8", "lightgcl": "lists"}[record.model]
            store(study.path, record, kind=kind, joules_per_1000=known)

    def order(sort: str) -> list[str]:
        return [line[2:].split()[0] for line in summary(study, sort=sort).splitlines()[1:5]]

    assert order("serving_marginal_j") == ["lightgcn", "lightgcl", "ngcf", "simgcl"]
    assert order("-serving_marginal_j") == ["ngcf", "lightgcl", "lightgcn", "simgcl"]
    assert order("serving_index") == ["ngcf", "lightgcn", "lightgcl", "simgcl"]
    assert order("-serving_index") == ["lightgcl", "lightgcn", "ngcf", "simgcl"]


def test_absent_energy_is_not_a_number(tmp_path: Path) -> None:
    plans = [Plan("simgcl", 64, energy_j=None), Plan("ngcf", 64, energy_j=None)]
    line = summary(synthesise(plans).study(tmp_path / "study")).splitlines()[1]
    assert "absent" in line
    assert " J" not in line


def test_every_data_set_has_its_title(tmp_path: Path) -> None:
    plans = [Plan("simgcl", 64), Plan("simgcl", 64, dataset="ml-100k")]
    text = summary(synthesise(plans).study(tmp_path / "study"))
    assert text.index("ml-100k") < text.index("movietweetings")


def test_grams_of_a_run_where_a_grid_is_stated(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.16, 36.0, seeds=(None,)),
        Plan("simgcl", 64, 0.18, 72.0, foreign_share=0.3),
        Plan("ngcf", 64, 0.15, None),
    ]
    made = synthesise(plans)
    stated = GridSettings(country="ITA", intensity_g_per_kwh=360.0, pue=1.5)
    text = " ".join(summary(made.study(tmp_path / "a", grid=stated)).split())
    # 36 and 72 J are 10 and 20 Wh/1000, at 360 g/kWh and PUE 1.5.
    assert (
        "CO2-eq: 5.4-10.8 mg a run, over the configurations (of central joules, assumed; " in text
    )
    assert "360 g/kWh" in text
    assert "PUE 1.5)" in text
    assert "CO2-eq" not in summary(made.study(tmp_path / "b"))


def test_warnings_are_said_once_with_how_many_runs_have_them(tmp_path: Path) -> None:
    made = synthesise([Plan("simgcl", size) for size in (32, 64, 128)])
    said = [
        ("other processes had 51% of the machine's CPU time", "windows of `gpu0` were 2 too short"),
        ("other processes had 87% of the machine's CPU time",),
        (),
    ]
    records = [
        record.model_copy(update={"total": record.total.model_copy(update={"warnings": warnings})})
        for record, warnings in zip(made.records, said, strict=True)
    ]
    both = ["other processes had 51 to 87% of the machine's CPU time (2 of 3 runs)",
            "windows of `gpu0` were 2 too short (1 of 3 runs)"]  # fmt: skip
    assert warned(records) == both
    assert warned(made.records) == []
    study = Synthetic(records, made.frames).study(tmp_path / "s")
    assert f"Warnings: {'; '.join(both)}." in " ".join(summary(study).split())
    assert "Warnings" not in summary(made.study(tmp_path / "quiet"))
    page = html.unescape(write_report(study.path).read_text())
    for text in both:
        assert f"<li>{text}</li>" in page
    assert "Warnings while" not in write_report(tmp_path / "quiet").read_text()
