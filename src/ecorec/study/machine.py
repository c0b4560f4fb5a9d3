"""The machine as a study sets it up: threads, device, versions."""

import os
import platform
from collections.abc import Callable
from functools import partial
from importlib import metadata

import numba
import numpy as np
import torch

from ecorec.energy.gpu import foreign_processes
from ecorec.energy.gpu_processes import MostForeign
from ecorec.errors import InputError
from ecorec.graph.bipartite import BipartiteGraph
from ecorec.graph.kernels import Kernel
from ecorec.models.catalogue import find_model
from ecorec.study.allocator import keep_freed_memory
from ecorec.study.run_settings import MeasurementSettings, RunSettings
from ecorec.study.torchrun import own_device
from ecorec.version import VERSION

LIBRARIES = ("torch", "numpy", "scipy", "numba", "polars", "codecarbon")


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"ecorec": VERSION, "python": platform.python_version(), **found}


def builds() -> dict[str, str]:
    """Return how the numeric libraries were built, e.g. with which BLAS."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    torch_says = [
        line.strip(" -") for line in torch.__config__.show().splitlines() if "Build" not in line
    ]
    return {
        "torch": "; ".join(line for line in torch_says[1:] if line),
        "numpy": f"{blas['name']} {blas['version']}",
        "numba": _threading_layer(),
        "allocator": "freed memory is kept" if keep_freed_memory() else "the system's own",
    }


def _threading_layer() -> str:
    try:
        return f"threads by {numba.threading_layer()}"  # type: ignore[attr-defined]
    except ValueError:
        return "threads not started"


SMALL_TABLE = 2**18
"""Entries of an embedding table up to which a run keeps to one thread.

A step on such a table consists of many short loops, and waking a second thread for each takes about
as long as it saves. With 3,158 nodes at size 64 on two free CPUs, two threads made an epoch of
LightGCN 17 % shorter for 20 % more CPU time, of NGCF 9 % for 26 %, of SimGCL 4 % for 26 %. If other
programs run, the second thread must wait for a CPU and a step takes many times as long.
"""


def use_threads(threads: int, table_entries: int | None = None) -> None:
    """Give torch and numba this many threads, or one if more would not pay off.

    Args:
        threads: Threads that the run asks for.
        table_entries: Nodes x embedding size; one thread if they are few.

    Raises:
        InputError: It may not have so many.
    """
    most = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    if threads > most:
        limit = f"the {most} CPUs that this process may use"
        if os.environ.get("NUMBA_NUM_THREADS"):
            limit = f"NUMBA_NUM_THREADS = {most}"
        message = f"--threads {threads} is more than {limit}"
        raise InputError(message, hint=f"ask for at most {most}")
    used = 1 if table_entries is not None and table_entries <= SMALL_TABLE else threads
    # numba first: it starts its threads here, which would reset torch's number.
    numba.set_num_threads(used)
    torch.set_num_threads(used)


def use_threads_for(
    graph: BipartiteGraph, run: RunSettings, measurement: MeasurementSettings
) -> None:
    """Set the threads for a run's embedding table, or for this process's columns of it.

    A run without a table has the threads that were asked for, whatever another run has left.
    """
    entries = None
    if find_model(run.model).has_embeddings:
        entries = graph.n_nodes * run.model_settings["embedding_size"] // measurement.shards
    use_threads(measurement.threads, entries)


def strangers_on(device: str) -> MostForeign | None:
    """Return what counts the processes of others on a run's GPU; `None` for a CPU.

    Args:
        device: As the study names it.
    """
    if not device.startswith("cuda"):
        return None
    return MostForeign(foreign_processes(own_device(device)))


def check_device(device: str) -> None:
    """Make sure that a device exists.

    Raises:
        InputError: It does not.
    """
    if device.split(":")[0] not in ("cpu", "cuda"):
        raise InputError(f"no device is called `{device}`", hint="there are `cpu` and `cuda`")
    if device.startswith("cuda") and not torch.cuda.is_available():
        message = f"--device {device}: torch {torch.__version__} finds no CUDA device here"
        raise InputError(message, hint="use --device cpu, or install a CUDA build of torch")


def check_kernel(device: str, kernel: Kernel | None, model: str) -> None:
    """Make sure that a device has the kernel that a model is to propagate with.

    Raises:
        InputError: It has not.
    """
    if kernel == "fixed-width" and device.startswith("cuda") and find_model(model).propagates:
        message = f"--kernel {kernel} computes on the CPU, and {model} is to run on {device}"
        hint = "use --kernel library there, or leave it out: the fastest of the device is taken"
        raise InputError(message, hint=hint)


def synchronize(device: str) -> Callable[[], None] | None:
    """Return a function that waits for a device; `None` for the CPU, which needs no waiting."""
    if not device.startswith("cuda"):
        return None
    return partial(torch.cuda.synchronize, own_device(device))
