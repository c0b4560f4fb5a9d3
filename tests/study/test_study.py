"""Studies end to end on small synthetic data: resume, extend, repeat, interrupt, refuse."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecorec.analysis.configurations import configurations
from ecorec.analysis.drivers.complexity import roof_share
from ecorec.analysis.study_analysis import analyse
from ecorec.data.load import load_dataset
from ecorec.errors import InputError, StudyError
from ecorec.evaluation.evaluate import evaluate
from ecorec.study import checkpoint
from ecorec.study.execute import run_study
from ecorec.study.listener import Silent
from ecorec.study.outlook import forecast_study
from ecorec.study.plan import plan
from ecorec.study.prepare import build_graph, build_model, build_split, validation_set
from ecorec.study.recommend import recommend_to
from ecorec.study.run_settings import MeasurementSettings, RunSettings
from ecorec.study.settings import StudySettings
from ecorec.study.store import read_study

DATA = "synthetic:block?users=120&items=80&per_user=15"
pytestmark = pytest.mark.xdist_group("study")


def small(**changes) -> StudySettings:
    values = {
        "models": ("itemknn", "lightgcn"),
        "datasets": (DATA,),
        "embedding_sizes": (8,),
        "epochs": (4,),
        "topk": (5, 10),
        "set": {"validate_every": 2, "learning_rate": 0.02, "batch_size": 256},
    }
    return StudySettings(**(values | changes))


class Counting(Silent):
    """Counts the trainings that were really run."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def job_started(self, job) -> None:
        self.labels.append(job.label)


def run(out: Path, **changes):
    counting = Counting()
    study = run_study(small(**changes), out, listener=counting)
    return study, counting.labels


def quality(study) -> dict[str, dict[str, float]]:
    return {record.run_id: record.metrics for record in study.records}


def test_records_hold_what_they_promise(tmp_path: Path) -> None:
    study, labels = run(tmp_path / "s")
    assert labels == ["itemknn", "lightgcn d=8 seed 1"]
    record = next(record for record in study.records if record.model == "lightgcn")
    assert [phase.name for phase in record.phases] == [
        "load", "split", "graph", "init", "train", "validate", "test", "checkpoint",
    ]  # fmt: skip
    booked = sum(phase.energy_j for phase in record.phases)
    assert booked <= record.total.energy_j
    # What type checks under test draw between the phases is unbooked; a phase that is not
    # booked at all would be seen, the smallest of the three large ones included.
    large = [phase.energy_j for phase in record.phases if phase.name in ("load", "train")]
    assert record.total.energy_j - booked < max(large)
    assert [epoch.epoch for epoch in record.epochs] == [1, 2, 3, 4]
    assert [epoch.validation is not None for epoch in record.epochs] == [False, True, False, True]
    assert sum(e.train_j for e in record.epochs) == pytest.approx(
        next(p for p in record.phases if p.name == "train").energy_j
    )
    folder = tmp_path / "s" / "runs" / record.run_id
    frame = pl.read_parquet(folder / "per_user.parquet")
    assert frame["ndcg@5"].mean() == pytest.approx(record.metrics["ndcg@5"])
    assert len(frame) == record.n_eval_users
    assert (folder / "emissions.csv").exists()
    assert record.machine.watts_method in ("modelled", "assumed")
    assert not list((tmp_path / "s" / "runs").glob(".unfinished*"))


def test_what_is_fitted_in_closed_form_is_validated_once(tmp_path: Path) -> None:
    study, _ = run(tmp_path / "s")
    itemknn, lightgcn = sorted(study.records, key=lambda record: record.model)
    assert "validate" in [phase.name for phase in itemknn.phases]
    assert lightgcn.validation == {}
    asked = RunSettings.model_validate(itemknn.settings)
    split = build_split(load_dataset(asked.dataset, asked.data), asked)
    graph = build_graph(split, asked, MeasurementSettings(
        threads=1, device="cpu", kernel=None, repeat=1))  # fmt: skip
    model = build_model(asked, graph, torch.Generator())
    model.fit(graph)
    held_out = validation_set(split, asked, torch.device("cpu"))
    known = evaluate(model, held_out, asked.topk).metrics
    assert itemknn.validation["ndcg@5"] == known["ndcg@5"]
    assert itemknn.validation["ndcg@5"] != itemknn.metrics["ndcg@5"]


def test_what_a_run_takes_stands_beside_what_it_drew(tmp_path: Path) -> None:
    study, _ = run(tmp_path / "s")
    itemknn, lightgcn = sorted(study.records, key=lambda record: record.model)
    assert lightgcn.cost.sparse_products_per_step == 2 * lightgcn.n_layers
    assert lightgcn.cost.n_parameters == lightgcn.n_parameters
    n_edges = 2 * lightgcn.split.n_train
    n_products = 2 * lightgcn.n_layers * -(-lightgcn.split.n_train // 256)
    assert lightgcn.cost.sparse_multiply_adds_per_epoch == n_products * n_edges * 8
    assert itemknn.cost.multiply_adds_per_epoch > itemknn.split.n_train
    rates = study.info.calibrations[-1]
    assert (rates.threads, rates.hardware.boot_id) == (lightgcn.threads, lightgcn.machine.boot_id)
    assert roof_share(lightgcn, study.info.calibrations) > 0
    extended, _ = run(tmp_path / "s", seeds=(1, 2))
    assert extended.info.calibrations[: len(study.info.calibrations)] == study.info.calibrations


@pytest.mark.parametrize(
    ("changes", "metric"),
    [
        ({"set": {"training.metric": "recall@5"}}, "recall@5"),
        ({"set": {"lightgcn.metric": "recall@5"}}, "recall@5"),
        ({"vary": {"metric": ("recall@5",)}}, "recall@5"),
        ({"preset": "as-run"}, "mrr@10"),
        ({}, "ndcg@10"),
    ],
)
def test_the_metric_of_a_study_is_the_one_that_selects_and_sorts(
    tmp_path: Path, changes, metric: str
) -> None:
    study, _ = run(tmp_path / "s", **({"set": {}, "epochs": (1,)} | changes))
    assert study.info.metric == metric
    assert analyse(study).metric == metric


def test_a_study_without_epochs_is_sorted_by_the_usual_metric(tmp_path: Path) -> None:
    study, _ = run(tmp_path / "s", models=("itemknn",), preset="as-run")
    assert study.info.metric == "ndcg@10"


def test_threads_are_as_many_as_there_are_cpus_that_may_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under Slurm or `taskset`, where numba would start no more threads than these."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    study, _ = run(tmp_path / "s", models=("itemknn",))
    assert [record.threads for record in study.records] == [1]
    assert study.records[0].machine.n_cpus == os.cpu_count()
    assert [item.job.measurement.threads for item in forecast_study(
        small(models=("popularity",)), tmp_path / "s").jobs] == [1]  # fmt: skip


def test_started_again_nothing_runs_and_nothing_changes(tmp_path: Path) -> None:
    run(tmp_path / "s")
    before = {p: p.read_bytes() for p in (tmp_path / "s" / "runs").rglob("record.json")}
    _, labels = run(tmp_path / "s")
    assert labels == []
    assert {p: p.read_bytes() for p in before} == before


def test_an_extension_runs_only_what_is_new(tmp_path: Path) -> None:
    run(tmp_path / "s")
    study, labels = run(tmp_path / "s", seeds=(1, 2), embedding_sizes=(8, 4))
    assert labels == ["lightgcn d=4 seed 1", "lightgcn d=4 seed 2", "lightgcn d=8 seed 2"]
    assert len(study.records) == 5


@pytest.mark.slow
def test_the_order_of_runs_and_the_company_do_not_matter(tmp_path: Path) -> None:
    together, _ = run(tmp_path / "a", models=("simgcl", "ngcf", "lightgcn"), seeds=(1, 2))
    alone, _ = run(tmp_path / "b", models=("ngcf",), seeds=(2,))
    reversed_, _ = run(tmp_path / "c", models=("ngcf", "lightgcn", "simgcl"), seeds=(2, 1))
    assert quality(alone).items() <= quality(together).items()
    assert quality(reversed_) == quality(together)


def test_several_epochs_cost_one_training_and_equal_their_own(tmp_path: Path) -> None:
    both, labels = run(tmp_path / "a", models=("lightgcn",), epochs=(3, 6))
    assert labels == ["lightgcn d=8 seed 1"]
    short, _ = run(tmp_path / "b", models=("lightgcn",), epochs=(3,))
    long, _ = run(tmp_path / "c", models=("lightgcn",), epochs=(6,))
    assert quality(both) == quality(short) | quality(long)
    by_epochs = {record.max_epochs: record for record in both.records}
    assert len(by_epochs[3].epochs) == 3
    assert by_epochs[3].total.cpu_s < by_epochs[6].total.cpu_s


def test_repeats_are_measurements_of_one_run(tmp_path: Path) -> None:
    study, labels = run(tmp_path / "s", models=("lightgcn",), repeats=2)
    assert len(labels) == 2
    assert len({record.run_id for record in study.records}) == 1
    assert sorted(record.repeat for record in study.records) == [1, 2]
    first, second = study.records
    assert first.metrics == second.metrics
    assert first.measurement_id != second.measurement_id


@pytest.mark.parametrize("model", ["lightgcn", "simgcl", "ngcf", "lightgcl"])
def test_interrupted_run_continues_bitwise_and_keeps_both_energies(model, tmp_path: Path) -> None:
    class Interrupt(Silent):
        def epoch_done(self, job, epoch) -> None:
            if epoch.epoch == 5:
                raise KeyboardInterrupt

    asked = {"models": (model,), "epochs": (6,), "checkpoint_every": 2}
    whole, _ = run(tmp_path / "whole", **asked)
    with pytest.raises(KeyboardInterrupt):
        run_study(small(**asked), tmp_path / "cut", listener=Interrupt())
    state = next((tmp_path / "cut" / "states").rglob("account.json"))
    spent = json.loads(state.read_text())["total"]["cpu_s"]
    cut, _ = run(tmp_path / "cut", **asked)
    one, two = whole.records[0], cut.records[0]
    assert one.metrics == two.metrics
    assert [e.loss for e in one.epochs] == [e.loss for e in two.epochs]
    name = f"runs/{one.run_id}/model.safetensors"
    left, right = (checkpoint.load(tmp_path / place / name) for place in ("whole", "cut"))
    assert all(torch.equal(value, right[key]) for key, value in left.items())
    assert (one.attempts, two.attempts) == (1, 2)
    assert two.total.cpu_s > spent
    assert not (tmp_path / "cut" / "states" / one.run_id).exists()


@pytest.mark.parametrize("more", [{}, {"budget": "1kWh"}, {"halving": 2}])
def test_a_damaged_account_of_an_unfinished_run_is_named(more, tmp_path: Path) -> None:
    class Interrupt(Silent):
        def epoch_done(self, job, epoch) -> None:
            if epoch.epoch == 2:
                raise KeyboardInterrupt

    asked = {"models": ("lightgcn",), "checkpoint_every": 1, "vary": {"l2_weight": (1e-4, 1e-3)}}
    with pytest.raises(KeyboardInterrupt):
        run_study(small(**asked), tmp_path / "s", listener=Interrupt())
    [account] = (tmp_path / "s" / "states").rglob("account.json")
    account.write_bytes(account.read_bytes()[:100])
    words = f"{account.parent.name}/account.json is damaged: the file: Invalid JSON"
    with pytest.raises(StudyError, match=words) as caught:
        run(tmp_path / "s", **asked, **more)
    assert f"remove {account.parent} and give the command again" in caught.value.hint


KILLED = """
import os, signal, sys
from pathlib import Path
from ecorec.study.execute import run_study
from ecorec.study.listener import Silent
from ecorec.study.settings import StudySettings

class Killed(Silent):
    moments = 0

    def at(self, moment):
        self.moments += moment == sys.argv[3]
        if self.moments == int(sys.argv[4]):
            os.kill(os.getpid(), signal.SIGKILL)

    def job_started(self, job):
        self.at("job started")

    def epoch_done(self, *_):
        self.at("epoch done")

    def job_done(self, *_):
        self.at("job done")

run_study(StudySettings.model_validate_json(sys.argv[1]), Path(sys.argv[2]), listener=Killed())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "count", "n_kept"),
    [("job started", 4, 3), ("epoch done", 10, 3), ("job done", 4, 4)],
)
def test_a_kill_loses_at_most_the_run_in_progress(
    tmp_path: Path, moment: str, count: int, n_kept: int
) -> None:
    out, asked = tmp_path / "s", small(seeds=tuple(range(1, 7)))
    words = [asked.model_dump_json(), str(out), moment, str(count)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *words], stderr=subprocess.DEVNULL)
    assert killed.returncode == -signal.SIGKILL
    kept = {p: p.read_bytes() for p in out.glob("runs/*/record.json") if p.parent.name[0] != "."}
    assert len(kept) == n_kept
    counting = Counting()
    study = run_study(asked, out, listener=counting)
    assert {p: p.read_bytes() for p in kept} == kept
    assert (len(counting.labels), len(study.records)) == (7 - n_kept, 7)


def test_another_study_is_kept_out_while_one_writes(tmp_path: Path) -> None:
    class Second(Silent):
        def job_started(self, job) -> None:
            with pytest.raises(StudyError, match="another study is writing to"):
                run(tmp_path / "s")

    run_study(small(models=("itemknn",)), tmp_path / "s", listener=Second())


def test_a_folder_that_is_no_study_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(StudyError, match="is not empty and holds no study"):
        run(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(StudyError, match="is a file"):
        run(tmp_path / "thesis.txt")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"schema_version": 1}'])
def test_a_damaged_record_is_named(damage: bytes, tmp_path: Path) -> None:
    study, _ = run(tmp_path / "s", models=("itemknn",))
    file = tmp_path / "s" / "runs" / study.records[0].run_id / "record.json"
    file.write_bytes(damage)
    with pytest.raises(StudyError, match=f"{study.records[0].run_id}/record.json is damaged"):
        read_study(tmp_path / "s")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": ("lightgnc",)}, "no model is called `lightgnc`"),
        ({"topk": (500,)}, "K = 500 is larger than the catalogue of 80 items"),
        ({"set": {"metric": "ndcg@500"}}, "K = 500 is larger than the catalogue of 80 items"),
        ({"set": {"learning_rat": 1}}, "no setting is called `learning_rat`"),
        ({"set": {"simgcl.temprature": 1}}, "no setting of `simgcl` is called `temprature`"),
        ({"set": {"learning_rate": -1}}, "learning_rate = `-1` is out of range: numbers above 0"),
        ({"set": {"metric": "ndgc@10"}}, "no metric is called `ndgc`"),
        ({"preset": "recomended"}, "no preset is called `recomended`"),
        ({"threads": 10_000}, "--threads 10000 is more than the"),
        ({"device": "cuda"}, "finds no CUDA device here"),
        ({"split": "temporal"}, "has no timestamps"),
        ({"vary": {"protocol": ("ratio", "temporal")}}, "has no timestamps"),
        ({"grid": {"country": "Atlantis"}}, "no country is called `Atlantis`"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_written(changes, message, tmp_path) -> None:
    if "device" in changes and torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    with pytest.raises(InputError, match=message) as caught:
        run_study(small(**changes), tmp_path / "s")
    assert caught.value.hint
    assert not (tmp_path / "s").exists()


def test_factors_become_runs_and_fair_order() -> None:
    asked = small(
        models=("lightgcn", "popularity", "simgcl"),
        seeds=(1, 2),
        vary={"batch_size": (128, 256), "simgcl.temperature": (0.1, 0.2)},
    )
    jobs = plan(asked, threads=2)
    # simgcl: 2 seeds x 2 x 2; lightgcn: 2 seeds x 2, because the other factor is not its own.
    assert [job.longest.model for job in jobs].count("simgcl") == 8
    assert [job.longest.model for job in jobs].count("lightgcn") == 4
    assert jobs[0].longest.model == "popularity"
    seeds = [job.longest.seed for job in jobs[1:]]
    assert seeds == sorted(seeds)


def test_a_kernel_is_no_factor_of_what_does_not_propagate() -> None:
    kernels = ("fixed-width", "library")
    models = ("popularity", "itemknn", "bpr-mf", "lightgcn")
    asked = small(models=models, epochs=(2, 4), vary={"kernel": kernels, "threads": (1, 2)})
    jobs = plan(asked, threads=2)
    for model in models:
        found = [
            (job.measurement.kernel, job.measurement.threads)
            for job in jobs
            if job.longest.model == model
        ]
        wanted = kernels if model == "lightgcn" else kernels[:1]
        # The first kernel's name stays, so that a state of it that was begun goes on.
        assert found == [(kernel, threads) for kernel in wanted for threads in (1, 2)]
    epochs = [[run.training.epochs for run in job.runs] for job in jobs if job.epochs]
    assert epochs == [[2, 4]] * 6


@settings(max_examples=20)
@given(key=st.sampled_from(["seed", "split_seed", "dtype", "topk", "model_settings", "training"]))
def test_run_ids_follow_what_changes_quality(key: str) -> None:
    one = plan(small(models=("lightgcn",)), 2)[0].longest
    changed = {
        "seed": 2, "split_seed": 9, "dtype": "float64", "topk": (5,),
        "model_settings": one.model_settings | {"n_layers": 1},
        "training": one.training.model_copy(update={"batch_size": 77}),
    }  # fmt: skip
    other = one.model_copy(update={key: changed[key]})
    assert one.run_id("data") != other.run_id("data")
    assert one.run_id("data") == plan(small(models=("lightgcn",)), 1)[0].longest.run_id("data")
    assert one.run_id("data") != one.run_id("other data")


def test_recommendations_are_unseen_and_as_good_as_the_record_says(tmp_path: Path) -> None:
    study, _ = run(tmp_path / "s")
    for record in study.records:
        folder = tmp_path / "s" / "runs" / record.run_id
        frame = study.per_user(record.run_id)
        for user in frame["user"].to_list()[:10]:
            found = recommend_to(folder, user, 5)
            assert not {item for item, _, _ in found.items} & set(found.history)
            hits = sum(held_out for _, _, held_out in found.items)
            expected = frame.filter(pl.col("user") == user)["precision@5"][0] * 5
            assert hits == pytest.approx(expected)
    with pytest.raises(InputError, match="no user is called `nobody`"):
        recommend_to(folder, "nobody", 5)
    with pytest.raises(InputError, match="k = 81 does not fit the catalogue of 80 items"):
        recommend_to(folder, "u1", 81)


@pytest.mark.slow
def test_the_command_of_a_record_repeats_the_run(tmp_path: Path) -> None:
    study, _ = run(tmp_path / "s", models=("ngcf",), set={"dropout": 0.2, "batch_size": 128})
    command = shlex.split(study.records[0].command)[1:]
    again = [sys.executable, "-m", "ecorec", *command, "--out", str(tmp_path / "t")]
    subprocess.run(again, check=True, capture_output=True, cwd=tmp_path)
    assert quality(read_study(tmp_path / "t")) == quality(study)


def test_one_user_a_call_is_another_measurement_of_the_same_run(tmp_path: Path) -> None:
    lightgcn = {"models": ("lightgcn",), "embedding_sizes": (4,), "epochs": (2,)}
    study, labels = run(tmp_path / "s", **lightgcn)
    assert len(labels) == 1
    study, labels = run(tmp_path / "s", **lightgcn, users_per_call=1)
    assert len(labels) == 1
    first, second = sorted(study.records, key=lambda record: record.users_per_call or 0)
    assert (first.users_per_call, second.users_per_call) == (None, 1)
    assert first.run_id == second.run_id
    assert first.measurement_id != second.measurement_id
    assert first.metrics == second.metrics
    assert [item.label for item in configurations(study.records)] == [
        "lightgcn d=4 users_per_call=block", "lightgcn d=4 users_per_call=1"
    ]  # fmt: skip
    assert "--set users_per_call=1" in second.command
    assert run(tmp_path / "s", **lightgcn, users_per_call=1)[1] == []
