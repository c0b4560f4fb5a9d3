"""Users who have every item: in the way only of losses that hold a pair against a negative."""

import pytest
import torch

from ecorec.errors import DataError
from ecorec.study.plan import plan
from ecorec.study.prepare import build_trainer
from ecorec.study.settings import StudySettings
from tests.conftest import graph_of, interactions_of

TRAIN = interactions_of([(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 2), (2, 3)], 3, 4)


def trainer_of(model: str, **settings: object):
    stated = {"datasets": ["synthetic:block"], "models": [model], "embedding_sizes": [4]}
    asked = StudySettings.parse(stated | {"set": settings}, "the study")
    return build_trainer(plan(asked, 1)[0].longest, graph_of(TRAIN, torch.float32), TRAIN)


NEEDLESS = [("directau", {}), ("bpr-mf", {"ranking_loss": "in-batch-softmax"}),
            ("lightgcn", {"ranking_loss": "in-batch-softmax"})]  # fmt: skip


@pytest.mark.parametrize(("model", "settings"), NEEDLESS)
def test_losses_without_negatives_train_on_them(model: str, settings: dict[str, object]) -> None:
    trainer = trainer_of(model, **{f"{model}.{key}": value for key, value in settings.items()})
    before = trainer.model.nodes.detach().clone()
    trainer.train_epoch()
    assert (trainer.model.nodes != before).any()


@pytest.mark.parametrize(("model", "settings"), NEEDLESS)
def test_negatives_are_drawn_as_asked_only_where_a_loss_reads_them(
    model: str, settings: dict[str, object]
) -> None:
    own = {f"{model}.{key}": value for key, value in settings.items()}
    plain = trainer_of(model, **own)
    asked = trainer_of(model, **own, sampler="popularity", n_negatives=3)
    n_negatives = 1 if model == "directau" else 3
    for _ in range(3):
        batches = [[*trainer.batches.epoch()] for trainer in (plain, asked)]
        for one, other in zip(*batches, strict=True):
            assert other.negatives.numel() == n_negatives * one.negatives.numel()
            # The order of the second epoch depends on what the first one drew.
            assert model != "directau" or torch.equal(one.users, other.users)
    if model == "directau":
        assert plain.train_epoch() == asked.train_epoch()
        assert torch.equal(plain.model.nodes, asked.model.nodes)


@pytest.mark.parametrize("model", ["bpr-mf", "lightgcn", "ultragcn"])
def test_losses_with_negatives_refuse_them(model: str) -> None:
    with pytest.raises(DataError, match="1 users have interacted with all 4 items, `u0` first"):
        trainer_of(model)
