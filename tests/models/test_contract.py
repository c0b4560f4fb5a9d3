"""What every model of the catalogue must do, on data with a known right answer.

Checkerboard: even users like even items, odd users odd ones. One item of each user is withheld:
it is the only unseen item of the right colour, hence the only right first recommendation.
"""

import numpy as np
import pytest
import torch

from ecorec.data.interactions import Interactions
from ecorec.data.sampling import PairSampler
from ecorec.data.synthetic import checkerboard
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.ranking import rank
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.models.base import TrainingFree
from ecorec.models.catalogue import MODELS
from ecorec.study.prepare import scorer_of
from ecorec.training.seeding import Generators
from ecorec.training.settings import TrainingSettings
from ecorec.training.trainer import Trainer
from tests.conftest import graph_of

N_USERS, N_ITEMS = 24, 20
ALL = tuple(MODELS)
PERSONAL = tuple(name for name in ALL if name != "popularity")
EMBEDDING = tuple(name for name in ALL if MODELS[name].has_embeddings)
# The default ranks are wider than this data, and a matrix of full rank holds nothing unseen.
SETTINGS = {
    # Repelling everyone else is right for thousands of users, but outweighs the ranking for 24 of
    # two kinds.
    "sgl": {"contrastive_weight": 0.01},
    "puresvd": {"n_factors": 2},
    "implicit-als": {"n_factors": 2},
    "implicit-bpr": {"n_factors": 8, "learning_rate": 0.1},
}


def built(name: str, graph: BipartiteGraph, rng: torch.Generator) -> object:
    entry = MODELS[name]
    if entry.kind == "library":
        pytest.importorskip("implicit", reason="needs pip install 'ecorec[implicit]'")
    size = {"embedding_size": 16} if entry.has_embeddings else {}
    return entry.build(entry.config(**size, **SETTINGS.get(name, {})), graph, rng)


def withheld() -> tuple[Interactions, np.ndarray]:
    whole = checkerboard(N_USERS, N_ITEMS)
    target = (np.arange(N_USERS) + 2 * (np.arange(N_USERS) // 2)) % N_ITEMS
    kept = whole.items != target[whole.users]
    return whole.select(kept), target


def trained(name: str, seed: int = 1, epochs: int = 60) -> tuple[object, Trainer | None]:
    train, _ = withheld()
    graph = graph_of(train, torch.float32)
    generators = Generators.from_seed(seed)
    model = built(name, graph, generators.init)
    if isinstance(model, TrainingFree):
        model.fit(graph)
        return model, None
    model.rng = generators.model
    sampler = PairSampler(train, 64, generators.batches)
    trainer = Trainer(model, sampler, generators, TrainingSettings(learning_rate=0.02))
    for _ in range(epochs):
        trainer.train_epoch()
    return model, trainer


def lists(model: object, k: int = 3) -> np.ndarray:
    train, _ = withheld()
    seen = ItemLists.from_pairs(train.users, train.items, N_USERS)
    users = np.arange(N_USERS)
    return rank(scorer_of(model), users, seen, N_ITEMS, k, 7, torch.device("cpu"))


@pytest.mark.parametrize("name", PERSONAL)
def test_the_withheld_item_comes_first(name: str) -> None:
    _, target = withheld()
    model, _ = trained(name)
    np.testing.assert_array_equal(lists(model)[:, 0], target)


@pytest.mark.parametrize("name", ALL)
def test_seen_items_are_never_recommended(name: str) -> None:
    train, _ = withheld()
    seen = set(zip(train.users.tolist(), train.items.tolist(), strict=True))
    model, _ = trained(name, epochs=1)
    found = lists(model, k=N_ITEMS)
    pairs = {(user, int(item)) for user in range(N_USERS) for item in found[user] if item >= 0}
    assert not pairs & seen
    assert len(pairs) == N_USERS * N_ITEMS - len(seen)


@pytest.mark.parametrize("name", ALL)
def test_a_batch_scores_as_its_users_do_alone(name: str) -> None:
    model, _ = trained(name, epochs=1)
    scorer = scorer_of(model)
    together = scorer.scores(torch.arange(N_USERS))
    alone = torch.cat([scorer.scores(torch.tensor([user])) for user in range(N_USERS)])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", EMBEDDING)
def test_same_seed_same_parameters_other_seed_others(name: str) -> None:
    first, second, other = (trained(name, seed, epochs=2)[0] for seed in (1, 1, 2))
    for key, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[key])
    assert not torch.equal(first.nodes, other.nodes)


@pytest.mark.parametrize("name", ALL)
def test_restored_model_scores_the_same(name: str) -> None:
    model, _ = trained(name, epochs=2)
    train, _ = withheld()
    graph = graph_of(train, torch.float32)
    copy = built(name, graph, torch.Generator().manual_seed(9))
    if isinstance(copy, TrainingFree):
        copy.restore(model.state(), graph)
    else:
        copy.load_state_dict(model.state_dict())
    users = torch.arange(N_USERS)
    assert torch.equal(scorer_of(copy).scores(users), scorer_of(model).scores(users))


@pytest.mark.parametrize("name", EMBEDDING)
def test_gradients_do_not_pile_up_from_step_to_step(name: str) -> None:
    model, trainer = trained(name, epochs=0)
    of_batches: list[torch.Tensor] = []
    # What a hook sees is of one backward pass, before it is added to what is there.
    model.nodes.register_hook(lambda gradient: of_batches.append(gradient.clone()))
    trainer.train_epoch()
    assert len(of_batches) == trainer.batches.n_batches > 1
    assert torch.equal(model.nodes.grad, of_batches[-1])


def test_dropout_is_off_at_evaluation_unless_asked_for() -> None:
    model, _ = trained("ngcf", epochs=1)
    users = torch.arange(N_USERS)
    without = scorer_of(model).scores(users)
    model.config = model.config.model_copy(update={"dropout_at_evaluation": True})
    dropped = scorer_of(model).scores(users)
    assert not torch.equal(dropped, without)
    # A function of the parameters: what was validated is what is tested.
    assert torch.equal(dropped, scorer_of(model).scores(users))


@pytest.mark.parametrize(
    ("name", "more"),
    [*((name, {}) for name in EMBEDDING), ("ngcf", {"dropout_at_evaluation": True})],
)
def test_who_is_looked_at_on_the_way_trains_the_same(name: str, more: dict[str, bool]) -> None:
    (model, trainer), (looked_at, other) = trained(name, epochs=1), trained(name, epochs=1)
    for one in (model, looked_at):
        one.config = one.config.model_copy(update=more)
    for _ in range(3):
        trainer.train_epoch()
        scorer_of(looked_at).scores(torch.arange(N_USERS))
        other.train_epoch()
    for key, value in model.state_dict().items():
        assert torch.equal(value, looked_at.state_dict()[key]), key
