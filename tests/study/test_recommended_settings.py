"""What is trained when nobody states settings is worth training."""

from pathlib import Path

import pytest

from ecorec import Study


@pytest.mark.slow
def test_sgl_beats_popularity_within_twenty_epochs(tmp_path: Path) -> None:
    """At its paper's weights it came to a third of it in a hundred."""
    study = Study(
        models=["popularity", "sgl"],
        datasets=["movietweetings"],
        epochs=[20],
        set={"data.k_core": 10},
    )
    rows = study.run(tmp_path / "out").frame()
    quality = dict(rows.select("model", "ndcg@10").iter_rows())
    assert quality["sgl"] > 1.05 * quality["popularity"]
