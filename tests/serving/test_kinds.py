"""Each kind of index on cases with a known answer."""

import numpy as np
import pytest
import torch

from ecorec.errors import InputError
from ecorec.evaluation.item_lists import ItemLists
from ecorec.evaluation.scorer import EmbeddingScorer
from ecorec.models.served import Vectors
from ecorec.serving.approximate import ApproximateIndex
from ecorec.serving.batching import Job, answer
from ecorec.serving.build import build_index
from ecorec.serving.index import Index, Kind, Seen
from ecorec.serving.recall import measure_recall, recall_at
from ecorec.serving.recommender import Recommender
from ecorec.serving.tables import Table
from tests.serving.conftest import Trained

pytestmark = pytest.mark.xdist_group("serving")


def seen_of(pairs: list[tuple[int, int]], n_users: int) -> Seen:
    users, items = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Seen(ItemLists.from_pairs(users.copy(), items.copy(), n_users), 3)


def indexed(kind: Kind, users: torch.Tensor, items: torch.Tensor, pairs=()) -> Index:
    seen = seen_of(list(pairs), users.shape[0])
    scorer = EmbeddingScorer(users, items)
    return build_index(kind, "bpr-mf", Vectors(users, items), scorer, seen, items.shape[0], 3)


def test_int8_by_hand() -> None:
    # Scale 1/127 a row: .003 * 127 = .38 is 0, .006 * 127 = .76 is 1, which stands for 1/127.
    items = torch.tensor([[1.0, 0.0], [1.0, 0.003], [1.0, 0.006], [-2.0, 1.0], [0.0, 0.0]])
    table = Table.of(items, "int8")
    np.testing.assert_array_equal(
        table.values, [[127, 0], [127, 0], [127, 1], [-127, 64], [0, 0]]
    )  # fmt: skip
    users = torch.tensor([[0.0, 1.0]])
    index = indexed("int8", users, items)
    found, scores = index.top(np.array([0]), 2)
    np.testing.assert_array_equal(found, [[3, 2]])
    np.testing.assert_allclose(scores, [[64 * 2 / 127, 1 / 127]], rtol=1e-6)
    # Exact: 3, 2, 1. Quantised, items 0, 1 and 4 tie at zero for the third place.
    exact, _ = indexed("exact", users, items).top(np.array([0]), 3)
    np.testing.assert_array_equal(exact, [[3, 2, 1]])


def test_int8_is_off_by_half_a_scale_at_most() -> None:
    vectors = torch.randn(200, 33, generator=torch.Generator().manual_seed(1))
    table = Table.of(vectors, "int8")
    off = (table.tile(0, 200) - vectors).abs()
    bound = vectors.abs().amax(dim=1, keepdim=True) / 127 / 2
    assert (off <= bound * (1 + 1e-5)).all()
    assert (off.amax(dim=1, keepdim=True) > bound / 2).all()


def test_float16_is_off_by_half_a_unit_in_the_last_place() -> None:
    vectors = torch.randn(200, 33, generator=torch.Generator().manual_seed(1))
    off = (Table.of(vectors, "float16").tile(0, 200) - vectors).abs()
    assert (off <= vectors.abs() * 2**-11 + 2**-25).all()
    assert off.max() > 0


def test_sizes_by_hand() -> None:
    users, items = torch.randn(10, 8), torch.randn(20, 8)
    seen_bytes = 11 * 8
    assert indexed("exact", users, items).size_bytes == 30 * 8 * 4 + seen_bytes
    assert indexed("float16", users, items).size_bytes == 30 * 8 * 2 + seen_bytes
    assert indexed("int8", users, items).size_bytes == 30 * (8 + 4) + seen_bytes


def test_recall_by_hand() -> None:
    exact = np.array([[1, 2], [3, -1], [-1, -1]], dtype=np.int32)
    found = np.array([[2, 9], [3, 4], [5, 6]], dtype=np.int32)
    # One of two, one of one, and a user to whom nothing can be recommended.
    assert recall_at(found, exact) == pytest.approx(0.75)
    assert recall_at(exact, exact) == 1.0


def test_approximate_finds_nearly_all_and_nothing_that_was_seen() -> None:
    rng = torch.Generator().manual_seed(2)
    users, items = (torch.randn(n, 16, generator=rng) for n in (100, 4000))
    users = users * 3
    plain = indexed("exact", users, items)
    # The first user has seen their first 300 items, more than is asked for at first.
    best, _ = plain.top(np.array([0]), 300)
    pairs = [(0, int(item)) for item in best[0]]
    exact = indexed("exact", users, items, pairs)
    index = indexed("approximate", users, items, pairs)
    assert isinstance(index, ApproximateIndex)
    everyone = np.arange(100)
    lists, _ = exact.top(everyone, 10)
    measured = measure_recall(index, lists, everyone)
    assert measured.recall > 0.95
    found, _ = index.top(np.array([0]), 10)
    assert not np.isin(found, best).any()
    assert (found >= 0).all()
    assert recall_at(found, lists[:1]) >= 0.9


def test_a_list_of_the_approximate_index_is_the_same_whoever_else_asks() -> None:
    rng = torch.Generator().manual_seed(4)
    users, items = (torch.randn(n, 32, generator=rng) for n in (60, 5000))
    index = indexed("approximate", users, items)
    recommender = object.__new__(Recommender)  # of which a block of jobs reads the index only
    recommender.index = index
    jobs = [Job(recommender, "top", [user], 10) for user in range(50)]
    alone = [answer([job])[0][0] for job in jobs]
    together = answer([*jobs, Job(recommender, "top", [50], 1000)])
    for own, found in zip(alone, together, strict=False):
        np.testing.assert_array_equal(own, found[0])
    # A longer search finds other items first: the beginning of a long list is another one.
    longer = index.top(np.arange(50), 1000)[0][:, :10]
    assert (longer != np.concatenate(alone)).any()


def test_approximate_answers_a_catalogue_that_was_nearly_seen() -> None:
    users, items = torch.ones(1, 4), torch.rand(50, 4)
    index = indexed("approximate", users, items, [(0, item) for item in range(48)])
    found, _ = index.top(np.array([0]), 5)
    assert sorted(found[0, :2].tolist()) == [48, 49]
    assert (found[0, 2:] == -1).all()


def test_similar_items_by_hand() -> None:
    items = torch.tensor([[2.0, 0.0], [0.5, 0.1], [0.0, 1.0], [-1.0, 0.0], [0.0, 0.0]])
    found, scores = indexed("exact", torch.ones(1, 2), items).similar(np.array([0]), 3)
    assert found[0, 0] == 1
    assert scores[0, 0] == pytest.approx(0.5 / np.hypot(0.5, 0.1))
    assert set(found[0, 1:].tolist()) == {2, 4}
    assert 0 not in found


def test_lists_hold_what_was_made_and_refuse_the_rest(runs: dict[str, Trained]) -> None:
    run = runs["bpr-mf"]
    index = run.index("lists", list_length=7)
    found, _ = index.top(run.everyone, 7)
    np.testing.assert_array_equal(found, run.offline(7))
    with pytest.raises(InputError, match="k = 8 is more than the 7 items of the stored lists"):
        index.top(run.everyone[:1], 8)
    with pytest.raises(InputError, match="nothing of users by their history"):
        index.fold_in([np.array([1])], 3)
    with pytest.raises(InputError, match="nothing of similar items"):
        index.similar(np.array([1]), 3)


def test_a_kind_that_does_not_fit_the_model_is_refused(runs: dict[str, Trained]) -> None:
    with pytest.raises(InputError, match="`itemknn` scores by weights between items") as caught:
        runs["itemknn"].index("int8")
    assert "--kind sparse" in caught.value.hint
    with pytest.raises(InputError, match="`lightgcn` scores by vectors: it has no index of kind"):
        runs["lightgcn"].index("sparse")
