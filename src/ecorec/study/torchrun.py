"""What torchrun tells a process of itself: whether there are others, and which one it is here."""

import os

import torch.distributed as dist


def are_several() -> bool:
    """Return whether torchrun started this process and others beside it."""
    return dist.is_torchelastic_launched() and os.environ["WORLD_SIZE"] != "1"


def place_on_machine() -> int:
    """Return this process's number among those on its machine; 0 where it is the only one."""
    return int(os.environ["LOCAL_RANK"]) if are_several() else 0


def own_device(device: str) -> str:
    """Return a device by its number where `cuda` is one of several: each process has its own.

    Args:
        device: As the study names it, for all processes.
    """
    return f"cuda:{place_on_machine()}" if device == "cuda" and are_several() else device


def processes_here() -> int:
    """Return how many processes torchrun started on this machine; 1 where it started none."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
