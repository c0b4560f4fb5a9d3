"""Where two lines of joules cross, and how a catalogue is cut; never a timing."""

import math

import numpy as np
import pytest

from ecorec.study.execute import run_study
from ecorec.study.settings import StudySettings
from ecorec.study.stored import bring_back
from serving import Point, crossover, of_first_items


def points(sizes: list[int], exact_of: float, approximate_of: float) -> list[Point]:
    """Exact in proportion to the catalogue, approximate to its logarithm."""
    return [Point(n, 1, exact_of * n, approximate_of * math.log(n), recall=0.97) for n in sizes]


def test_a_crossing_between_the_sizes_is_on_the_log_log_line() -> None:
    two = [Point(1_000, 1, 1.0, 2.0, 1.0), Point(100_000, 1, 100.0, 2.0, 1.0)]
    found = crossover(two)
    assert found is not None
    assert found == (pytest.approx(2_000), True)


def test_a_crossing_beyond_the_sizes_is_said_to_be() -> None:
    found = crossover([Point(1_000, 1, 1.0, 8.0, 1.0), Point(2_000, 1, 2.0, 8.0, 1.0)])
    assert found == (pytest.approx(8_000), False)
    assert crossover(points([10_000, 20_000], 1.0, 1.0)) == (10_000.0, False)
    assert crossover([Point(1_000, 1, 1.0, 2.0, 1.0), Point(2_000, 1, 1.0, 2.0, 1.0)]) is None


def test_a_part_of_a_catalogue_keeps_vectors_and_what_was_seen(tmp_path) -> None:
    settings = StudySettings(
        models=("bpr-mf",), datasets=("movietweetings",), embedding_sizes=(8,), epochs=(1,),
        threads=1, set={"k_core": 10},
    )  # fmt: skip
    record = run_study(settings, tmp_path / "study").records[0]
    stored = bring_back(tmp_path / "study" / "runs" / record.run_id)
    vectors, seen = of_first_items(stored, 100, seed=1)
    whole = stored.scorer.items
    assert vectors.items.shape == (100, 8)
    # Each kept row is a row of the catalogue, and whoever has seen it there has seen it here.
    kept = [int(np.flatnonzero((whole == row).all(dim=1))[0]) for row in vectors.items]
    assert kept == sorted(set(kept))
    for user in (0, 7, 100):
        before = set(stored.held_out.seen.of(user).tolist())
        assert {kept[item] for item in seen.lists.of(user)} == before & set(kept)
