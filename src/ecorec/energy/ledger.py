"""A run's account: every phase booked once, the whole apart, and the rest shown."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ecorec.energy.arithmetic import add_readings, subtract_readings
from ecorec.energy.meter import Meter, Window
from ecorec.energy.reading import Reading


@dataclass
class _Open:
    """A window that has not closed yet, and those inside it that have."""

    is_aside: bool
    inner: list[Window] = field(default_factory=list)


class Ledger:
    """Books windows under phase names, from now until it is read.

    Phases are exclusive: what a phase inside another one draws is booked under the inner
    name only. `total` is measured over the whole span rather than added up, so the phases
    sum to it up to an unbooked rest. A body that raises is booked up to there.

    Windows are only noted while the run lasts and added up when somebody asks, so that the
    book-keeping is no part of what is measured.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._start = meter.now()
        self._booked: dict[str, Reading] = {}
        self._noted: list[tuple[Window, list[Window]]] = []
        self._asides: list[Window] = []
        self._aside: list[Reading] = []
        self._open: list[_Open] = []
        self._carried: list[Reading] = []

    @contextmanager
    def phase(self, name: str) -> Iterator[Window]:
        """Book the body under a phase; its window's reading includes inner phases.

        Inside an aside it is measured, and booked nowhere. What a window took that an interruption
        left open belongs to the phase around it, or to none.
        """
        opened, window = _Open(is_aside=False), self._meter.window(name)
        try:
            with self._nested(opened, window):
                yield window
        finally:
            if window.has_closed and not self._inside_aside():
                self._noted.append((window, opened.inner))

    @contextmanager
    def aside(self, name: str) -> Iterator[Window]:
        """Measure the body, but keep it out of every phase and of the total.

        For work that belongs to another run, such as the test of a shorter training that a
        longer one passes on its way.
        """
        opened, window = _Open(is_aside=True), self._meter.window(name)
        try:
            with self._nested(opened, window):
                yield window
        finally:
            if window.has_closed and not self._inside_aside():
                self._asides.append(window)

    def carry(self, phases: Sequence[Reading], total: Reading) -> None:
        """Add what an earlier, interrupted attempt at the same run has drawn.

        Args:
            phases: The earlier ledger's phases, which come first.
            total: The earlier ledger's total.
        """
        self._add_up()
        later, self._booked = self._booked, {}
        for reading in (*phases, *later.values()):
            self._book(reading)
        self._carried.append(total)

    def phases(self) -> tuple[Reading, ...]:
        """Return one reading a phase that has closed, in the order in which they first did."""
        self._add_up()
        return tuple(self._booked.values())

    def total(self) -> Reading:
        """Return everything since the ledger was opened, asides excepted, attempts included."""
        span = self._meter.between("total", self._start, self._meter.now(closing=True))
        if self._asides:
            readings = [window.reading for window in self._asides]
            self._aside = [add_readings("aside", [*self._aside, *readings])]
            self._asides.clear()
        own = subtract_readings(span, self._aside)
        return add_readings("total", [*self._carried, own])

    @property
    def begun(self) -> Reading:
        """The account before any time had passed: it tells which components the total counts.

        A sensor that cannot be read for a moment is absent from the total then, but not from this.
        """
        start = self._meter.between("total", self._start, self._start)
        return add_readings("total", [*self._carried, start])

    def rest(self) -> Reading:
        """Return the part of the total that no phase accounts for; shown, never spread."""
        whole = self.total().model_copy(update={"name": "unbooked"})
        return subtract_readings(whole, [*self.phases()]).part_of(whole)

    @contextmanager
    def _nested(self, opened: _Open, window: Window) -> Iterator[None]:
        self._open.append(opened)
        try:
            with window:
                yield
        finally:
            self._open.pop()
            if self._open and window.has_closed:
                self._open[-1].inner.append(window)

    def _inside_aside(self) -> bool:
        return any(opened.is_aside for opened in self._open)

    def _add_up(self) -> None:
        """Book what was noted, in the order in which it closed."""
        noted: dict[str, list[Reading]] = {}
        for window, inner in self._noted:
            own = subtract_readings(window.reading, [item.reading for item in inner])
            noted.setdefault(window.name, []).append(own)
        self._noted.clear()
        for name, readings in noted.items():
            self._book(add_readings(name, readings))

    def _book(self, reading: Reading) -> None:
        earlier = self._booked.get(reading.name)
        known = [] if earlier is None else [earlier]
        self._booked[reading.name] = add_readings(reading.name, [*known, reading])
