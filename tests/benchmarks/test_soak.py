"""Swaps under load: no request fails, no answer is wrong, memory stays."""

from pathlib import Path

import pytest

from ecorec.study.execute import run_study
from ecorec.study.settings import StudySettings


@pytest.mark.slow
def test_hot_swaps_under_load(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="needs the extra `serve`")
    from serving_soak import soak

    settings = StudySettings(
        models=("bpr-mf",), datasets=("movietweetings",), embedding_sizes=(16,), epochs=(1,),
        seeds=(1, 2), threads=1, set={"k_core": 10, "batch_size": 512},
    )  # fmt: skip
    study = run_study(settings, tmp_path / "study")
    one, two = (tmp_path / "study" / "runs" / record.run_id for record in study.records)
    found = soak((one, two), soak_s=30.0, swap_every_s=4.0, rate_per_s=50.0, pinned=False)
    assert found.swaps >= 5
    # Both runs answered, each with its own lists.
    assert len(found.versions) == 2
    assert found.answered > 1000
    assert (found.failed, found.wrong) == (0, 0)
    assert found.growth < 1.05
