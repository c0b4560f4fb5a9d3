"""Columns that need more than a record: its study's grid, idle power, rates and tuning."""

from collections.abc import Callable, Sequence
from typing import Any

from ecorec.analysis.columns import Column, Value, energy_method
from ecorec.analysis.drivers.complexity import rates_of, roof_share
from ecorec.analysis.idle import NOT_TOLD, split_idle
from ecorec.analysis.tuning import Bill, bill_of
from ecorec.energy.emissions import Intensity, emissions_g
from ecorec.energy.idle import IdleBaseline
from ecorec.planning.calibration import Calibration
from ecorec.study.record import RunRecord
from ecorec.study.tuning.summary import TuningSummary


def tuning_columns(tunings: Sequence[TuningSummary]) -> tuple[Column, ...]:
    """What choosing a run's settings cost."""

    def of(read: Callable[[Bill], Any]) -> Value:
        def value(record: RunRecord) -> Any:
            bill = bill_of(record, tunings)
            return None if bill is None else read(bill)

        return value

    method, meaning = "tuning_method", "end of the sensors' range"
    return (
        Column(
            "tuning_j",
            "J",
            "all trials that chose its settings; not in `energy_j`, and once for all its seeds",
            float,
            of(lambda bill: bill.tuned.bill.energy_j),
            method,
        ),
        Column(
            "tuning_low_j",
            "J",
            f"low {meaning}",
            float,
            of(lambda bill: bill.tuned.bill.low_j),
            method,
        ),
        Column(
            "tuning_high_j",
            "J",
            f"high {meaning}",
            float,
            of(lambda bill: bill.tuned.bill.high_j),
            method,
        ),
        Column(
            "tuning_method",
            "",
            "how those joules were obtained; `!`: some beside other work on the machine",
            str,
            of(lambda bill: bill.method),
        ),
        Column(
            "tuning_trials",
            "trials",
            "of its model at that size, interrupted ones not counted",
            int,
            of(lambda bill: bill.tuned.n_trials),
        ),
        Column(
            "tuned_at",
            "numbers per user or item",
            "embedding size that was tuned, the nearest if its own was not",
            int,
            of(lambda bill: bill.tuned.embedding_size),
        ),
    )


def roof_columns(calibrations: Sequence[Calibration]) -> tuple[Column, ...]:
    """How close training came to the machine's highest rates."""

    def method(record: RunRecord) -> str:
        rates = rates_of(record, calibrations)
        if rates is None or roof_share(record, calibrations) is None:
            return "absent"
        beside = ", measured beside other work: too high" if rates.contaminated else ""
        return f"modelled: work by formula over calibrated rates{beside}"

    return (
        Column(
            "roof_share",
            "share",
            "of the machine's highest rates that training reached; by a model",
            float,
            lambda record: roof_share(record, calibrations),
            "roof_method",
        ),
        Column("roof_method", "", "how that share was obtained", str, method),
    )


def idle_columns(idle: Sequence[IdleBaseline]) -> tuple[Column, ...]:
    """A run's joules without those of the idle machine."""

    def part(name: str) -> Value:
        def value(record: RunRecord) -> float | None:
            split = split_idle(record, idle)
            found = None if split is None else getattr(split, name)
            return None if found is None else float(found)

        return value

    def method(record: RunRecord) -> str:
        split = split_idle(record, idle)
        if split is None:
            return "absent"
        return "+".join(split.methods) + ("" if split.dynamic_j is not None else f", {NOT_TOLD}")

    return (
        Column(
            "idle_j",
            "J",
            "what the idle machine would have drawn; empty where it was not measured",
            float,
            part("idle_j"),
            "idle_method",
        ),
        Column(
            "dynamic_j",
            "J",
            "`energy_j` without `idle_j`; empty where the run drew no more than that",
            float,
            part("dynamic_j"),
            "idle_method",
        ),
        Column("idle_method", "", "how idle power was obtained", str, method),
    )


def emission_columns(intensity: Intensity | None, pue: float) -> tuple[Column, ...]:
    """Grams under a grid."""

    def grams(record: RunRecord) -> float | None:
        energy_j = record.total.energy_j
        return emissions_g(energy_j, intensity, pue) if intensity and energy_j is not None else None

    def method(record: RunRecord) -> str:
        if intensity is None:
            return "absent"
        return f"{energy_method(record)} joules x PUE {pue:g} x {intensity.in_words()}"

    meaning = "joules x PUE x grid intensity; empty without a grid"
    return (
        Column("emissions_g", "g CO2-eq", meaning, float, grams, "emissions_method"),
        Column("emissions_method", "", "joules, PUE and grid behind the grams", str, method),
    )
