"""What a window of measurement yields: joules per component, each with method and range."""

from typing import Literal

from pydantic import NonNegativeFloat

from ecorec.config import Config

Method = Literal["wall", "counter", "modelled", "assumed", "projected", "replayed", "absent"]
"""How a number was obtained, best first; `absent` means it could not be read."""

Scope = Literal["process", "machine"]
"""Whose energy it is: the process tree's share, or everything in the box."""


class ComponentEnergy(Config):
    """Energy of one component over one window, as one sensor saw it."""

    component: str
    """What was measured: `cpu`, `ram`, `gpu`, `machine`."""
    sensor: str
    """The sensor's own name, e.g. `cpu-time`."""
    method: Method
    """How the joules were obtained."""
    scope: Scope
    """Whose joules they are."""
    energy_j: NonNegativeFloat | None
    """Central value in joules; `None` exactly when the method is `absent`."""
    low_j: NonNegativeFloat | None
    """Lower end of the range that the sensor itself claims."""
    high_j: NonNegativeFloat | None
    """Upper end of the range that the sensor itself claims."""
    reason: str | None = None
    """Why the value is absent, or what the reader must know about it."""


class Reading(Config):
    """One closed window: how long it was, what the process did, what it drew."""

    name: str
    """The window's name; for a phase, the phase."""
    duration_s: NonNegativeFloat
    """Seconds on a monotonic clock."""
    cpu_s: NonNegativeFloat
    """CPU seconds of the process tree, exact."""
    components: tuple[ComponentEnergy, ...]
    """One entry per sensor; absent sensors included."""
    warnings: tuple[str, ...] = ()
    """What makes this reading less sure, in words."""

    @property
    def energy_j(self) -> float | None:
        """Central joules over all present components; `None` if none is present."""
        return _total([component.energy_j for component in self.components])

    @property
    def low_j(self) -> float | None:
        """Lower end of the range over all present components."""
        return _total([component.low_j for component in self.components])

    @property
    def high_j(self) -> float | None:
        """Upper end of the range over all present components."""
        return _total([component.high_j for component in self.components])

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods of the components that are present, without repetition."""
        present = [item.method for item in self.components if item.energy_j is not None]
        return tuple(dict.fromkeys(present)) or ("absent",)


def _total(values: list[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return sum(present) if present else None


def add_readings(name: str, readings: list[Reading]) -> Reading:
    """Return the sum of readings that do not overlap, e.g. every `train` window of a run.

    Components are matched by component and sensor; a component that is absent in one
    reading is absent in the sum, because a partial sum would pass for a whole one.
    """
    components: dict[tuple[str, str], list[ComponentEnergy]] = {}
    for reading in readings:
        for item in reading.components:
            components.setdefault((item.component, item.sensor), []).append(item)
    return Reading(
        name=name,
        duration_s=sum(reading.duration_s for reading in readings),
        cpu_s=sum(reading.cpu_s for reading in readings),
        components=tuple(_add_components(items) for items in components.values()),
        warnings=tuple(dict.fromkeys(text for reading in readings for text in reading.warnings)),
    )


def _add_components(items: list[ComponentEnergy]) -> ComponentEnergy:
    absent = [item for item in items if item.energy_j is None]
    if absent:
        return absent[0]
    return items[0].model_copy(
        update={
            "energy_j": sum(item.energy_j or 0.0 for item in items),
            "low_j": sum(item.low_j or 0.0 for item in items),
            "high_j": sum(item.high_j or 0.0 for item in items),
        }
    )


def subtract_readings(whole: Reading, parts: list[Reading]) -> Reading:
    """Return a reading without the windows inside it, component by component."""
    if not parts:
        return whole
    inner = add_readings(whole.name, parts)
    by_sensor = {(item.component, item.sensor): item for item in inner.components}
    return whole.model_copy(
        update={
            # Rounding can leave a hair less than nothing; a duration is never negative.
            "duration_s": max(0.0, whole.duration_s - inner.duration_s),
            "cpu_s": max(0.0, whole.cpu_s - inner.cpu_s),
            "components": tuple(
                _subtract_component(item, by_sensor[item.component, item.sensor])
                for item in whole.components
            ),
        }
    )


def _subtract_component(whole: ComponentEnergy, inner: ComponentEnergy) -> ComponentEnergy:
    if whole.energy_j is None or inner.energy_j is None:
        return whole if whole.energy_j is None else inner
    pairs = {
        "energy_j": (whole.energy_j, inner.energy_j),
        "low_j": (whole.low_j or 0.0, inner.low_j or 0.0),
        "high_j": (whole.high_j or 0.0, inner.high_j or 0.0),
    }
    return whole.model_copy(update={key: max(0.0, a - b) for key, (a, b) in pairs.items()})
