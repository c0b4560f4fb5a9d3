"""The machine as a study sets it up: threads, device, versions, and the warm-up."""

import platform
from importlib import metadata

import numba
import numpy as np
import torch

import ecorec
from ecorec.data.interactions import Interactions
from ecorec.data.sampling import PairSampler
from ecorec.errors import InputError
from ecorec.evaluation.evaluate import HeldOut, evaluate_one
from ecorec.evaluation.metrics import MetricAtK
from ecorec.evaluation.ranking import EmbeddingScorer, ItemLists
from ecorec.graph import kernels
from ecorec.study.plan import Job
from ecorec.study.prepare import DTYPES

LIBRARIES = ("torch", "numpy", "scipy", "numba", "polars", "codecarbon")


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on."""
    found = {name: metadata.version(name) for name in LIBRARIES}
    return {"ecorec": ecorec.__version__, "python": platform.python_version(), **found}


def use_threads(threads: int) -> None:
    """Give torch and numba this many threads.

    Raises:
        InputError: The machine has fewer.
    """
    most = numba.config.NUMBA_NUM_THREADS
    if threads > most:
        message = f"--threads {threads} is more than the {most} logical CPUs of this machine"
        raise InputError(message, hint=f"ask for at most {most}")
    torch.set_num_threads(threads)
    numba.set_num_threads(threads)


def check_device(device: str) -> None:
    """Make sure that a device exists.

    Raises:
        InputError: It does not.
    """
    if device.split(":")[0] not in ("cpu", "cuda"):
        raise InputError(f"no device is called `{device}`", hint="there are `cpu` and `cuda`")  # noqa: EM102
    if device.startswith("cuda") and not torch.cuda.is_available():
        message = f"--device {device}: torch {torch.__version__} finds no CUDA device here"
        raise InputError(message, hint="use --device cpu, or install a CUDA build of torch")


def warm_up(jobs: list[Job]) -> None:
    """Compile or load every kernel that the jobs will use, so that no run is billed for it."""
    for job in jobs:
        run = job.longest
        dtype = DTYPES[run.dtype]
        size = run.model_settings.get("embedding_size")
        if size is not None and job.measurement.device == "cpu":
            for width in {size, run.model_settings.get("layer_size") or size}:
                kernels.compile_for(width, dtype)
        _rank_two_items(dtype)
    users = np.zeros(1, dtype=np.int64)
    names = np.array(["0", "1"])
    pair = Interactions(users, users, None, names[:1], names)
    for _ in PairSampler(pair, 1, np.random.default_rng(0)).epoch():
        pass


def _rank_two_items(dtype: torch.dtype) -> None:
    one = np.zeros(1, dtype=np.int64)
    nothing = ItemLists.from_pairs(one[:0], one[:0], 1)
    held_out = HeldOut(
        relevant=ItemLists.from_pairs(one, one, 1),
        seen=nothing,
        popularity=np.ones(2, dtype=np.int64),
        tie_seed=0,
        device=torch.device("cpu"),
    )
    scorer = EmbeddingScorer(torch.ones(1, 1, dtype=dtype), torch.ones(2, 1, dtype=dtype))
    evaluate_one(scorer, held_out, MetricAtK("ndcg", 1))
