"""The most memory that the process held, counted anew for each run."""

import resource
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"
"""What Linux wants written to forget the peak so far; see proc_pid_clear_refs(5)."""

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in the unit of `ru_maxrss`: bytes on macOS, kibibytes elsewhere."""


def reset_peak() -> bool:
    """Forget the peak so far, so that the next reading is of what follows.

    Returns:
        Whether the system can; if not, `peak_memory_bytes` goes back to the process's start.
    """
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def peak_memory_bytes() -> int:
    """Return the peak resident memory of this process in bytes, its children excluded.

    Since the last `reset_peak` where Linux tells (`VmHWM`), else since the process began.
    """
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT
