"""Ratios, numbers and pages of the benchmark; never its timings."""

import numpy as np
import pytest
from table import curve_spread, number, ratio, render, times
from task import Settings, Task


def spread(value: float) -> dict:
    return {"median": value, "low": value, "high": value, "n": 1}


def measured(system: str, seconds: float, joules: float | None) -> dict:
    cost = {
        "seconds": spread(seconds),
        "joules": None if joules is None else spread(joules),
        "method": "absent" if joules is None else "modelled",
    }
    return {"system": system, "epoch": cost, "evaluation": {"10": cost}, "peak_bytes": 3 * 2**20}


RESULTS = {
    "machine": {"cpu": "A CPU", "n_cpus": 2},
    "measured_at": "2026-01-01",
    "threads": 2,
    "rounds": 3,
    "batch_size": 2048,
    "data": {
        "name": "d", "n_users": 6040, "n_items": 3706, "n_train": 800_000, "split": "ratio",
        "load_s": 0.25, "from_cache": True,
    },
    "systems": [
        {
            "model": "lightgcn",
            "size": 64,
            "rows": [
                measured("ecorec", 6.5, 90.0),
                measured("pyg", 715.0, 9900.0),
                measured("csr", 13.0, None),
                {"system": "recbole", "absent": "no .venv-recbole"},
            ],
        }
    ],
    "roofline": [
        {
            "embedding_size": 64, "n_edges": 1_600_000, "n_nodes": 9746, "level": "cached",
            "calibration": {
                "cached_rows_bytes_per_s": 1e11, "distant_rows_bytes_per_s": 1e10,
                "stream_bytes_per_s": 2e10, "dense_multiply_adds_per_s": 5e10,
            },
            "kernels": {
                "ecorec": {"seconds": 0.004, "bytes_per_s": 1e11, "share_of_roof": 0.62},
                "coo": {"seconds": 0.08, "bytes_per_s": 5e9, "share_of_roof": 0.05},
            },
            "steps": {
                "ngcf": {
                    "products": 6, "multiply_adds": 1.5e9, "floor_s": 0.05, "step_s": 0.07,
                    "step_over_floor": 1.4,
                }
            },
        }
    ],
    "curves": {
        "ecorec": [[0.6, 0.5], [0.62, 0.51]],
        "recbole": [0.615, 0.505],
        **curve_spread([[0.6, 0.5], [0.62, 0.51]], [0.615, 0.505]),
    },
    "scaling": {
        "n_nodes": 100, "exponent": 1.02,
        "edges": [
            {"n_edges": 1_000_000, "propagation_s": 0.002, "step_s": 0.01},
            {"n_edges": 2_000_000, "propagation_s": 0.005, "step_s": 0.02},
        ],
        "sizes": [{"size": 32, "propagation_s": 0.001, "step_s": 0.005}],
        "threads": [{"threads": 1, "propagation_s": 0.004, "step_s": 0.02}],
    },
}  # fmt: skip


def row_with(page: str, *cells: str) -> list[str]:
    """Return the cells of the row that begins so."""
    begin = "| " + " | ".join(cells) + " |"
    (line,) = [line for line in page.splitlines() if line.startswith(begin)]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_ratios_are_to_ecorec_and_absent_where_a_side_is() -> None:
    assert ratio(spread(715.0), spread(6.5)) == pytest.approx(110.0)
    assert ratio(None, spread(1.0)) is None
    assert ratio(spread(1.0), None) is None
    assert times(None) == "–"
    page = render(RESULTS)
    assert row_with(page, "lightgcn", "64", "pyg")[3:8] == ["715", "110 x", "9,900", "110 x", "3"]
    assert row_with(page, "lightgcn", "64", "csr")[3:7] == ["13.0", "2.00 x", "–", "–"]
    assert row_with(page, "lightgcn", "64", "recbole")[3] == "absent: no .venv-recbole"
    assert "Joules are absent; modelled." in page


def test_the_page_shows_shares_floors_losses_and_slopes() -> None:
    page = render(RESULTS)
    assert row_with(page, "ecorec", "4.00")[2:] == ["100", "62%", "1.00 x"]
    assert row_with(page, "coo", "80.0")[4] == "20.0 x"
    assert row_with(page, "ngcf", "6")[2:] == ["1.50", "50.0", "70.0", "1.40 x"]
    assert row_with(page, "2,000,000")[1:] == ["5.00", "2.50", "+25%", "20.0"]
    assert row_with(page, "1", "0.61000")[2:] == ["3.28%", "0.61500", "+0.82%"]
    assert "within twice the range" in page


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "–"), (1234.5, "1,234"), (12.34, "12.3"), (1.234, "1.23"), (0.1234, "0.123"),
     (0.0012, "0.0012"), (0.0, "0.0000")],
)  # fmt: skip
def test_numbers_have_about_three_digits(value: float | None, words: str) -> None:
    assert number(value) == words


def test_a_curve_that_leaves_the_noise_is_said_to() -> None:
    ours = [[0.60, 0.50], [0.61, 0.51]]
    assert curve_spread(ours, [0.60, 0.505])["within_noise"]
    far = curve_spread(ours, [0.60, 0.56])
    assert not far["within_noise"]
    assert far["apart"][1] == pytest.approx(0.56 / 0.505 - 1)


def test_ndcg_of_a_task_is_the_closed_form(tmp_path) -> None:
    nothing = np.zeros((2, 0), dtype=np.int64)
    test = np.array([[3, 1, 3], [7, 2, 8]])
    task = Task(Settings("als", 8, 0, 2, 1, 1), tmp_path, 4, 9, nothing, nothing, test)
    owners, _ = task.test_items()
    assert owners.tolist() == [1, 3]
    lists = np.array([[0, 2], [7, 5]])  # user 1 hits at rank 2; user 3 one of two, at rank 1
    second = 1 / np.log2(3)
    assert task.ndcg(lists) == pytest.approx((second + 1 / (1 + second)) / 2)
