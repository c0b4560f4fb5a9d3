"""A run's account: every phase booked once, the whole apart, and the rest shown."""

from collections.abc import Iterator
from contextlib import contextmanager

from ecorec.energy.meter import Meter, Window
from ecorec.energy.reading import Reading, add_readings, subtract_readings


class Ledger:
    """Books windows under phase names, from now until it is read.

    Phases are exclusive: what a phase inside another one draws is booked under the inner
    name only. `total` is measured over the whole span rather than added up, so the phases
    sum to it up to an unbooked rest.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._start = meter.now()
        self._booked: list[Reading] = []
        self._asides: list[Reading] = []
        self._inner: list[list[Reading]] = []
        self._carried_total: list[Reading] = []

    @contextmanager
    def phase(self, name: str) -> Iterator[Window]:
        """Book the body under a phase; its window's reading includes inner phases."""
        with self._nested(name) as (window, inner):
            yield window
        self._booked.append(subtract_readings(window.reading, inner))

    @contextmanager
    def aside(self, name: str) -> Iterator[Window]:
        """Measure the body, but keep it out of every phase and of the total.

        For work that belongs to another run, such as the test of a shorter training that a
        longer one passes on its way.
        """
        with self._nested(name) as (window, _):
            yield window
        self._asides.append(window.reading)

    @contextmanager
    def _nested(self, name: str) -> Iterator[tuple[Window, list[Reading]]]:
        inner: list[Reading] = []
        self._inner.append(inner)
        try:
            with self._meter.window(name) as window:
                yield window, inner
        finally:
            self._inner.pop()
        if self._inner:
            self._inner[-1].append(window.reading)

    def carry(self, phases: list[Reading], total: Reading) -> None:
        """Add what an earlier, interrupted attempt at the same run has drawn."""
        self._booked = phases + self._booked
        self._carried_total.append(total)

    def phases(self) -> tuple[Reading, ...]:
        """Return one reading a phase, in the order in which they first occurred."""
        by_name: dict[str, list[Reading]] = {}
        for reading in self._booked:
            by_name.setdefault(reading.name, []).append(reading)
        return tuple(add_readings(name, readings) for name, readings in by_name.items())

    def total(self) -> Reading:
        """Return everything since the ledger was opened, asides excepted, attempts included."""
        span = self._meter.between("total", self._start, self._meter.now())
        own = subtract_readings(span, self._asides)
        return add_readings("total", [*self._carried_total, own])
