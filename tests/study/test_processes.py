"""A study that torchrun starts: the same runs, their energy that of all processes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from ecorec.energy.hardware import describe_machine
from ecorec.errors import InputError
from ecorec.graph.shard import ColumnShard
from ecorec.study import checkpoint
from ecorec.study.context import Context
from ecorec.study.execute import run_study
from ecorec.study.folder import StudyFolder
from ecorec.study.follower import Follower
from ecorec.study.machine import synchronize
from ecorec.study.plan import plan
from ecorec.study.processes import divided, refuse_unless_alone
from ecorec.study.settings import StudySettings
from ecorec.study.store import read_study
from ecorec.study.torchrun import own_device
from ecorec.training.ranks import Ranks
from tests.energy.test_gpu import Board, LostError
from tests.study.executors.small_study import stuck  # noqa: F401

ASKED = {
    "models": ["lightgcn"],
    "datasets": ["synthetic:block?users=90&items=60&blocks=3"],
    "embedding_sizes": [8],
    "epochs": [2],
    "dtype": "float64",
    "threads": 1,
    "topk": [10],
    "checkpoint_every": 1,
    "sensors": {"idle_s": 0},
    "set": {"validate_every": 1},
}


def study(**changes) -> StudySettings:
    return StudySettings.parse(ASKED | changes, "the study")


def written(folder: Path) -> Path:
    """Return the study as a file."""
    lines = [
        'models = ["lightgcn"]', f'datasets = ["{ASKED["datasets"][0]}"]', "embedding_sizes = [8]",
        "epochs = [2]", 'dtype = "float64"', "threads = 1", "topk = [10]", "checkpoint_every = 1",
        "set = { validate_every = 1 }", "sensors = { idle_s = 0 }",
    ]  # fmt: skip
    file = folder / "study.toml"
    file.write_text("\n".join(lines))
    return file


@pytest.mark.slow
def test_two_processes_make_the_records_and_files_of_one(tmp_path: Path) -> None:
    out = tmp_path / "two"
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "ecorec", "run", str(written(tmp_path)), "--out", str(out),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"TERM": "x"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Verdict") == 1
    (two,) = read_study(out).records
    (one,) = run_study(study(), tmp_path / "one").records
    assert two.run_id == one.run_id
    assert two.measurement_id != one.measurement_id
    assert (two.shards, two.n_parameters, two.attempts) == (2, one.n_parameters, 1)
    assert (two.n_machines, one.n_machines) == (1, 1)
    assert two.metrics == pytest.approx(one.metrics, abs=1e-12)
    assert [epoch.loss for epoch in two.epochs] == pytest.approx(
        [epoch.loss for epoch in one.epochs], rel=1e-12
    )
    ours, theirs = (
        checkpoint.load(folder / "runs" / one.run_id / "model.safetensors")
        for folder in (out, tmp_path / "one")
    )
    torch.testing.assert_close(ours["nodes"], theirs["nodes"], rtol=0, atol=1e-10)
    # A score a pair and a penalty a step; in a ring of two each sends as much as is summed.
    n_steps = 2 * -(-two.split.n_train // 2048)
    assert two.exchanged_bytes == (2 * two.split.n_train + n_steps) * 8
    assert one.exchanged_bytes is None
    assert {reading.name for reading in two.phases} >= {"load", "graph", "train", "test"}
    assert two.total.methods == one.total.methods
    assert two.total.cpu_s >= sum(phase.cpu_s for phase in two.phases)
    assert "torchrun --nproc-per-node 2 -m ecorec run" in two.command


@pytest.mark.slow
def test_a_process_with_other_data_is_refused(tmp_path: Path) -> None:
    for rank in (0, 1):
        (tmp_path / str(rank)).mkdir()
        rows = [f"u{n % 40},i{(n * (3 + rank)) % 31}" for n in range(600)]
        (tmp_path / str(rank) / "my.csv").write_text("user,item\n" + "\n".join(rows) + "\n")
    program = tmp_path / "on_its_own_node.py"
    program.write_text(
        "import os, sys\n"
        "os.chdir(os.environ['RANK'])\n"
        "from ecorec.cli.main import main\n"
        "sys.argv[0] = 'ecorec'\n"
        "main()\n"
    )
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        str(program), "run", "my.csv", "--models", "lightgcn", "--embedding-sizes", "8",
        "--epochs", "2", "--threads", "1", "--topk", "5", "--out", "out",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"TERM": "x"}
    )
    assert done.returncode != 0
    assert "error: process 1: `my.csv` here is not what the first process reads" in done.stderr
    assert not list((tmp_path / "0" / "out" / "runs").glob("*/record.json"))


class Told(Ranks):
    """Hears orders that are written down, and keeps what is answered."""

    def __init__(self, *orders: tuple[str, tuple[Any, ...]]) -> None:
        super().__init__(ColumnShard(1, 2))
        self._orders = [*orders, ("leave", ())]
        self.answers: list[Any] = []

    def heard(self) -> tuple[str, str, tuple[Any, ...]]:
        order, given = self._orders.pop(0)
        return "", order, given

    def collect(self, own: Any) -> list[Any]:
        self.answers.append(own)
        return []


@pytest.fixture
def torchrun(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes this process one of two that torchrun started, with a number on its machine."""

    def start(number: int) -> None:
        found = {"TORCHELASTIC_RUN_ID": "test", "WORLD_SIZE": "2", "LOCAL_RANK": str(number)}
        for name, value in found.items():
            monkeypatch.setenv(name, value)

    return start


@pytest.mark.parametrize(("number", "method"), [(0, "absent"), (1, "counter")])
def test_the_first_process_of_another_machine_tests_its_counters(
    stuck: Path, torchrun: Callable[[int], None], number: int, method: str  # noqa: F811
) -> None:  # fmt: skip
    torchrun(number)
    settings = study(sensors={"powercap": str(stuck), "idle_s": 0})
    told = Told(("warm", (plan(settings, 1),)))
    Follower(told, settings, None).follow()
    [(_, warmup)] = told.answers
    (counter,) = [c for c in warmup.components if c.sensor == "rapl-package"]
    assert counter.method == method


@pytest.fixture
def boards(monkeypatch: pytest.MonkeyPatch) -> list[Board]:
    """Two GPUs, as zeus shows them."""
    found = [Board(), Board()]
    shown = {
        "zeus": {},
        "zeus.device": {},
        "zeus.device.exception": {"ZeusBaseGPUError": LostError},
        "zeus.device.gpu": {"get_gpus": lambda: SimpleNamespace(gpus=found)},
    }
    for name, content in shown.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    return found


@pytest.mark.parametrize("number", [0, 1])
def test_each_process_measures_and_waits_for_a_gpu_of_its_own(
    boards: list[Board], torchrun: Callable[[int], None], number: int,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    torchrun(number)
    settings = study(device="cuda", sensors={"powercap": str(tmp_path), "idle_s": 0})
    leader = Context(
        folder=StudyFolder(tmp_path / "s"), hardware=describe_machine(), sensors=settings.sensors,
        fingerprints={}, data_path=None, country=None, checkpoint_every=None,
        on_epoch=lambda *_: None,
    )  # fmt: skip
    follower = Follower(Told(), settings, None)
    for sensors in (leader.sensors_for("cuda"), follower.sensors):
        (gpu,) = [sensor for sensor in sensors if sensor.component == "gpu"]
        start = gpu.read()
        boards[number].millijoules += 3000
        boards[1 - number].millijoules += 500_000
        assert gpu.between(start, gpu.read()).energy_j == 3.0
    waited: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    synchronize("cuda")()
    assert waited == [f"cuda:{number}"]


def test_alone_a_device_is_the_one_that_was_named() -> None:
    assert [own_device(name) for name in ("cpu", "cuda", "cuda:1")] == ["cpu", "cuda", "cuda:1"]


def in_two(**changes) -> None:
    settings, ranks = study(**changes), Ranks(ColumnShard(0, 2))
    refuse_unless_alone(settings, ranks)
    divided(plan(settings, 1), ranks)


def test_jobs_of_several_processes_are_another_measurement_of_the_same_run() -> None:
    settings = study()
    before = plan(settings, 1)
    after = divided(before, Ranks(ColumnShard(0, 2)))
    assert [job.runs for job in after] == [job.runs for job in before]
    assert [job.measurement.shards for job in after] == [2]
    assert "shards" not in before[0].measurement.model_dump()


def test_what_cannot_be_divided_is_refused_before_anything_is_written() -> None:
    with pytest.raises(InputError, match="`ngcf` cannot be divided among 2 processes: every layer"):
        in_two(models=["lightgcn", "ngcf"])
    with pytest.raises(InputError, match=r"`itemknn` cannot be divided .* not trained in steps"):
        in_two(models=["itemknn"])
    with pytest.raises(InputError, match="embedding_size = 9 cannot be divided among 2"):
        in_two(embedding_sizes=[9])
    with pytest.raises(InputError, match="--epochs 2, 5: several processes train to one number"):
        in_two(epochs=[2, 5])
    with pytest.raises(InputError, match="--budget 1kJ is for one process"):
        in_two(budget="1kJ")
    with pytest.raises(InputError, match="--executor process has each run in one process"):
        in_two(executor={"kind": "process", "workers": 2})
    with pytest.raises(InputError, match=r"--executor ray .* torchrun started 2 that share"):
        in_two(executor={"kind": "ray"})
    with pytest.raises(InputError, match="--device cuda:1 is one GPU; torchrun started 2"):
        in_two(device="cuda:1")
    with pytest.raises(InputError, match="--halving 2 is for one process"):
        in_two(halving=2)
