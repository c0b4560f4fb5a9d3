"""What is served is what was evaluated: the lists of every user, whoever else asks."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch

from ecorec.evaluation import ranking
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.ranking import rank
from ecorec.evaluation.scorer import EmbeddingScorer, Scorer
from ecorec.models.served import Vectors
from ecorec.serving import exact
from ecorec.serving.build import build_index
from ecorec.serving.index import Seen, nothing_for
from ecorec.study.execute import run_study
from ecorec.study.index import index_run, open_index
from ecorec.study.settings import StudySettings
from ecorec.study.stored import bring_back
from tests.serving.conftest import MODELS, Trained

pytestmark = pytest.mark.xdist_group("serving")
K = 20


@pytest.mark.parametrize("model", MODELS)
def test_every_user_is_served_the_offline_list(runs: dict[str, Trained], model: str) -> None:
    run = runs[model]
    found, scores = run.index().top(run.everyone, K)
    np.testing.assert_array_equal(found, run.offline(K))
    assert (np.diff(scores, axis=1) <= 0).all()
    offline = run.stored.scorer.scores(torch.from_numpy(run.everyone)).detach().numpy()
    np.testing.assert_array_equal(scores, np.take_along_axis(offline, found.astype(int), axis=1))


@pytest.mark.parametrize("model", ["bpr-mf", "lightgcn", "popularity"])
def test_the_shorter_way_for_one_user_gives_the_same_list(
    runs: dict[str, Trained], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs[model]
    index, expected = run.index(), run.offline(K)
    monkeypatch.setattr(exact, "LARGE", 0)
    for user in run.everyone[::7]:
        found, _ = index.top(np.array([user]), K)
        np.testing.assert_array_equal(found[0], expected[user])


def test_the_shorter_way_is_taken_and_scores_few_items(
    runs: dict[str, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = runs["lightgcn"].index()
    monkeypatch.setattr(exact, "LARGE", 0)
    sizes = []
    whole = index.best_of
    monkeypatch.setattr(index, "best_of", lambda *args: sizes.append(args[2].size) or whole(*args))
    for user in range(50):
        index.top(np.array([user]), K)
    # A bound that is wrong by a factor of a thousand would score most of the 1,099 items.
    assert len(sizes) == 50
    assert max(sizes) < 2 * K


@dataclass
class Counting:
    """A scorer that knows whom it has scored."""

    scorer: Scorer
    scored: list[int] = field(default_factory=list)

    def scores(self, users: torch.Tensor) -> torch.Tensor:
        self.scored += users.tolist()
        return self.scorer.scores(users)


@pytest.mark.parametrize("block", [ranking.SCORES_PER_BLOCK, 1])
def test_stored_lists_are_the_offline_ones_for_one_scoring_of_each_user(
    runs: dict[str, Trained], block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "SCORES_PER_BLOCK", block)
    run = runs["lightgcn"]
    scorer = Counting(run.stored.scorer)
    index = build_index("lists", "lightgcn", None, scorer, run.seen, run.n_items, K)
    assert scorer.scored == run.everyone.tolist()
    cpu, nothing = torch.device("cpu"), nothing_for(run.everyone.size)
    for lists, exclude_seen in ((run.seen.lists, True), (nothing, False)):
        expected = rank(
            run.stored.scorer, run.everyone, lists, run.n_items, K, run.seen.tie_seed, cpu
        )
        found, scores = index.top(run.everyone, K, exclude_seen=exclude_seen)
        np.testing.assert_array_equal(found, expected)
        # Users that are scored together are the same as in the ranking, and so are the scores.
        blocks = ranking.score_blocks(run.stored.scorer, run.everyone, run.n_items, cpu)
        whole = np.concatenate([part for _, part in blocks])
        np.testing.assert_array_equal(
            scores, np.take_along_axis(whole, expected.astype(np.int64), axis=1)
        )


@pytest.mark.parametrize("width", [7, 64, 256, 400])
def test_wide_vectors_equal_the_offline_ranking_too(width: int) -> None:
    # Beyond a few hundred numbers a library adds a product up in parts.
    rng = torch.Generator().manual_seed(width)
    users, items = (torch.randn(n, width, generator=rng) for n in (300, 2500))
    scorer = EmbeddingScorer(users, items)
    nothing = ItemLists.from_pairs(*np.zeros((2, 0), dtype=np.int64), 300)
    offline = rank(scorer, np.arange(300), nothing, 2500, K, 5, torch.device("cpu"))
    parts, seen = Vectors(users, items), Seen(nothing, 5)
    index = build_index("exact", "bpr-mf", parts, scorer, seen, 2500)
    found, _ = index.top(np.arange(300), K)
    np.testing.assert_array_equal(found, offline)


CASES = [
    ("lightgcn", "exact"), ("lightgcn", "float16"), ("lightgcn", "int8"),
    ("lightgcn", "approximate"), ("lightgcn", "lists"), ("itemknn", "sparse"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "kind"), CASES)
def test_an_answer_does_not_depend_on_who_else_asks(
    runs: dict[str, Trained], model: str, kind: str
) -> None:
    run = runs[model]
    index, users = run.index(kind), run.everyone[:130]
    together = index.top(users, K)
    for order in (users[::-1], np.roll(users, 5)):
        found = index.top(np.ascontiguousarray(order), K)
        for part, whole in zip(found, together, strict=True):
            np.testing.assert_array_equal(part, whole[order])
    for size in (1, 3, 8, 64):
        for part, whole in zip(index.top(users[40 : 40 + size], K), together, strict=True):
            np.testing.assert_array_equal(part, whole[40 : 40 + size])


@pytest.mark.parametrize(("model", "kind"), CASES)
def test_nothing_that_was_seen_unless_asked_for(
    runs: dict[str, Trained], model: str, kind: str
) -> None:
    run = runs[model]
    index, lists = run.index(kind), run.stored.held_out.seen
    without, _ = index.top(run.everyone, K)
    every, _ = index.top(run.everyone, K, exclude_seen=False)
    seen_again = 0
    for user in run.everyone:
        assert not np.isin(without[user], lists.of(int(user))).any()
        seen_again += np.isin(every[user], lists.of(int(user))).sum()
    # What users have is what models score highest.
    assert seen_again > run.everyone.size


def test_a_catalogue_that_is_exhausted_ends_the_list(runs: dict[str, Trained]) -> None:
    run = runs["lightgcn"]
    found, scores = run.index().top(run.everyone[:3], run.n_items)
    for user in range(3):
        left = run.n_items - run.stored.held_out.seen.of(user).size
        assert (found[user, :left] >= 0).all()
        assert (found[user, left:] == -1).all()
        assert np.isneginf(scores[user, left:]).all()


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["movietweetings", "online-retail"])
def test_every_user_of_the_whole_bundled_data(dataset: str, tmp_path: Path) -> None:
    settings = StudySettings(
        models=("itemknn", "bpr-mf"), datasets=(dataset,), embedding_sizes=(64,), epochs=(1,),
        threads=1,
    )  # fmt: skip
    for record in run_study(settings, tmp_path).records:
        folder = tmp_path / "runs" / record.run_id
        run = Trained(folder, bring_back(folder))
        stored = open_index(index_run(folder)[0])
        found, _ = stored.index.top(run.everyone, 10)
        np.testing.assert_array_equal(found, run.offline(10))
        for user in run.everyone[::50]:
            alone, _ = stored.index.top(np.array([user]), 10)
            np.testing.assert_array_equal(alone[0], found[user])
