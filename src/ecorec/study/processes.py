"""A study's models over several processes that torchrun started: who joins, and what they share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import torch
import torch.distributed as dist

from ecorec.energy.meter import Meter
from ecorec.energy.processes import add_processes
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import sampled_window
from ecorec.errors import EcorecError, InputError
from ecorec.graph.shard import ColumnShard, Traffic
from ecorec.models.catalogue import MODELS, find_model
from ecorec.models.exchange import refuse_unless_divisible
from ecorec.study.context import Context
from ecorec.study.plan import Job
from ecorec.study.settings import StudySettings
from ecorec.study.shares import machine_key
from ecorec.study.torchrun import are_several, own_device
from ecorec.study.warm import WARMUP
from ecorec.training.ranks import ALONE, Ranks

LONGEST_WAIT = timedelta(days=7)
"""For the next order, as the first process may rank or write for hours; torchrun notices a dead
one."""


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Join the processes that torchrun started, for the body; alone where it started none.

    Args:
        device: `cuda` is the GPU of this process's local rank.
    """
    if not are_several():
        yield ALONE
        return
    backend = "gloo"
    if device.startswith("cuda"):
        torch.cuda.set_device(own_device(device))
        backend = "cpu:gloo,cuda:nccl"
    dist.init_process_group(backend, timeout=LONGEST_WAIT)
    ranks = Ranks(ColumnShard(dist.get_rank(), dist.get_world_size()))
    try:
        yield ranks
    except EcorecError:
        ranks.tell("leave")
        raise
    else:
        # After any other exception the processes may be out of step, so no order is sent.
        ranks.tell("leave")
    finally:
        dist.destroy_process_group()


def refuse_unless_alone(settings: StudySettings, ranks: Ranks) -> None:
    """Make sure that several processes can run a study.

    Raises:
        InputError: It has a budget, is halved, names one GPU, or has another executor than the
            local one.
    """
    if not ranks.are_several:
        return
    if settings.budget is not None:
        message = f"--budget {settings.budget} is for one process: forecasts are of one"
        raise InputError(message, hint="leave it out, or run without torchrun")
    if settings.halving is not None:
        message = f"--halving {settings.halving} is for one process: it pauses trainings"
        raise InputError(message, hint="leave it out, or run without torchrun")
    if settings.device.startswith("cuda:"):
        message = f"--device {settings.device} is one GPU; torchrun started "
        message += f"{ranks.shard.n_shards} processes, each with a GPU of its own"
        raise InputError(message, hint="give --device cuda, or run without torchrun")
    if settings.executor.kind != "local":
        message = f"--executor {settings.executor.kind} has each run in one process; torchrun "
        message += f"started {ranks.shard.n_shards} that share every run"
        raise InputError(message, hint="leave it out, or run without torchrun")


def divided(jobs: list[Job], ranks: Ranks) -> list[Job]:
    """Return jobs with their columns shared among the processes; unchanged if there is one.

    Raises:
        InputError: A model or its epochs do not go together with several processes.
    """
    n_shards = ranks.shard.n_shards
    if not ranks.are_several:
        return jobs
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
    """Return the same processes with a new count of their traffic, which starts at zero."""
    return Ranks(replace(ranks.shard, traffic=Traffic()))


def warm_others(context: Context, jobs: Sequence[Job], meter: Meter) -> Reading | None:
    """Have the others warm up too, after this process; `None` where there are none.

    Args:
        context: With the processes.
        jobs: What they warm up for.
        meter: Of this process: what its machine draws meanwhile.
    """
    ranks = context.ranks
    if not ranks.are_several:
        return None
    with sampled_window(meter, WARMUP) as window:
        ranks.tell("warm", list(jobs))
        # They send their reading only once they are ready.
        theirs = ranks.collect(None)[1:]
    own = (machine_key(context.hardware), window.reading)
    return add_processes(WARMUP, [own, *theirs])


@contextmanager
def all_prepare(ranks: Ranks, job: Job, fingerprint: str) -> Iterator[None]:
    """Have the others prepare a run while the body does; wait until all have.

    Args:
        ranks: The processes.
        job: The run.
        fingerprint: Of its data as the first process has them.

    Raises:
        InputError: Another process could not, or has other data.
    """
    ranks.tell("begin", job, fingerprint)
    try:
        yield
    finally:
        troubles = ranks.collect(None)
    for rank, trouble in enumerate(troubles):
        if trouble is not None:
            raise InputError(f"process {rank}: {trouble[0]}", hint=trouble[1])
