"""Where two lines of joules cross, and how a catalogue is cut; never a timing."""

import numpy as np
import pytest

from ecorec.study.execute import run_study
from ecorec.study.settings import StudySettings
from ecorec.study.stored import bring_back
from serving import Point, crossover, of_first_items


def points(*joules: tuple[int, float, float]) -> list[Point]:
    return [Point(n, 1, exact, approximate, recall=0.97) for n, exact, approximate in joules]


def test_a_crossing_is_on_the_log_log_line_between_two_sizes() -> None:
    assert crossover(points((1_000, 1.0, 2.0), (100_000, 100.0, 2.0))) == pytest.approx(2_000)
    # Both grow: 1 x n / 1,000 against 2 x (n / 1,000) ** 0.5 meet at four thousand.
    found = crossover(points((1_000, 1.0, 2.0), (16_000, 16.0, 8.0)))
    assert found == pytest.approx(4_000)


def test_beyond_the_sizes_nothing_is_said() -> None:
    assert crossover(points((1_000, 1.0, 8.0), (2_000, 2.0, 8.0))) is None
    assert crossover(points((1_000, 3.0, 2.0), (2_000, 6.0, 2.0))) == 1_000


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
