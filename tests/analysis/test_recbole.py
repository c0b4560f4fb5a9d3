"""RecBole's logs are read as RecBole 1.2.1 wrote them, and held against what is alike only."""

import math
from pathlib import Path

import pytest

from ecorec.analysis.elsewhere.foreign_quality import hold
from ecorec.analysis.elsewhere.recbole_log import RecBoleRun, read_recbole
from ecorec.analysis.study_analysis import analyse
from ecorec.errors import InputError
from tests.analysis.records import Plan, synthesise
from tests.cli.invoke import ecorec

LOGS = Path(__file__).parent / "recbole"
GCN = Plan("lightgcn", 32, 0.12)


def changed(path: Path, *changes: tuple[str, str]) -> Path:
    text = (LOGS / "LightGCN.log").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = path / "changed.log"
    file.write_text(text)
    return file


def held(path: Path, run: RecBoleRun, plans: tuple[Plan, ...] = (GCN,), n_users: int = 2059):
    study = synthesise([*plans], n_users=n_users).study(path / "study")
    (found,) = hold([run], analyse(study))
    return found


def test_a_real_log_is_read_whole() -> None:
    run = read_recbole(LOGS / "LightGCN.log")
    # Without the padding that RecBole counts: 2,060 and 1,100 stand in the log.
    assert (run.n_users, run.n_items, run.n_interactions) == (2059, 1099, 44613)
    assert (run.model, run.dataset, run.epochs) == ("LightGCN", "movietweetings", 3)
    assert run.train_s == pytest.approx(0.30 + 0.29 + 0.42)
    assert run.test["ndcg@10"] == 0.1183
    assert run.validation["precision@100"] == 0.009
    assert len(run.test) == 10
    assert run.value_of("learning_rate") == 0.001
    assert run.value_of("eval_args")["split"] == {"RS": [0.8, 0.1, 0.1]}
    assert run.value_of("device") == "cpu"
    assert run.value_of("nothing") is None


def test_colours_of_a_terminal_and_other_numbers_are_no_obstacle(tmp_path: Path) -> None:
    plain = read_recbole(LOGS / "LightGCN.log")
    log = changed(
        tmp_path,
        ("test result", "\x1b[1;33mtest result\x1b[0m"),
        ("eval_args = ", "\x1b[1;36meval_args\x1b[0m =\x1b[1;33m "),
        ("('ndcg@10', 0.1183)", "('ndcg@10', np.float64(0.1183))"),
        ("('precision@100', 0.0088)", "('precision@100', 8.8e-03)"),
    )
    coloured = read_recbole(log)
    assert coloured.test == plain.test
    assert coloured.settings == plain.settings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("test result", "no result"), "has no lines `test result`: its run did not come to"),
        (("best valid ", "test result"), "has 2 lines `test result`: of several runs"),
        (("eval_args = ", "other = "), "is no log of RecBole: it has no `eval_args`"),
        (("number of items", "sum of items"), "it has no number of users and items"),
    ],
)
def test_what_is_no_log_of_one_run(tmp_path: Path, change, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_recbole(changed(tmp_path, change))
    assert message in error.value.message


def test_alike_is_held_against_the_same_model_and_size(tmp_path: Path) -> None:
    plans = (Plan("simgcl", 32, 0.18), Plan("lightgcn", 64, 0.13), GCN)
    found = held(tmp_path, read_recbole(LOGS / "LightGCN.log"), plans)
    assert (found.refused, found.ours.label) == ("", "lightgcn d=32")
    assert found.value - found.ours.quality("ndcg@10") == pytest.approx(0.1183 - 0.12)
    assert found.differs == ("epochs 3 and 30",)
    study = analyse(synthesise([*plans], n_users=2059).study(tmp_path / "again"))
    benchmark = study.benchmarks[0]
    at = [c.label for c in benchmark.configurations].index("lightgcn d=32")
    assert found.margin == pytest.approx(math.sqrt(2) * benchmark.half_interval(at))


def test_without_the_model_it_is_held_against_the_best(tmp_path: Path) -> None:
    plans = (Plan("ngcf", 32, 0.11), Plan("simgcl", 64, 0.18))
    found = held(tmp_path, read_recbole(LOGS / "LightGCN.log"), plans)
    assert found.ours.label == "simgcl d=64"
    assert found.differs == ("model LightGCN and simgcl",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("inters: 44613", "inters: 44612"), "other data: 2,059 users, 1,099 items, 44,612"),
        (("'test': 'full'", "'test': 'uni100'"), "its test ranks by mode uni100, not among all"),
        (("repeatable = False", "repeatable = True"), "it ranks items that users know"),
        (("'group_by': 'user'", "'group_by': None"), "its split is random over all interactions"),
        (("'order': 'RO'", "'order': 'TO'"), "its split is ratio 80/10/10 per user, time order"),
        (("[0.8, 0.1, 0.1]", "[8, 1, 3]"), "its split is ratio 66.6667/8.3333/25 per user"),
        (("[0.8, 0.1, 0.1]", "[0.8, 0.2]"), "has no training, validation and test"),
        (("{'RS': [0.8, 0.1, 0.1]}", "{'LS': 'valid_and_test'}"), "as `valid_and_test` in order "
         "RO, by time is wanted"),
        (("benchmark_filename = None", "benchmark_filename = ['a', 'b', 'c']"), "its split came "
         "from files"),
        (("ndcg@10", "ndcg@20"), "the log has no test ndcg@10 (it has recall@10"),
    ],
)  # fmt: skip
def test_what_is_not_alike_is_refused_by_name(tmp_path: Path, change, reason: str) -> None:
    found = held(tmp_path, read_recbole(changed(tmp_path, change)))
    assert reason in found.refused
    assert (found.ours, found.margin) == (None, None)


def test_leave_one_out_by_time_is_alike(tmp_path: Path) -> None:
    plan = Plan("bpr-mf", 16, 0.01, settings={"split": {"protocol": "leave-one-out"}})
    run = read_recbole(LOGS / "BPR.log")
    assert held(tmp_path / "a", run, (plan,)).refused == ""
    assert held(tmp_path / "b", run).refused == (
        "its split is leave-one-out; the study's ratio 80/10/10 per user, random order"
    )


def test_shares_are_those_of_recbole_whatever_their_scale(tmp_path: Path) -> None:
    run = read_recbole(changed(tmp_path, ("[0.8, 0.1, 0.1]", "[8, 1, 1]")))
    assert held(tmp_path, run).refused == ""


def test_as_it_is_typed(tmp_path: Path) -> None:
    study = synthesise([GCN], n_users=2059).study(tmp_path / "a")
    found = ecorec(
        "compare", str(study.path), *(str(LOGS / f"{n}.log") for n in ("LightGCN", "BPR"))
    )
    assert (found.returncode, found.stderr) == (0, "")
    rows = {line.split()[0]: " ".join(line.split()) for line in found.stdout.splitlines() if line}
    text = " ".join(found.stdout.split())
    assert "LightGCN d=32 .1183 foreign .1200 -0.0017 ±.0" in text
    assert text.count(" absent ") >= 2
    assert "neither energy nor time is compared" in text
    assert "Nothing is ranked" in text
    assert "BPR.log, 3 epochs trained: refused, its split is leave-one-out" in text
    assert rows["A:"].startswith(f"A: {study.path}")
    alone = ecorec("compare", str(LOGS / "BPR.log"), str(LOGS / "LightGCN.log"))
    assert alone.returncode == 2
    assert "there is nothing to hold it against" in alone.stderr
