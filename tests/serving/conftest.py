"""Small trained runs on the bundled data, shared by all that serves them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from ecorec.evaluation.ranking import rank
from ecorec.serving.build import build_index, natural_kind
from ecorec.serving.index import Index, Kind, Seen
from ecorec.study.execute import run_study
from ecorec.study.index import served_parts
from ecorec.study.settings import StudySettings
from ecorec.study.stored import StoredRun, bring_back

MODELS = ("popularity", "itemknn", "bpr-mf", "lightgcn")


@dataclass(frozen=True, eq=False)
class Trained:
    """A run that was brought back, and what it is served from."""

    folder: Path
    stored: StoredRun

    @property
    def seen(self) -> Seen:
        return Seen(self.stored.held_out.seen, self.stored.held_out.tie_seed)

    @property
    def n_items(self) -> int:
        return self.stored.graph.n_items

    @property
    def natural(self) -> Kind:
        return natural_kind(served_parts(self.stored))

    @property
    def everyone(self) -> np.ndarray:
        return np.arange(self.stored.graph.n_users)

    def index(self, kind: Kind | None = None, list_length: int = 20) -> Index:
        parts = served_parts(self.stored)
        return build_index(
            kind or natural_kind(parts), self.stored.record.model, parts, self.stored.scorer,
            self.seen, self.n_items, list_length,
        )  # fmt: skip

    def offline(self, k: int) -> np.ndarray:
        """The lists that the run's metrics are of."""
        seen = self.stored.held_out.seen
        return rank(
            self.stored.scorer, self.everyone, seen, self.n_items, k, self.seen.tie_seed,
            torch.device("cpu"),
        )  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As a server scores: beside other tests, threads that wait for one another take seconds."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    """One run of each of a few models on movietweetings, trained one epoch or in closed form."""
    settings = StudySettings(
        models=MODELS,
        datasets=("movietweetings",),
        embedding_sizes=(64,),
        epochs=(1,),
        threads=1,
        set={"k_core": 10, "batch_size": 512},
    )
    out = tmp_path_factory.mktemp("served")
    study = run_study(settings, out)
    found = {}
    for record in study.records:
        folder = out / "runs" / record.run_id
        found[record.model] = Trained(folder, bring_back(folder))
    return found
