"""Joules that only ever grow, and the points at which the count of them was lost."""

from ecorec.energy.reading import ComponentEnergy
from ecorec.energy.sensor import Sensor, absent_energy


class Accumulator:
    """What a sensor has counted since it was made, in whole microjoules."""

    def __init__(self) -> None:
        self._sum_uj = 0
        self._lost: list[tuple[float, str]] = []
        self._bridged: list[tuple[float, float]] = []

    @property
    def energy_j(self) -> float:
        """Joules so far."""
        return self._sum_uj / 1e6

    def add(self, energy_uj: int) -> None:
        """Count microjoules."""
        self._sum_uj += energy_uj

    def bridge(self, seconds: float) -> None:
        """Mark that the joules up to now were not looked at for this long, but inferred."""
        self._bridged.append((self.energy_j, seconds))

    def lose(self, reason: str) -> None:
        """Mark that an unknown number of joules passed: every span around this is absent."""
        # A point that lies inside of all spans around it, and outside of those that end here
        # or begin here.
        self._lost.append((self.energy_j + 0.5e-6, reason))
        self._sum_uj += 1

    def between(
        self,
        sensor: Sensor,
        start_j: float,
        end_j: float,
        relative_error: float = 0.0,
        edge_j: float = 0.0,
    ) -> ComponentEnergy:
        """Return the joules between two values that `energy_j` had.

        Args:
            sensor: Whose joules they are.
            start_j: The earlier value.
            end_j: The later value.
            relative_error: The range that the sensor claims, to either side.
            edge_j: Joules by which it may be off at the two ends, to either side.
        """
        for at_j, reason in self._lost:
            if start_j < at_j < end_j:
                return absent_energy(sensor, reason)
        joules = max(0.0, end_j - start_j)
        return ComponentEnergy(
            component=sensor.component,
            sensor=sensor.name,
            method=sensor.method,
            scope=sensor.scope,
            energy_j=joules,
            low_j=max(0.0, joules * (1 - relative_error) - edge_j),
            high_j=joules * (1 + relative_error) + edge_j,
            edge_j=edge_j,
            gap_s=sum(seconds for at_j, seconds in self._bridged if start_j < at_j <= end_j),
        )
