"""A stored study, analysed: benchmarks apart, the metric that was asked for, the front."""

from pathlib import Path

import pytest

from ecorec.analysis.study_analysis import analyse
from ecorec.analysis.study_metric import default_metric
from ecorec.errors import InputError, StudyError
from ecorec.study.record import RunRecord
from ecorec.study.store import read_study
from tests.analysis.records import Plan, Synthetic, quickstart, synthesise


def test_data_sets_are_compared_apart(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.2, 1.0, seeds=(None,)),
        Plan("simgcl", 64, 0.15, 9.0),
        Plan("itemknn", None, 0.1, 1.0, seeds=(None,), dataset="ml-100k"),
        Plan("simgcl", 64, 0.15, 9.0, dataset="ml-100k"),
    ]
    analysis = analyse(synthesise(plans).study(tmp_path / "study"))
    found = {b.title: b.verdict.findings.best.label for b in analysis.benchmarks}
    assert found == {"ml-100k": "simgcl d=64", "movietweetings": "itemknn"}


def test_front_and_exchange_rate(tmp_path: Path) -> None:
    plans = [
        Plan("popularity", None, 0.14, 1.0, seeds=(None,)),
        Plan("itemknn", None, 0.16, 3.0, seeds=(None,)),
        Plan("ngcf", 64, 0.15, 40.0),
        Plan("simgcl", 64, 0.18, 23.0),
    ]
    (found,) = analyse(synthesise(plans).study(tmp_path / "study")).benchmarks
    labels = [item.label for item in found.configurations]
    assert [labels[i] for i in found.front] == ["popularity", "itemknn", "simgcl d=64"]
    prices = {labels[i]: price for i, price in found.joules_per_quality.items()}
    assert prices == pytest.approx({"itemknn": 100.0, "simgcl d=64": 1000.0})


def test_another_machines_joules_stay_off_the_front(tmp_path: Path) -> None:
    plans = [
        Plan("itemknn", None, 0.16, 3.0, seeds=(None,)),
        Plan("ngcf", 64, 0.15, 40.0),
        Plan("simgcl", 64, 0.18, 0.1, machine="other"),
    ]
    (found,) = analyse(synthesise(plans).study(tmp_path / "study")).benchmarks
    assert found.machine_id == "machine-a"
    assert [found.configurations[i].label for i in found.front] == ["itemknn"]
    assert found.configurations[found.comparison.best].label == "simgcl d=64"


def test_written_and_read_again_it_says_the_same(tmp_path: Path) -> None:
    study = quickstart().study(tmp_path / "study")
    texts = [analyse(s).benchmarks[0].verdict.text for s in (study, read_study(study.path))]
    assert texts[0] == texts[1]


def test_metric_that_was_asked_for(tmp_path: Path) -> None:
    study = synthesise([Plan("simgcl", 64, 0.15), Plan("ngcf", 64, 0.14)]).study(tmp_path / "s")
    analysis = analyse(study, "recall@100")
    assert analysis.benchmarks[0].comparison.metric == "recall@100"


@pytest.mark.parametrize("metric", ["ndgc@10", "ndcg@20", "coverage@10"])
def test_metric_that_was_not_tested_per_user(tmp_path: Path, metric: str) -> None:
    study = synthesise([Plan("simgcl", 64)]).study(tmp_path / "s")
    with pytest.raises(InputError, match=f"no test metric of this study is called `{metric}`"):
        analyse(study, metric)


def test_study_that_selects_by_an_untested_cutoff_is_read_at_the_smallest() -> None:
    records = synthesise([Plan("simgcl", 64)]).records
    assert default_metric(records, "ndcg@10") == "ndcg@10"
    assert default_metric(records, "mrr@50") == "mrr@10"


def test_runs_of_several_topk_are_compared_by_what_all_were_tested_in(tmp_path: Path) -> None:
    made = synthesise([Plan("simgcl", 64), Plan("ngcf", 64)])
    first, second = made.records

    def only(record: RunRecord, k: int) -> RunRecord:
        kept = {name: value for name, value in record.metrics.items() if name.endswith(f"@{k}")}
        return record.model_copy(update={"metrics": kept})

    assert default_metric([only(first, 100), second], "ndcg@10") == "ndcg@100"
    apart = Synthetic([only(first, 100), only(second, 10)], made.frames)
    with pytest.raises(InputError, match="have no test metric in common") as error:
        analyse(apart.study(tmp_path / "s"))
    assert "with one --topk, in a new folder" in error.value.hint


def test_study_without_runs(tmp_path: Path) -> None:
    study = synthesise([Plan("simgcl", 64)]).study(tmp_path / "s")
    study.records.clear()
    with pytest.raises(StudyError, match="has no finished run yet"):
        analyse(study)
