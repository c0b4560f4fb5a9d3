"""A k-core over training interactions: who left is in no catalogue, no list and no count."""

from pathlib import Path

import numpy as np
import pytest

from ecorec.data.load import load_dataset
from ecorec.errors import InputError
from ecorec.study.checks import check_data
from ecorec.study.execute import run_study
from ecorec.study.index import index_run, open_index
from ecorec.study.plan import plan
from ecorec.study.recommend import recommend_to
from ecorec.study.settings import StudySettings
from ecorec.study.stored import bring_back

DATA = "synthetic:power-law?users=200&items=200&interactions=4000&exponent=0.6"
CORE = {"data.k_core": 5, "data.k_core_scope": "train"}


def study(**changes: object) -> StudySettings:
    values = {"datasets": [DATA], "models": ["popularity"], "topk": [5], "set": CORE}
    return StudySettings.parse(values | changes, "the study")


def test_a_run_is_recorded_and_deployed_with_those_who_are_left(tmp_path: Path) -> None:
    [record] = run_study(study(), tmp_path / "s").records
    folder = tmp_path / "s" / "runs" / record.run_id
    stored = bring_back(folder)
    whole, everybody = stored.split.whole, stored.dataset.interactions
    left = {*whole.user_ids.tolist()}
    assert (record.data.n_users, record.data.n_items) == (whole.n_users, whole.n_items)
    assert (stored.graph.n_users, stored.graph.n_items) == (whole.n_users, whole.n_items)
    parts = record.split.n_train, record.split.n_valid, record.split.n_test
    assert record.data.n_interactions == sum(parts)
    assert np.bincount(stored.split.train.items, minlength=whole.n_items).min() >= 5
    assert len(left) < everybody.n_users

    index, _ = index_run(folder, "lists")
    assert open_index(index).users.ids == whole.user_ids.tolist()
    assert open_index(index).items.ids == whole.item_ids.tolist()

    user = str(whole.user_ids[0])
    items = everybody.items[everybody.users == np.flatnonzero(everybody.user_ids == user)[0]]
    found = recommend_to(folder, user, whole.n_items)
    assert {item for item, _, _ in found.items} <= {*whole.item_ids.tolist()}
    assert {*found.history} <= {*everybody.item_ids[items].tolist()}
    with pytest.raises(InputError, match="no user is called"):
        recommend_to(folder, next(u for u in everybody.user_ids.tolist() if u not in left), 5)


def test_lists_are_as_long_at_most_as_the_catalogue_that_is_left() -> None:
    jobs = plan(study(), 1)
    [counted] = check_data(jobs, None).datasets
    n_items = counted.interactions.n_items
    assert n_items < load_dataset(DATA).interactions.n_items
    check_data(plan(study(topk=[n_items]), 1), None)
    with pytest.raises(InputError, match=f"larger than the catalogue of {n_items} items"):
        check_data(plan(study(topk=[n_items + 1]), 1), None)
