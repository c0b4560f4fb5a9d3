"""Every joule and gram of every output carries its unit and how it was obtained."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import polars as pl
import pytest

from ecorec.analysis.decision.verdict import put_into_words
from ecorec.analysis.rows import columns, rows_of
from ecorec.analysis.study_analysis import analyse
from ecorec.energy.emissions import GridSettings, intensity
from ecorec.energy.reading import Method
from ecorec.report.figures import draw
from ecorec.report.page_data import page_data
from ecorec.report.terminal import summary
from tests.analysis.records import Plan, quickstart, synthesise
from tests.analysis.serving_records import store

METHODS = set(get_args(Method))
JOULES = re.compile(r"\d\s(?:m|k|M|G)?J\b|\d\s(?:m|µ|k)?g\b(?!/)")
"""A number with a unit of energy or mass, as texts print it."""

DIMENSIONLESS = {"seed", "repeat", "split_seed", "n_layers", "epochs", "best_epoch", "attempts",
                 "threads"}  # fmt: skip
"""Numbers that count or name something, and have no unit."""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    synthetic = quickstart()
    absent = synthesise([Plan("ngcf", 16, 0.1, None), Plan("ngcf", 8, 0.1, 3.0, foreign_share=0.2)],
                        n_users=2059)  # fmt: skip
    synthetic.records.extend(absent.records)
    synthetic.frames.update(absent.frames)
    out = tmp_path_factory.mktemp("s") / "out"
    stored = synthetic.study(out, grid=GridSettings(country="ITA"))
    for record in synthetic.records[:4]:
        store(out, record)
        store(out, record, kind="lists", joules_per_1000=1.0, build_j=20.0, number=1)
    return stored


def has_method(text: str) -> bool:
    return any(re.search(rf"\b{method}\b", text) for method in METHODS)


def test_every_column_of_every_export(study) -> None:
    grid = intensity(study.info.grid)
    known = {
        "idle": study.info.idle,
        "calibrations": study.info.calibrations,
        "tunings": study.info.tunings,
        "serving": study.served,
    }
    frame = rows_of(study, grid, 1.0)
    for column in columns(study.records, grid, 1.0, **known):
        if not frame[column.name].dtype.is_numeric():
            continue
        is_metric = "@" in column.name
        assert column.unit or is_metric or column.name in DIMENSIONLESS, column.name
        if column.unit.startswith(("J", "g ")):
            assert column.method, f"{column.name} does not say how it was obtained"
            known = frame.filter(pl.col(column.name).is_not_null())
            assert known[column.method].null_count() == 0
            for text in known[column.method]:
                assert has_method(text) or column.method == "codecarbon_method", text
        if column.unit.startswith(("multiply-adds", "B per")):
            assert set(frame[column.method]) == {"formula"}, column.name
        if column.name == "roof_share":
            assert all(text.startswith(("modelled", "absent")) for text in frame[column.method])
            assert frame[column.name].null_count() < frame.height
        # The unit stands in the name, so that a spreadsheet has it too.
        suffixes = {"J": "_j", "s": "_s", "B": "_bytes", "g CO2-eq": "_g"}
        if column.unit in suffixes:
            assert column.name.endswith(suffixes[column.unit]), column.name


def numbers(value: Any, where: str = "") -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    """Yield every number under a name of energy or mass, and every text with one."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict | list | tuple):
                yield from numbers(item, f"{where}.{key}")
            else:
                yield f"{where}.{key}", key, item, value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from numbers(item if not isinstance(item, str) else {"text": item}, where)


def test_every_number_of_the_page(study) -> None:
    seen = 0
    data = page_data(analyse(study))
    del data["runs"]  # the table of runs is that of the exports, its method beside it
    for where, key, value, beside in numbers(data):
        is_energy = any(word in key for word in ("energy", "joules", "grams", "price"))
        if isinstance(value, int | float) and is_energy:
            assert has_method(str(beside.get("method"))), where
            seen += 1
        elif isinstance(value, str) and JOULES.search(value) and key != "range":
            words = f"{value} {beside.get('method')} {beside.get('note')}"
            assert has_method(words), f"{where}: {value}"
            seen += 1
    assert seen > 100


def test_every_line_of_the_terminal(study) -> None:
    text, _, verdict = summary(study).partition("Verdict: ")
    lines = [line for line in text.splitlines() if JOULES.search(line)]
    assert len(lines) > 15
    for line in lines:
        assert has_method(line), line
    for sentence in re.split(r"(?<=[a-z)])\. ", " ".join(verdict.split())):
        assert has_method(sentence) or not JOULES.search(sentence), sentence


def test_the_figure_says_it_on_its_axes(study) -> None:
    axes = draw(analyse(study)).axes
    assert axes[0].get_xlabel() == "energy of a run (assumed)"
    assert axes[1].get_ylabel() == "CO2-eq (assumed)"


def test_a_verdict_never_names_joules_without_their_method(study) -> None:
    for benchmark in analyse(study).benchmarks:
        for sentence in put_into_words(benchmark.verdict.findings).sentences:
            assert has_method(sentence) or not JOULES.search(sentence)
