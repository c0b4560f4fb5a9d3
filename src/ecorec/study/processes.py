"""A study's models over several processes that torchrun started: who joins, who follows."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from ecorec.data.load import load_dataset
from ecorec.energy import memory
from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import Hardware, describe_machine
from ecorec.energy.ledger import Ledger
from ecorec.energy.meter import Meter
from ecorec.energy.processes import add_phases, add_processes
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import Sampler
from ecorec.errors import EcorecError, InputError
from ecorec.graph.shard import ColumnShard, Traffic
from ecorec.models.catalogue import MODELS, find_model
from ecorec.models.exchange import refuse_unless_divisible
from ecorec.study.machine import use_threads, use_threads_for, warm_up
from ecorec.study.plan import Job
from ecorec.study.prepare import build_graph, build_split, build_trainer
from ecorec.study.settings import StudySettings
from ecorec.training.ranks import ALONE, Ranks

LONGEST_WAIT = timedelta(days=7)
"""For an order: the first process may rank or write for hours. Who dies is noticed by torchrun."""

_ORDERS = ("train_epoch", "observe", "select", "parameters", "embeddings", "state", "restore")


@dataclass(frozen=True)
class Share:
    """What one process had of a run."""

    machine: str
    phases: tuple[Reading, ...]
    total: Reading
    peak_memory_bytes: int


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Join the processes that torchrun started, for the body; alone where it started none.

    Args:
        device: `cuda` is the GPU of this process's local rank.
    """
    if not dist.is_torchelastic_launched() or os.environ["WORLD_SIZE"] == "1":
        yield ALONE
        return
    backend = "gloo"
    if device.startswith("cuda"):
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        backend = "cpu:gloo,cuda:nccl"
    dist.init_process_group(backend, timeout=LONGEST_WAIT)
    ranks = Ranks(ColumnShard(dist.get_rank(), dist.get_world_size()))
    try:
        yield ranks
    except EcorecError:
        ranks.tell("leave")
        raise
    else:
        # After anything else that was raised, the others may be waiting for something else.
        ranks.tell("leave")
    finally:
        dist.destroy_process_group()


def cpus_of_a_process(n_cpus: int) -> int:
    """Return the logical CPUs for each of the processes that torchrun started on a machine."""
    return max(1, n_cpus // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def divided(jobs: list[Job], settings: StudySettings, ranks: Ranks) -> list[Job]:
    """Return jobs as they are when their models' columns are shared; unchanged if they are not.

    Raises:
        InputError: A model or a setting does not go together with several processes.
    """
    n_shards = ranks.shard.n_shards
    if not ranks.are_several:
        return jobs
    if settings.budget is not None:
        message = f"--budget {settings.budget} is for one process: forecasts are of one"
        raise InputError(message, hint="leave it out, or run without torchrun")
    divisible = [name for name, entry in MODELS.items() if not isinstance(entry.exchange, str)]
    for job in jobs:
        run, entry = job.longest, find_model(job.longest.model)
        config = entry.config.parse(run.model_settings, f"`{run.model}`")
        refuse_unless_divisible(run.model, config, entry.exchange, n_shards, divisible)
        ranks.shard.columns(run.model_settings["embedding_size"])
        if len(job.runs) > 1:
            several = ", ".join(str(one.training.epochs) for one in job.runs if one.training)
            message = f"--epochs {several}: several processes train to one number of epochs"
            raise InputError(message, hint="give one value, or run without torchrun")
    return [
        replace(job, measurement=job.measurement.model_copy(update={"shards": n_shards}))
        for job in jobs
    ]


def own_run(ranks: Ranks) -> Ranks:
    """Return the same processes with a count of their traffic that begins at nothing."""
    return Ranks(replace(ranks.shard, traffic=Traffic()))


def warm_others(ranks: Ranks, jobs: Sequence[Job], reading: Reading, hardware: Hardware) -> Reading:
    """Have the others warm up too, after this process; return the reading of all.

    Args:
        ranks: The processes.
        jobs: What they warm up for.
        reading: Of this process's warm-up.
        hardware: Its machine.
    """
    if not ranks.are_several:
        return reading
    ranks.tell("warm", list(jobs))
    return add_processes(reading.name, ranks.collect((machine_of(hardware), reading)))


def add_shares(shares: Sequence[Share]) -> tuple[tuple[Reading, ...], Reading]:
    """Return a run's phases and its total, of all its processes."""
    if len(shares) == 1:
        return shares[0].phases, shares[0].total
    return (
        add_phases([(share.machine, share.phases) for share in shares]),
        add_processes("total", [(share.machine, share.total) for share in shares]),
    )


def spent_beside(shares: Sequence[Share]) -> float:
    """Return the CPU seconds of the first process's neighbours on its machine, of the same run."""
    beside = [share for share in shares[1:] if share.machine == shares[0].machine]
    return sum((share.total.cpu_s for share in beside), start=0.0)


def machine_of(hardware: Hardware) -> str:
    """Return what two processes have in common that run on the same machine."""
    return f"{hardware.machine_id} {hardware.boot_id}"


@contextmanager
def all_prepare(ranks: Ranks, job: Job) -> Iterator[None]:
    """Have the others prepare a run while the body does; wait until all have.

    Raises:
        InputError: Another process could not.
    """
    ranks.tell("begin", job)
    try:
        yield
    finally:
        troubles = ranks.collect(None)
    for rank, trouble in enumerate(troubles):
        if trouble is not None:
            raise InputError(f"process {rank}: {trouble[0]}", hint=trouble[1])


class Follower:
    """A process other than the first: it prepares what it is told, and trains its columns.

    Args:
        ranks: The processes.
        settings: The study, as the same command line gave it to every process.
        data_path: Where catalogue data sets are looked for.
    """

    def __init__(self, ranks: Ranks, settings: StudySettings, data_path: Path | None) -> None:
        self._ranks = ranks
        self._data_path = data_path
        self._hardware = describe_machine(settings.watts_per_cpu)
        self._sensors = find_sensors(self._hardware, settings.sensors, settings.device)

    def follow(self) -> None:
        """Do what the first process says until it leaves."""
        with Sampler(self._sensors):
            run: Callable[[str, str, tuple[Any, ...]], None] | None = None
            while True:
                phase, order, given = self._ranks.heard()
                if order == "leave":
                    return
                if order == "warm":
                    self._warm(*given)
                elif order == "begin":
                    run = self._begin(*given)
                elif run is not None:
                    run(phase, order, given)

    def _warm(self, jobs: list[Job]) -> None:
        with Meter(self._sensors).window("warmup") as window:
            use_threads(jobs[0].measurement.threads)
            warm_up(jobs)
        self._ranks.collect((machine_of(self._hardware), window.reading))

    def _begin(self, job: Job) -> Callable[[str, str, tuple[Any, ...]], None]:
        ranks, settings = own_run(self._ranks), job.longest
        memory.reset_peak()
        ledger = Ledger(Meter(self._sensors, synchronize=synchronize(job.measurement.device)))
        trainer = trouble = None
        try:
            with ledger.phase("load"):
                data = load_dataset(settings.dataset, settings.data, data_path=self._data_path)
            with ledger.phase("split"):
                split = build_split(data, settings)
            with ledger.phase("graph"):
                graph = build_graph(split, settings, job.measurement, ranks.shard)
            use_threads_for(graph, job)
            with ledger.phase("init"):
                trainer = build_trainer(settings, graph, split.train, ranks)
        except EcorecError as error:
            trouble = (error.message, error.hint)
        ranks.collect(trouble)

        def obey(phase: str, order: str, given: tuple[Any, ...]) -> None:
            if order == "share":
                share = Share(
                    machine_of(self._hardware),
                    ledger.phases(),
                    ledger.total(),
                    memory.peak_memory_bytes(),
                )
                ranks.collect(share)
            elif order in _ORDERS and trainer is not None:
                with ledger.phase(phase):
                    try:
                        getattr(trainer, order)(*given)
                    except EcorecError:
                        return  # every process has the same, and the first one says it

        return obey


def synchronize(device: str) -> Callable[[], None] | None:
    """Return what waits for a device before sensors are read; `None` where nothing need wait."""
    return torch.cuda.synchronize if device.startswith("cuda") else None
