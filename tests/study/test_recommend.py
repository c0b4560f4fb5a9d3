"""A user's history beside what is recommended: the latest items, and how many there are in all."""

import re
from pathlib import Path

import numpy as np
import pytest

from ecorec.study.execute import run_study
from ecorec.study.recommend import SHOWN_HISTORY, recommend_to
from ecorec.study.stored import bring_back
from tests.cli.invoke import ecorec
from tests.study.test_study import small

pytestmark = pytest.mark.xdist_group("study")
N_ITEMS = 30


def csv(path: Path, *, times: bool) -> Path:
    """Write what 20 users did: each had every item, the first one in the file last of all."""
    rows = [
        f"u{user},i{item:02},5" + (f",{1_000_000 - item}" if times else "")
        for user in range(20)
        for item in range(N_ITEMS)
        if user == 0 or (user + item) % 3
    ]
    head = "user,item,rating" + (",timestamp" if times else "")
    path.write_text("\n".join([head, *rows]))
    return path


@pytest.mark.parametrize("times", [True, False])
def test_the_latest_items_are_shown_and_all_are_counted(tmp_path: Path, times: bool) -> None:
    asked = small(models=("popularity",), datasets=(str(csv(tmp_path / "d.csv", times=times)),))
    study = run_study(asked, tmp_path / "s")
    folder = tmp_path / "s" / "runs" / study.records[0].run_id
    stored = bring_back(folder)
    ids = stored.split.whole.item_ids
    user = int(np.flatnonzero(stored.split.whole.user_ids == "u0")[0])
    tested = {str(ids[item]) for item in stored.held_out.relevant.of(user)}
    by_time = [f"i{item:02}" for item in reversed(range(N_ITEMS)) if f"i{item:02}" not in tested]
    assert by_time[-1] == "i00"  # whose index is the lowest, if it is not held out

    found = recommend_to(folder, "u0", 3)
    assert (found.n_history, found.by_time) == (N_ITEMS - len(tested), times)
    out = ecorec("recommend", str(folder), "--user", "u0", "--k", "3").stdout
    shown = re.search(r"history \((.*)\): (.*)", out)
    assert shown is not None
    assert shown[2].split(", ") == found.history
    if times:
        assert found.history == by_time[-SHOWN_HISTORY:]
        assert shown[1] == f"last {SHOWN_HISTORY} of {found.n_history}"
    else:
        assert len(found.history) == SHOWN_HISTORY
        assert set(found.history) < set(by_time)
        assert shown[1] == f"{SHOWN_HISTORY} of {found.n_history}, whose times are not known"


def test_titles_stand_beside_the_ids_that_are_acted_on(tmp_path: Path) -> None:
    file = csv(tmp_path / "d.csv", times=True)
    head, *rows = file.read_text().splitlines()
    titled = [f'{row},"Film {row.split(",")[1][1:]}, part 2"' for row in rows]
    file.write_text("\n".join([f"{head},title", *titled]))
    study = run_study(small(models=("popularity",), datasets=(str(file),)), tmp_path / "s")
    folder = tmp_path / "s" / "runs" / study.records[0].run_id
    found = recommend_to(folder, "u3", 3)
    assert all(re.fullmatch(r"i\d\d", item) for item in found.history)
    _, history, *lines = ecorec(
        "recommend", str(folder), "--user", "u3", "--k", "3"
    ).stdout.splitlines()
    assert history == f"history ({found.n_history}):"
    shown, items = lines[: len(found.history)], lines[len(found.history) :]
    assert [line.strip() for line in shown] == [
        f"{item}  Film {item[1:]}, part 2" for item in found.history
    ]
    for rank, (line, (item, score, _)) in enumerate(zip(items, found.items, strict=True), start=1):
        number, outside, rest = line.split(maxsplit=2)
        assert (number, outside) == (str(rank), item)
        assert rest.startswith(f"Film {item[1:]}, part 2 ")
        assert f"{score:.4f}" in rest
