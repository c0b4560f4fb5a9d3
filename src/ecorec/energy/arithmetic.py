"""Sums, multiples and differences of readings, in which nothing absent becomes a zero."""

from collections.abc import Iterable

from ecorec.energy.reading import METHODS, ComponentEnergy, Reading


def add_readings(name: str, readings: list[Reading]) -> Reading:
    """Return the sum of readings that do not overlap, e.g. every `train` window of a run.

    Components are matched by component and sensor; one that is absent in a reading, or that
    a reading lacks, is absent in the sum, because a partial sum would pass for a whole one.
    """
    components: dict[tuple[str, str], list[ComponentEnergy]] = {}
    for reading in readings:
        for item in reading.components:
            components.setdefault((item.component, item.sensor), []).append(item)
    return Reading(
        name=name,
        duration_s=sum(reading.duration_s for reading in readings),
        cpu_s=sum(reading.cpu_s for reading in readings),
        components=tuple(_add(items, len(readings)) for items in components.values()),
        warnings=_distinct(text for reading in readings for text in reading.warnings),
    )


def _add(items: list[ComponentEnergy], n_readings: int) -> ComponentEnergy:
    for item in items:
        if item.energy_j is None:
            return item
    if len(items) < n_readings:
        return _absent(items[0], "not read during a part of the time, on another machine perhaps")
    return items[0].model_copy(
        update={
            # A sum is no better than the worst of its parts.
            "method": max((item.method for item in items), key=METHODS.index),
            "energy_j": sum(item.energy_j or 0.0 for item in items),
            "low_j": sum(item.low_j or 0.0 for item in items),
            "high_j": sum(item.high_j or 0.0 for item in items),
            "edge_j": sum(item.edge_j for item in items),
            "gap_s": sum(item.gap_s for item in items),
            "reason": "; ".join(_distinct(item.reason for item in items if item.reason)) or None,
        }
    )


def _absent(item: ComponentEnergy, reason: str) -> ComponentEnergy:
    nothing = {"method": "absent", "energy_j": None, "low_j": None, "high_j": None}
    return item.model_copy(update={**nothing, "reason": reason})


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def scaled_reading(reading: Reading, times: float) -> Reading:
    """Return a reading of so many times the same work; its components keep their methods."""

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * times

    return reading.model_copy(
        update={
            "duration_s": reading.duration_s * times,
            "cpu_s": reading.cpu_s * times,
            "components": tuple(
                item.model_copy(
                    update={
                        "energy_j": scaled(item.energy_j),
                        "low_j": scaled(item.low_j),
                        "high_j": scaled(item.high_j),
                        "edge_j": item.edge_j * times,
                        "gap_s": item.gap_s * times,
                    }
                )
                for item in reading.components
            ),
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
                _subtract_component(item, by_sensor.get((item.component, item.sensor)))
                for item in whole.components
            ),
        }
    )


def _subtract_component(whole: ComponentEnergy, inner: ComponentEnergy | None) -> ComponentEnergy:
    if whole.energy_j is None:
        return whole
    if inner is None:
        return _absent(whole, "not read in a part that would have to be subtracted")
    if inner.energy_j is None:
        return inner
    # A share of the joules is off the same way in both and cancels out; an open end does not.
    low_j = (whole.low_j or 0.0) - (inner.low_j or 0.0) - 2 * inner.edge_j
    high_j = (whole.high_j or 0.0) - (inner.high_j or 0.0) + 2 * inner.edge_j
    left = {
        "energy_j": whole.energy_j - inner.energy_j,
        "low_j": low_j,
        "high_j": high_j,
        "gap_s": whole.gap_s - inner.gap_s,
    }
    floored = {key: max(0.0, value) for key, value in left.items()}
    return whole.model_copy(update={**floored, "edge_j": whole.edge_j + inner.edge_j})
