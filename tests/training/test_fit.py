"""The training loop: continuation bitwise, selection, patience, and losses that are no number."""

from contextlib import nullcontext

import pytest
import torch

from ecorec.data.sampling import PairSampler
from ecorec.errors import TrainingError
from ecorec.models.catalogue import MODELS
from ecorec.training.fit import fit, n_validations
from ecorec.training.seeding import Generators
from ecorec.training.selection import Selection
from ecorec.training.settings import TrainingSettings
from ecorec.training.trainer import Trainer
from tests.conftest import graph_of


def make(interactions, name: str = "lightgcn", **settings) -> Trainer:
    generators = Generators.from_seed(5)
    entry = MODELS[name]
    graph = graph_of(interactions, torch.float32)
    model = entry.build(entry.config(embedding_size=8), graph, generators.init)
    model.rng = generators.model
    sampler = PairSampler(interactions, 128, generators.batches)
    return Trainer(model, sampler, generators, TrainingSettings(**settings))


def run(trainer: Trainer, values=None) -> list:
    epochs = []
    script = iter(values or [])
    fit(trainer, lambda: next(script, 0.0), lambda _: nullcontext(), epochs.append)
    return epochs


@pytest.mark.parametrize("name", ["lightgcn", "simgcl", "ngcf", "lightgcl", "sgl", "xsimgcl"])
def test_interrupted_training_ends_bitwise_equal(blocks, name: str) -> None:
    whole = make(blocks, name, epochs=6)
    losses = [epoch.loss for epoch in run(whole)]
    first = make(blocks, name, epochs=6)
    for _ in range(3):
        first.train_epoch()
    second = make(blocks, name, epochs=6)
    second.restore({key: value.clone() for key, value in first.state().items()})
    assert [epoch.loss for epoch in run(second)] == losses[3:]
    for key, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[key])


def test_the_best_epoch_is_kept_and_ties_go_to_the_earlier(blocks) -> None:
    trainer = make(blocks, epochs=4, validate_every=1)
    run(trainer, [0.1, 0.3, 0.3, 0.2])
    assert (trainer.selection.epoch, trainer.selection.value) == (2, 0.3)
    assert not torch.equal(trainer.selection.parameters["nodes"], trainer.model.nodes)


def test_the_last_epoch_is_validated_whatever_the_interval(blocks) -> None:
    epochs = run(make(blocks, epochs=5, validate_every=2), [0.1, 0.2, 0.3])
    assert [epoch.epoch for epoch in epochs if epoch.validation is not None] == [2, 4, 5]


def test_validations_are_counted_as_they_are_made(blocks) -> None:
    for every in (1, 2, 3, 5, 7):
        epochs = run(make(blocks, epochs=5, validate_every=every), [0.1] * 5)
        assert sum(epoch.validation is not None for epoch in epochs) == n_validations(5, every)


def test_patience_counts_validations(blocks) -> None:
    trainer = make(blocks, epochs=50, validate_every=2, patience=3)
    run(trainer, [0.5, 0.4, 0.6, 0.1, 0.2, 0.3, 0.9])
    assert trainer.epoch == 12
    assert trainer.selection.epoch == 6


def test_the_last_epoch_can_be_kept_whatever_its_value(blocks) -> None:
    trainer = make(blocks, epochs=4, validate_every=1, patience=1, select="last")
    run(trainer, [0.9, 0.3, float("nan"), 0.2])
    assert (trainer.epoch, trainer.selection.epoch, trainer.selection.value) == (4, 4, 0.2)
    assert torch.equal(trainer.selection.parameters["nodes"], trainer.model.nodes)
    again = make(blocks, epochs=5, validate_every=1, select="last")
    again.restore({key: value.clone() for key, value in trainer.state().items()})
    run(again, [0.1])
    assert (again.selection.epoch, again.selection.value) == (5, 0.1)


def test_training_ends_when_it_is_told_to_and_says_whether_that_was_early(blocks) -> None:
    def stopped_at(epoch: int, **settings) -> tuple[int, bool]:
        trainer, values = make(blocks, validate_every=1, **settings), iter([0.5, 0.4, 0.3, 0.2])
        own_end = fit(
            trainer, lambda: next(values), lambda _: nullcontext(), lambda _: None,
            lambda result: result.epoch < epoch,
        )  # fmt: skip
        return trainer.epoch, own_end

    assert stopped_at(2, epochs=4) == (2, False)
    assert stopped_at(4, epochs=4) == (4, True)
    assert stopped_at(9, epochs=4) == (4, True)
    assert stopped_at(3, epochs=4, patience=2) == (3, True)


def test_views_are_drawn_anew_each_epoch_and_stay_within_it(blocks) -> None:
    trainer = make(blocks, "sgl", epochs=2)
    seen = []
    for _ in range(2):
        trainer.train_epoch()
        seen.append([layers[0].interactions().indices.tolist() for layers in trainer.model.views])
    assert len({tuple(view) for views in seen for view in views}) == 4


def test_rounded_validations_tie_and_the_later_epoch_is_kept(blocks) -> None:
    values = [0.2, 0.30004, 0.30001, 0.29996, 0.3, 0.29994, 0.1, 0.1]
    exact = make(blocks, epochs=8, validate_every=1, patience=3)
    run(exact, values)
    assert (exact.epoch, exact.selection.epoch) == (5, 2)
    # As RecBole does: four decimals, and what equals the best is the best.
    rounded = make(blocks, epochs=8, validate_every=1, patience=3, comparison="recbole")
    run(rounded, values)
    assert (rounded.epoch, rounded.selection.epoch) == (8, 5)
    assert not torch.equal(
        rounded.selection.parameters["nodes"], exact.selection.parameters["nodes"]
    )


def test_a_restored_training_goes_on_comparing_as_before(blocks) -> None:
    trainer = make(blocks, epochs=4, validate_every=1, comparison="recbole")
    run(trainer, [0.2, 0.3, 0.1, 0.1])
    again = make(blocks, epochs=4, validate_every=1, comparison="recbole")
    again.restore(trainer.state())
    again.epoch = 5
    again.observe(0.29996)
    assert again.selection.epoch == 5


def test_without_patience_training_goes_to_the_end(blocks) -> None:
    trainer = make(blocks, epochs=7, validate_every=1)
    run(trainer, [0.9, *[0.0] * 6])
    assert trainer.epoch == 7


def test_a_loss_that_is_no_number_stops_with_a_next_step(blocks) -> None:
    trainer = make(blocks, epochs=2, learning_rate=0.01)
    with torch.no_grad():
        trainer.model.nodes.fill_(float("nan"))
    with pytest.raises(TrainingError, match=r"loss became nan in epoch 1 at learning_rate = 0.01"):
        run(trainer)


def test_streams_do_not_overlap_and_come_back() -> None:
    a, b = Generators.from_seed(1), Generators.from_seed(1)
    a.batches.random(3)
    torch.rand(3, generator=a.model)
    b.restore(a.state())
    assert a.batches.random() == b.batches.random()
    assert torch.equal(torch.rand(2, generator=a.model), torch.rand(2, generator=b.model))
    fresh = Generators.from_seed(1)
    assert not torch.equal(
        torch.rand(4, generator=fresh.init), torch.rand(4, generator=fresh.model)
    )


def test_selection_ignores_a_value_that_is_no_number(blocks) -> None:
    selection = Selection()
    selection.observe(1, float("nan"), make(blocks).model)
    assert selection.epoch is None
