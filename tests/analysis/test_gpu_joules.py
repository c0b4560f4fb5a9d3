"""Joules without those of the GPU: said, and never the cheapest beside those of a CPU."""

from pathlib import Path

import pytest

from ecorec.analysis.decision.trade_off import prices_of, trade_off
from ecorec.analysis.deployed.deployment import deployed
from ecorec.analysis.elsewhere.across import across
from ecorec.analysis.elsewhere.comparable import why_not
from ecorec.analysis.energy_to_quality import energy_to_quality
from ecorec.analysis.spent import CURRENCIES
from ecorec.analysis.study_analysis import StudyAnalysis, analyse
from ecorec.errors import InputError
from ecorec.report.limits import limits
from ecorec.report.reached import reached_table
from ecorec.study.record import RunRecord
from tests.analysis.records import Plan, Synthetic, synthesise
from tests.analysis.serving_records import store
from tests.energy.test_reading import GPU, PACKAGE

SIMGCL = Plan("simgcl", 64, 0.18, 7.0)
LIGHTGCN = Plan("lightgcn", 64, 0.17, 20.0)


def on_gpu(record: RunRecord, *, counter: bool = True, package: bool = False) -> RunRecord:
    """Return a run as one of a GPU, of which the process's joules are a part."""
    beside = (GPU,) * counter + (PACKAGE,) * package
    total = record.total.model_copy(update={"components": (*record.total.components, *beside)})
    return record.model_copy(update={"device": "cuda", "total": total})


def study(made: Synthetic, path: Path, **parts: bool):
    """Write a study whose SimGCL ran on a GPU."""
    records = [on_gpu(r, **parts) if r.model == "simgcl" else r for r in made.records]
    return Synthetic(records, made.frames).study(path)


def analysed(path: Path, *plans: Plan, **parts: bool) -> StudyAnalysis:
    return analyse(study(synthesise([*plans]), path, **parts))


def test_a_gpu_run_is_not_the_cheapest_by_what_was_not_read(tmp_path: Path) -> None:
    analysis = analysed(tmp_path / "s", SIMGCL, LIGHTGCN)
    (benchmark,) = analysis.benchmarks
    labels = [item.label for item in benchmark.configurations]
    gpu = labels.index("simgcl d=64")
    assert benchmark.configurations[gpu].energy is None
    assert [labels[i] for i in benchmark.front] == ["lightgcn d=64"]
    assert benchmark.energies.ratios == {}
    assert (
        "energy of 1 configuration read without that of its GPU left out" in benchmark.verdict.text
    )
    assert "its energy was read without that of its GPU, so none" in benchmark.verdict.text
    found = trade_off(benchmark, CURRENCIES["energy"], prices_of(analysis))
    assert found.left_out == ("simgcl d=64",)
    ways = energy_to_quality(benchmark.configurations, 0.1)
    assert [way.energy_j is None for way in ways] == [i == gpu for i in range(2)]
    assert "absent: the GPU's energy was not read with it" in reached_table(ways, 0.1)


def test_the_best_beside_an_equal_of_the_cpu_has_no_saving(tmp_path: Path) -> None:
    equal = Plan("lightgcn", 64, 0.1799, 20.0)
    (benchmark,) = analysed(tmp_path / "s", SIMGCL, equal).benchmarks
    assert benchmark.verdict.findings.saving is None
    assert (
        "because the energy of the best was read without that of its GPU" in benchmark.verdict.text
    )


@pytest.mark.parametrize("counter", [True, False])
def test_the_limit_is_stated(tmp_path: Path, counter: bool) -> None:
    analysis = analysed(tmp_path / "s", SIMGCL, LIGHTGCN, counter=counter)
    (said,) = [text for text in limits(analysis) if "GPU" in text]
    assert said.startswith("1 of 2 runs computed on a GPU whose energy is not in their joules")
    assert said.endswith("left out where energy is compared with that of a CPU.")


def test_runs_of_gpus_alone_are_ranked_and_said_to_be_a_part(tmp_path: Path) -> None:
    analysis = analysed(tmp_path / "s", SIMGCL, Plan("simgcl", 32, 0.17, 3.0))
    assert [item.energy.mean_j for item in analysis.benchmarks[0].configurations] == [3.0, 7.0]
    (said,) = [text for text in limits(analysis) if "GPU" in text]
    assert said.endswith("they drew more than is shown.")


def test_joules_of_the_whole_machine_compare(tmp_path: Path) -> None:
    analysis = analysed(tmp_path / "s", SIMGCL, LIGHTGCN, package=True)
    assert not any("GPU" in text for text in limits(analysis))
    simgcl = next(c for c in analysis.benchmarks[0].configurations if c.model == "simgcl")
    assert simgcl.energy.mean_j == 300.0


def test_studies_are_refused_by_name(tmp_path: Path) -> None:
    (on_cpu,) = synthesise([SIMGCL]).records
    reason = "runs on cpu and cuda, and the GPU's energy is not in the joules"
    assert why_not([on_cpu], [on_gpu(on_cpu)]) == reason
    assert why_not([on_gpu(on_cpu)], [on_gpu(on_cpu)]) == (
        "runs on cuda, and the GPU's energy is not in the joules"
    )
    assert why_not([on_cpu], [on_cpu]) == ""
    first = synthesise([SIMGCL]).study(tmp_path / "a")
    second = study(synthesise([SIMGCL]), tmp_path / "b")
    (pair,) = across(first, second).benchmarks[0].pairs
    assert (pair.energy, pair.refused) == (None, reason)


def test_what_serving_pays_back_is_not_counted_from_a_part(tmp_path: Path) -> None:
    stored = study(synthesise([SIMGCL]), tmp_path / "s")
    store(stored.path, stored.records[0])
    with pytest.raises(InputError, match="was trained on a GPU whose energy is not in its joules"):
        deployed(stored.path / "runs" / stored.records[0].run_id)
