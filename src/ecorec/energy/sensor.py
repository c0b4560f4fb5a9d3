"""What every sensor offers, and the sensor that is not there."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ecorec.energy.reading import ComponentEnergy, Method, Scope


@runtime_checkable
class Sensor(Protocol):
    """Something that yields joules between two moments."""

    @property
    def name(self) -> str:
        """The sensor's own name, e.g. `cpu-time`."""
        ...

    @property
    def component(self) -> str:
        """What it measures: `cpu`, `ram`, `gpu`, `machine`."""
        ...

    @property
    def method(self) -> Method:
        """How it obtains its joules."""
        ...

    @property
    def scope(self) -> Scope:
        """Whose joules they are."""
        ...

    @property
    def period_s(self) -> float:
        """How often its value changes; a window should last at least 20 times as long."""
        ...

    def read(self) -> float | None:
        """Return a value that only ever grows, in the sensor's own unit; `None` if it failed."""
        ...

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        """Return the joules between two values that `read` returned."""
        ...


@runtime_checkable
class Cautious(Protocol):
    """A sensor that may have something to say against its own readings."""

    @property
    def cautions(self) -> tuple[str, ...]:
        """What makes them less sure, in words; empty if nothing does."""
        ...


@runtime_checkable
class Doubtful(Protocol):
    """A sensor that may be sound and fail its test, so that it is kept and says what it showed."""

    def doubt(self, reason: str | None) -> None:
        """Be told what the test showed; `None` if it passed."""
        ...


@dataclass(frozen=True)
class AbsentSensor:
    """A sensor that this machine lacks, and why."""

    component: str
    reason: str
    name: str = "none"
    method: Method = "absent"
    scope: Scope = "machine"
    period_s: float = 0.0

    def read(self) -> float | None:
        """Return nothing: there is nothing to read."""
        return None

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        """Return an absent value with the reason; never a zero."""
        return absent_energy(self, self.reason)


def absent_energy(sensor: Sensor, reason: str) -> ComponentEnergy:
    """Return what a sensor yields when it could not be read."""
    return ComponentEnergy(
        component=sensor.component,
        sensor=sensor.name,
        method="absent",
        scope=sensor.scope,
        energy_j=None,
        low_j=None,
        high_j=None,
        reason=reason,
    )
