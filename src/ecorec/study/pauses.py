"""Rests between runs and looks at the idle machine: in no run, but on the bill of a budget."""

import time
from collections.abc import Callable

from ecorec.energy.idle import IdleBaseline
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import sampled_window
from ecorec.planning.purse import Purse

REST = "rest"
LOOK = "idle"
"""Names of their readings."""


class Rests:
    """Rests between two runs, so that one does not heat the next.

    Args:
        seconds: Of a rest; 0 for none.
        meter: Reads what the machine draws meanwhile.
        note: Called with what a rest took.
    """

    def __init__(self, seconds: float, meter: Meter, note: Callable[[Reading], None]) -> None:
        self._seconds = seconds
        self._meter = meter
        self._note = note

    def take(self) -> None:
        """Rest."""
        if not self._seconds:
            return
        with sampled_window(self._meter, REST) as window:
            time.sleep(self._seconds)
        self._note(window.reading)


def provide(purse: Purse, before: IdleBaseline, *, look_s: float, rest_s: float) -> None:
    """Have a purse keep what pauses will take, at the power of the idle machine.

    Args:
        purse: To be told.
        before: The idle machine before the runs; where no sensor saw it, a pause takes time alone.
        look_s: Seconds of the look at it after the runs, which is taken only if one was before.
        rest_s: Seconds between two runs.
    """
    a_second = purse.budget.of_seconds(_watts(before))
    purse.rest = a_second * rest_s
    purse.reserve = a_second * look_s if before.powers else 0.0


def _watts(baseline: IdleBaseline) -> float:
    # A meter at the wall has seen every other component already.
    whole = [power.power_w for power in baseline.powers if power.component == "machine"]
    return whole[0] if whole else sum((power.power_w for power in baseline.powers), start=0.0)
