"""A study of seconds, and what of it must not depend on where it runs."""

from pathlib import Path

import pytest

from ecorec.energy import counter_test
from ecorec.study.settings import StudySettings
from ecorec.study.store import StoredStudy

DATA = "synthetic:block?users=120&items=80&per_user=15"


def small(**changes: object) -> StudySettings:
    values = {
        "models": ("itemknn", "lightgcn"),
        "datasets": (DATA,),
        "embedding_sizes": (8,),
        "epochs": (2, 4),
        "seeds": (1, 2),
        "topk": (5, 10),
        "threads": 1,
        "set": {"validate_every": 2, "learning_rate": 0.02, "batch_size": 256},
    }
    return StudySettings.parse(values | changes, "the study")


def quality(study: StoredStudy) -> dict[str, object]:
    """Everything that was learned, bit by bit."""
    return {
        record.run_id: (
            record.metrics,
            record.validation,
            record.best_epoch,
            [(epoch.loss, epoch.validation) for epoch in record.epochs],
            study.per_user(record.run_id).sort("user").to_dict(as_series=False),
        )
        for record in study.records
    }


@pytest.fixture
def stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A powercap tree of one package whose counter never moves, and is found out at once."""
    zone = tmp_path / "powercap" / "intel-rapl:0"
    zone.mkdir(parents=True)
    for name, text in {
        "name": "package-0", "max_energy_range_uj": str(2**40), "energy_uj": "12345",
    }.items():  # fmt: skip
        (zone / name).write_text(text)
    monkeypatch.setattr(counter_test, "BUSY_S", 0.01)
    monkeypatch.setattr(counter_test, "IDLE_S", 0.01)
    return zone.parent
