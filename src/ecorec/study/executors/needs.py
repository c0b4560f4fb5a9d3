"""What a training needs of the machine that it is placed on."""

from dataclasses import dataclass

from ecorec.data.dataset import Dataset
from ecorec.planning.memory import expected_memory_bytes
from ecorec.study.describe import cost_of_run
from ecorec.study.plan import Job
from ecorec.study.prepare import DTYPES


@dataclass(frozen=True)
class Needs:
    """Threads, GPU and memory that a training needs."""

    cpus: int
    gpus: int
    memory_bytes: int


def needs_of(job: Job, dataset: Dataset) -> Needs:
    """Return what a training needs: its threads, a GPU if it computes there, and its memory.

    Args:
        job: The training.
        dataset: Its data; it trains on a part of them, so that the memory is a little too much.
    """
    run, whole = job.longest, dataset.interactions
    memory_bytes = expected_memory_bytes(
        n_parameters=cost_of_run(run, whole).n_parameters,
        n_nodes=whole.n_users + whole.n_items,
        n_interactions=len(whole),
        width=run.model_settings.get("embedding_size") or 0,
        n_layers=run.model_settings.get("n_layers") or 0,
        element_bytes=DTYPES[run.dtype].itemsize,
    )
    gpus = int(job.measurement.device.startswith("cuda"))
    return Needs(job.measurement.threads, gpus, memory_bytes)
