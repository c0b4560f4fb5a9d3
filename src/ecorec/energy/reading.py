"""What a window of measurement yields: joules per component, each with method and range."""

from typing import Literal, get_args

from pydantic import NonNegativeFloat, model_validator

from ecorec.config import Config

Method = Literal["wall", "counter", "modelled", "assumed", "projected", "replayed", "absent"]
"""How a number was obtained, best first; `absent` means it could not be read."""

Scope = Literal["process", "machine"]
"""Whose energy it is: the process tree's share, or everything in the box."""

METHODS: tuple[Method, ...] = get_args(Method)
"""All of them, best first."""


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
    edge_j: NonNegativeFloat = 0.0
    """Part of the range to either side that is of the window's two ends, and not a share of its
    joules: the step of a meter that counts, and what passed since its last answer."""
    gap_s: NonNegativeFloat = 0.0
    """Seconds in which the sensor gave no value and its last one was taken to hold."""

    @model_validator(mode="after")
    def _absent_is_not_zero(self) -> "ComponentEnergy":
        values = (self.low_j, self.energy_j, self.high_j)
        if any((value is None) != (self.method == "absent") for value in values):
            message = (
                f"method `{self.method}` with {values} J: exactly what is absent has no joules"
            )
            raise ValueError(message)
        return self


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
        """Central joules of the components that count; `None` if none is present."""
        return _total([component.energy_j for component in self.counted])

    @property
    def low_j(self) -> float | None:
        """Lower end of the range over the components that count."""
        return _total([component.low_j for component in self.counted])

    @property
    def high_j(self) -> float | None:
        """Upper end of the range over the components that count."""
        return _total([component.high_j for component in self.counted])

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods of the components that count, without repetition."""
        return tuple(dict.fromkeys(item.method for item in self.counted)) or ("absent",)

    @property
    def shares(self) -> dict[Method, float]:
        """Share of each method in `energy_j`, best method first; empty if it is absent."""
        total = self.energy_j
        if not total:
            return {}
        joules = {
            method: sum(item.energy_j or 0.0 for item in self.counted if item.method == method)
            for method in METHODS
        }
        return {method: value / total for method, value in joules.items() if value}

    @property
    def scope(self) -> Scope | None:
        """Whose joules `energy_j` is; `None` if it is absent."""
        return self.counted[0].scope if self.counted else None

    @property
    def counted(self) -> tuple[ComponentEnergy, ...]:
        """The components that `energy_j` adds up: one scope, and every joule once.

        The machine's, if it was measured, else the process's.
        """
        return self.in_scope("machine") or self.in_scope("process")

    @property
    def counts_gpu(self) -> bool:
        """Whether a GPU's joules are in `energy_j`: by its own counter, or by the wall's meter."""
        return any(item.component in ("gpu", "machine") for item in self.counted)

    def in_scope(self, scope: Scope) -> tuple[ComponentEnergy, ...]:
        """Return what adds up to the energy of the machine, or of the process.

        A meter at the wall has seen every other component already. Of two sensors of one
        component the better method counts. Without its CPU, a machine's sum would be a part
        that passes for the whole, and is absent.

        Args:
            scope: Whose energy is asked for.
        """
        best: dict[str, ComponentEnergy] = {}
        for item in sorted(self.components, key=lambda item: METHODS.index(item.method)):
            if item.scope == scope and item.energy_j is not None:
                best.setdefault(item.component, item)
        if "machine" in best:
            return (best["machine"],)
        return tuple(best.values()) if "cpu" in best else ()

    def part_of(self, whole: "Reading") -> "Reading":
        """Return this part of a whole with the joules that the whole counts, or without any.

        A sensor that could not be read for a moment may be in the whole, and not in a part whose
        edge that moment was. What is left there, of the process or of fewer sensors, is not to be
        added to the other parts, nor held against them.

        Args:
            whole: The total, or another reading that says which components count.
        """
        counted = {(item.component, item.sensor) for item in whole.counted}
        kept = tuple(item for item in self.components if (item.component, item.sensor) in counted)
        is_whole = len(kept) == len(counted) and all(item.energy_j is not None for item in kept)
        return self.model_copy(update={"components": kept if is_whole else ()})


def _total(values: list[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return sum(present) if present else None
