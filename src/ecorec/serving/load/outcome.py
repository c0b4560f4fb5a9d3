"""What became of the requests of a job."""

from dataclasses import dataclass

from jaxtyping import Bool, Float64, Int64
from numpy import ndarray

TIMED_OUT = -1
"""Status of a request that had no answer when the wait for answers ended."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of every request, in the order in which they were due."""

    due_s: Float64[ndarray, " requests"]
    """Monotonic seconds at which each was due; in a closed loop, when it was sent."""
    sent_s: Float64[ndarray, " requests"]
    done_s: Float64[ndarray, " requests"]
    """NaN where there was no answer."""
    status: Int64[ndarray, " requests"]
    """HTTP status, 0 for a broken connection, -1 for no answer in time."""

    @property
    def answered(self) -> Bool[ndarray, " requests"]:
        """Whether each was answered with success."""
        found: Bool[ndarray, " requests"] = (self.status >= 200) & (self.status < 300)
        return found

    @property
    def latency_s(self) -> Float64[ndarray, " requests"]:
        """Seconds from when each was due."""
        waited: Float64[ndarray, " requests"] = self.done_s - self.due_s
        return waited
