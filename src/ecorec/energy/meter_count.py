"""What a meter's own count leaves open at both ends of a window.

It moves in steps, and what it shows at an edge is its last answer: more may have passed by then.
"""

from decimal import Decimal


class Edge(float):
    """Joules counted up to one edge of a window, and the question whose answer they are."""

    at_s: float
    """When the edge was."""
    asked_s: float
    """When the meter was asked that."""

    def __new__(cls, joules: float, at_s: float, asked_s: float) -> "Edge":
        """Return the joules, which know the two moments."""
        edge = super().__new__(cls, joules)
        edge.at_s, edge.asked_s = at_s, asked_s
        return edge


class MeterCount:
    """The answers of a meter that counts, as far as they tell how fine and fast it does.

    Args:
        joules_per_unit: Of its answers.
    """

    def __init__(self, joules_per_unit: float) -> None:
        self._joules_per_unit = joules_per_unit
        self._last: float | None = None
        self._first_s = self._last_s = 0.0
        self._counted = 0.0
        self._last_place = 1.0
        self._smallest: float | None = None

    def take(self, asked_s: float, answer: float) -> float:
        """Note an answer, and return the joules since the last one; below 0 after a reset."""
        # Until it has moved, how it prints its answers is all that tells its steps.
        self._last_place = min(self._last_place, _last_place(answer))
        if self._last is None:
            self._last, self._first_s = answer, asked_s
        difference, self._last, self._last_s = answer - self._last, answer, asked_s
        if difference > 0:
            self._smallest = min(self._smallest or difference, difference)
            self._counted += difference
        return difference * self._joules_per_unit

    def edge_j(self, start: Edge, end: Edge) -> float:
        """Return by how many joules a window may be off, to either side.

        By a step, for its count is rounded down, and by what passed since the last answer.
        """
        step_j = (self._smallest or self._last_place) * self._joules_per_unit
        age_s = max(start.at_s - start.asked_s, end.at_s - end.asked_s)
        # A window of few steps may show none of its power: then what it was all along.
        in_window_w = _ratio(end - start, end.asked_s - start.asked_s)
        in_all_w = _ratio(self._counted * self._joules_per_unit, self._last_s - self._first_s)
        return step_j + age_s * max(in_window_w, in_all_w)


def _ratio(joules: float, seconds: float) -> float:
    return joules / seconds if seconds > 0 else 0.0


def _last_place(answer: float) -> float:
    """Return the place of a number's last digit, at most that of its units: 0.01 of 12.34."""
    exponent = Decimal(repr(answer)).normalize().as_tuple().exponent
    return 10.0 ** min(0, exponent) if isinstance(exponent, int) else 1.0
