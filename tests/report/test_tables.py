"""Rows as text in four formats."""

import json

import polars as pl
import pytest

from ecorec.errors import InputError
from ecorec.report.tables import as_csv, as_json, as_markdown, as_text, as_wide_text, sort_rows

FRAME = pl.DataFrame({"model": ["a|b", "c"], "energy_j": [12.3456789, None], "ndcg@10": [0.1, 0.2]})


def test_csv_keeps_every_digit_and_leaves_nulls_empty() -> None:
    assert as_csv(FRAME) == "model,energy_j,ndcg@10\na|b,12.3456789,0.1\nc,,0.2\n"


def test_json_has_nulls() -> None:
    assert json.loads(as_json(FRAME))[1] == {"model": "c", "energy_j": None, "ndcg@10": 0.2}


def test_markdown_escapes_bars() -> None:
    assert as_markdown(FRAME).splitlines() == [
        "| model | energy_j | ndcg@10 |",
        "| --- | --- | --- |",
        "| a\\|b | 12.35 | 0.1 |",
        "| c |  | 0.2 |",
    ]


def test_text_aligns_numbers_to_the_right() -> None:
    assert as_wide_text(FRAME).splitlines() == [
        "model  energy_j  ndcg@10",
        "a|b       12.35      0.1",
        "c                    0.2",
    ]


def test_text_wraps_its_first_column_to_the_width() -> None:
    lines = [["  simgcl d=64 temperature=0.2", "12"], ["* ngcf", "3"]]
    assert as_text([["", "a"], ["", "1"]]).splitlines() == ["  a", "  1"]
    assert as_text(lines, right=(1,), width=24).splitlines() == [
        "  simgcl d=64         12",
        "    temperature=0.2",
        "* ngcf                 3",
    ]


def test_sorting_puts_empty_cells_last_in_both_directions() -> None:
    assert sort_rows(FRAME, "energy_j")["model"].to_list() == ["a|b", "c"]
    assert sort_rows(FRAME, "-energy_j")["model"].to_list() == ["a|b", "c"]
    assert sort_rows(FRAME, "ndcg@10")["model"].to_list() == ["c", "a|b"]
    assert sort_rows(FRAME, "-ndcg@10")["model"].to_list() == ["a|b", "c"]


def test_unknown_column_names_the_near_ones() -> None:
    with pytest.raises(InputError, match="no column is called `energyj`") as caught:
        sort_rows(FRAME, "energyj")
    assert "`energy_j`" in (caught.value.hint or "")
