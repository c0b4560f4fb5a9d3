"""A meter at the wall: the one sensor that sees the whole machine, its losses included."""

import math
import shlex
import threading
import time
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

from ecorec.config import Config
from ecorec.energy.accumulator import Accumulator
from ecorec.energy.meter_count import Edge, MeterCount
from ecorec.energy.pace import Pace
from ecorec.energy.probe import Probe, ProbeError, command_probe, prometheus_probe
from ecorec.energy.reading import ComponentEnergy, Method, Scope
from ecorec.energy.sensor import absent_energy
from ecorec.errors import InputError
from ecorec.units import JOULES

Unit = Literal["W", "J", "Wh", "kWh"]
"""What a meter answers with: the power now, or the energy since it was reset."""


class WallSettings(Config):
    """How the meter at the wall is asked; by a command or from Prometheus."""

    command: str | None = None
    """Prints one number, e.g. `read-plug --watts`."""
    prometheus_url: str | None = None
    """Server that is asked instead, e.g. `http://localhost:9090`."""
    query: str | None = None
    """What the server is asked, e.g. `plug_power_watts{host="gpu3"}`."""
    unit: Unit = "W"
    """`W` is integrated over time; `J`, `Wh` and `kWh` are the meter's own count."""
    every_s: PositiveFloat = 1.0
    """Seconds between two questions: how often the meter's value changes or is scraped."""
    relative_error: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Accuracy by the meter's data sheet, as a share of the reading."""


class WallSensor:
    """Joules of the whole machine. A power holds until the next answer.

    Args:
        probe: Asks the meter.
        settings: Unit, period and accuracy.
        clock: Monotonic seconds.
    """

    name = "wall"
    component = "machine"
    method: Method = "wall"
    scope: Scope = "machine"

    def __init__(
        self, probe: Probe, settings: WallSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.sample_every_s = settings.every_s
        self._pace = Pace(settings.every_s)
        self._probe = probe
        self._unit = settings.unit
        self._count = None if settings.unit == "W" else MeterCount(JOULES[settings.unit])
        self._relative_error = settings.relative_error
        self._clock = clock
        self._counted = Accumulator()
        self._lock = threading.Lock()
        self._answer: float | None = None
        self._counted_s = 0.0
        self._failure: str | None = "the meter has not been asked yet"
        self._silence = self._doubt = ""

    @property
    def period_s(self) -> float:
        """Seconds between two answers."""
        return self._pace.period_s

    @property
    def cautions(self) -> tuple[str, ...]:
        """What makes its readings less sure than its settings promise."""
        slow = f"the wall meter's {self._pace.complaint}" if self._pace.is_slow else ""
        return tuple(text for text in (slow, self._doubt) if text)

    def doubt(self, reason: str | None) -> None:
        """Say so with every reading; a meter that is slow or coarse may be sound."""
        self._doubt = f"the wall meter may be of another machine: {reason}" if reason else ""

    def sample(self) -> None:
        """Ask the meter; from a thread of its own, since it may take its time."""
        asked_s = self._clock()
        try:
            answer = self._probe()
        except ProbeError as error:
            self._failure = f"{error}"
            return
        if not (math.isfinite(answer) and answer >= 0):
            self._failure = f"the meter answered {answer:g} {self._unit}"
            return
        with self._lock:
            self._take(asked_s, self._clock(), answer)

    def lose(self, reason: str) -> None:
        """Count what passed around now as unknown, for this reason."""
        with self._lock:
            self._failure = reason
            self._counted.lose(reason)

    def read(self) -> float | None:
        """Return joules since the meter was first asked; `None` if it has ceased to answer."""
        with self._lock:
            now_s = self._clock()
            if self._answer is None or self._pace.is_late(now_s):
                self._silence = self._failure or self._why_silent(now_s)
                return None
            if self._count is None:
                self._hold(now_s, self._answer)
                return self._counted.energy_j
            return Edge(self._counted.energy_j, now_s, self._pace.asked_s)

    def between(self, start: float | None, end: float | None) -> ComponentEnergy:
        """Return the joules between two reads; absent if the meter was silent in between."""
        if start is None or end is None:
            return absent_energy(self, self._silence)
        edge_j = 0.0
        if self._count is not None and isinstance(start, Edge) and isinstance(end, Edge):
            edge_j = self._count.edge_j(start, end)
        return self._counted.between(self, start, end, self._relative_error, edge_j)

    def _why_silent(self, now_s: float) -> str:
        silent_s = now_s - self._pace.answered_s
        why = self._failure or (self._pace.complaint if self._pace.is_slow else "it was not asked")
        return f"the meter was silent for {silent_s:.0f} s: {why}"

    def _hold(self, now_s: float, watts: float) -> None:
        self._counted.add(round(watts * (now_s - self._counted_s) * 1e6))
        self._counted_s = now_s

    def _take(self, asked_s: float, now_s: float, answer: float) -> None:
        if self._count is not None:
            self._add(self._count.take(asked_s, answer))
        elif self._answer is not None and self._pace.is_late(now_s):
            self._counted.lose(self._why_silent(now_s))
        elif self._answer is not None:
            self._hold(now_s, self._answer)
            if gap_s := self._pace.gap_s(now_s):
                self._counted.bridge(gap_s)
        self._answer, self._failure = answer, None
        self._counted_s = now_s
        self._pace.answer(asked_s, now_s)

    def _add(self, joules: float) -> None:
        if joules < 0:
            self._counted.lose("the meter's count went down: it was reset")
        else:
            self._counted.add(round(joules * 1e6))


def wall_sensor(settings: WallSettings) -> WallSensor:
    """Return the sensor of the meter that the settings describe, having asked it once.

    Raises:
        InputError: Nothing or too much to ask is named, the command is none, or there is no
            answer.
    """
    if (settings.command is None) == (settings.prometheus_url is None):
        message = "a wall meter needs either a command or a Prometheus server"
        raise InputError(message, hint='e.g. command = "read-plug --watts"')
    if settings.command is not None:
        probe = command_probe(_words(settings.command))
    elif settings.query is not None:
        probe = prometheus_probe(settings.prometheus_url or "", settings.query)
    else:
        message = f"what to ask {settings.prometheus_url} for is not stated"
        raise InputError(message, hint="e.g. query = 'plug_power_watts{host=\"gpu3\"}'")
    try:
        probe()
    except ProbeError as error:
        message = f"the wall meter gives no number: {error}"
        raise InputError(message, hint="it must answer before a study begins") from None
    return WallSensor(probe, settings)


def _words(command: str) -> list[str]:
    """Return a command's program and arguments, split as in a shell, but without one."""
    hint = "e.g. --wall-command 'read-plug --watts'"
    try:
        words = shlex.split(command)
    except ValueError as error:
        message = f"the wall meter's command `{command}` cannot be split into words: {error}"
        raise InputError(message, hint=f"close what is quoted, {hint}") from None
    if not words or not words[0]:
        message = f"the wall meter's command `{command}` names no program"
        raise InputError(message, hint=hint)
    return words
