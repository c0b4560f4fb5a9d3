"""Threads that wait should sleep: a pool that spins is billed for work it does not do.

GNU's OpenMP, which torch and numba's `omp` layer run on, lets a thread that has finished its
share of a parallel loop spin in case another loop follows. On two threads (torch 2.13, numba 0.68)
that was 8 to 10 ms of CPU time for every loop with a pause or Python code after it, 0.2 ms when
asked to sleep. Beside other busy processes it is worse: ten epochs that took 1.0 CPU seconds took
7 to 28, because threads spun for others that could not run. Asleep they took 0.9 to 1.3.

The price is the wake-up: loops of microseconds in close succession take longer, on free CPUs
50 µs instead of 8 µs for 100,000 additions, and training on a small graph twice the wall time,
for the same CPU time.
"""

import os
import sys

PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}
"""What the OpenMP runtimes read, once, when they are loaded: any of them, GNU's, LLVM's."""

_LOADERS = ("torch", "numba.np.ufunc.omppool")
"""Modules that load an OpenMP runtime."""


def wait_passively() -> str:
    """Ask the OpenMP runtimes to let waiting threads sleep, by environment variables.

    Must come before torch is imported. A user who set one of the variables otherwise knows
    what they want: then nothing is changed.

    Returns:
        What came of it, in words for the record: `passive`, `too late: torch was imported first`
        or `as set: OMP_WAIT_POLICY=ACTIVE`.
    """
    told = {name: os.environ[name] for name in PASSIVE if name in os.environ}
    otherwise = [
        f"{name}={value}" for name, value in told.items() if value.upper() != PASSIVE[name]
    ]
    if otherwise:
        return f"as set: {', '.join(otherwise)}"
    if "OMP_WAIT_POLICY" in told:
        return "passive"  # the others have no more to say
    loaded = [name for name in _LOADERS if name in sys.modules]
    if loaded:
        return f"too late: {loaded[0].split('.')[0]} was imported first"
    os.environ.update(PASSIVE)
    return "passive"
