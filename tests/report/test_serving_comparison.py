"""Kinds of index side by side: what a block takes, and lists a second, whatever a request asks."""

from pathlib import Path

import pytest

from ecorec.analysis.rows import rows_of
from ecorec.analysis.study_analysis import analyse
from ecorec.report.deployment import deployment
from ecorec.report.serving_comparison import comparison_text
from ecorec.report.serving_figure import draw_comparison
from tests.analysis.records import Plan, synthesise
from tests.analysis.serving_records import serving_record, store

(RUN,) = synthesise([Plan("lightgcn", 64)]).records


def test_a_list_waits_for_the_whole_of_its_block() -> None:
    """2 ms for one, and 2 ms for 64: none of the 64 has its list after a 64th of that."""
    _, right = draw_comparison([serving_record(RUN, blocks=(1, 64))], "a run").axes[:2]
    shown = [line.get_ydata()[0] for line in right.lines]
    assert shown == pytest.approx([2.0, 2.0])
    assert right.get_title() == "p99 of a block; lists in it, filled: 1, open: 64"
    assert right.get_ylabel() == "p99 of a block in ms"


def test_saturation_is_lists_a_second_everywhere(tmp_path: Path) -> None:
    found = serving_record(RUN, rate=300.0, users_per_request=4)
    assert found.recommendations_per_s == 1200.0
    row = next(line for line in comparison_text([found], "a run", None).splitlines()
               if line.startswith("HTTP, saturation"))  # fmt: skip
    assert row.split() == ["HTTP,", "saturation", "1,200", "lists/s"]
    study = synthesise([Plan("lightgcn", 64)]).study(tmp_path / "s")
    store(study.path, study.records[0], rate=300.0, users_per_request=4)
    analysis = analyse(study)
    assert rows_of(study, None, 1.0)["serving_per_s"].to_list() == [1200.0]
    (system,) = deployment(analysis.benchmarks[0], analysis)["systems"]
    assert system["rate"] == "1,200 lists/s"


def test_without_http_there_is_no_saturation() -> None:
    found = serving_record(RUN, http=False)
    assert found.recommendations_per_s is None
    assert "saturation" not in comparison_text([found], "a run", None)
