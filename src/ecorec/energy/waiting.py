"""Threads that wait should sleep: a pool that spins is billed for work it does not do."""

import os
import sys

PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}
"""What GNU's and LLVM's OpenMP read when they start."""


def wait_passively() -> str:
    """Ask the OpenMP runtimes to sleep while they wait, and say in words what came of it.

    Works only before torch and numba start their threads; variables that the user set stay.
    """
    told = [name for name in PASSIVE if name in os.environ]
    if all(os.environ.get(name) == value for name, value in PASSIVE.items()):
        return "passive"
    if "torch" in sys.modules:
        return "active: torch was imported first"
    for name, value in PASSIVE.items():
        os.environ.setdefault(name, value)
    return f"as told by {', '.join(told)}" if told else "passive"
