"""Graph and tables in mapped files: bit for bit what they are in memory."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.data.sampling import PairSampler
from ecorec.data.synthetic import block, power_law
from ecorec.errors import InputError
from ecorec.graph import mapped
from ecorec.graph.adjacency import normalized_adjacency
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.catalogue import MODELS
from ecorec.training.seeding import Generators
from ecorec.training.settings import TrainingSettings
from ecorec.training.trainer import Trainer

MAPS = Path("/proc/self/maps")


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 99), n_users=st.integers(1, 40), n_items=st.integers(1, 40),
    n=st.integers(0, 200), chunk=st.sampled_from([1, 7, 2**20]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)  # fmt: skip
def test_the_adjacency_is_the_same(
    tmp_path_factory, seed, n_users, n_items, n, chunk, dtype
) -> None:
    data = power_law(n_users, n_items, n, 0.5, seed)
    # In no order, as a file would have them.
    order = np.random.default_rng(seed).permutation(len(data))
    users, items = data.users[order], data.items[order]
    expected = normalized_adjacency(users, items, n_users, n_items, dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mapped, "CHUNK", chunk)
        chunks = mapped.in_chunks(users, items)
        folder = tmp_path_factory.mktemp("mapped")
        found = mapped.mapped_adjacency(chunks, n_users, n_items, dtype, folder)
    for name in ("indptr", "indices", "scale"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))
        assert getattr(found, name).dtype == getattr(expected, name).dtype
    assert not [*folder.iterdir()]


def trained(name: str, folder: Path | None) -> Trainer:
    data = block(90, 60, 3, 12, 0.1, seed=3)
    graph = BipartiteGraph(data.users, data.items, data.n_users, data.n_items, folder=folder)
    generators = Generators.from_seed(5)
    entry = MODELS[name]
    model = entry.build(entry.config(embedding_size=8), graph, generators.init)
    model.rng = generators.model
    sampler = PairSampler(data, 128, generators.batches)
    trainer = Trainer(model, sampler, generators, TrainingSettings(), folder=folder)
    for _ in range(2):
        trainer.train_epoch()
    return trainer


@pytest.mark.parametrize("name", ["lightgcn", "ngcf", "ultragcn"])
def test_training_is_the_same(tmp_path: Path, name: str) -> None:
    usual, in_files = trained(name, None), trained(name, tmp_path)
    expected = usual.state()
    for key, value in in_files.state().items():
        assert torch.equal(value, expected[key]), key
    again = trained(name, tmp_path)
    again.restore({key: value.clone() for key, value in expected.items()})
    assert again.train_epoch() == usual.train_epoch()


@pytest.mark.skipif(not MAPS.exists(), reason="this system does not list what is mapped")
def test_tables_and_moments_are_files(tmp_path: Path) -> None:
    trainer = trained("lightgcn", tmp_path)
    (slots,) = trainer.optimizer.state.values()
    held = {table.data_ptr() for table in (trainer.model.nodes, *slots.values()) if table.ndim == 2}
    mapped_at = {
        int(line.split("-")[0], 16)
        for line in MAPS.read_text().splitlines()
        if str(tmp_path) in line
    }
    assert len(held) == 3
    assert held <= mapped_at


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--memory-map .*typo: there is no such folder"):
        mapped.mapped_table(torch.zeros(2, 2), tmp_path / "typo")
    assert not [*tmp_path.iterdir()]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"--memory-map .*file: no file of .* can be"):
        mapped.mapped_table(torch.zeros(2, 2), tmp_path / "file")
