"""A run's joules and kilograms as its preset counts them, carried to the paper's 400 epochs.

`as-described` counts the training epochs alone, `as-run` the whole call in the constants of
CodeCarbon 2.5.0, `recommended` the whole call by the sensors of the run. A run of fewer epochs is
extrapolated: its epochs and its validations are multiplied, everything else counts once. A run that
was ended by a rule such as patience counts as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ecorec.analysis.columns import energy_method
from ecorec.analysis.paper.published import EPOCHS
from ecorec.energy import codecarbon_2_5
from ecorec.energy.reading import Reading
from ecorec.study.presets import PRESETS, Preset
from ecorec.study.record import RunRecord
from ecorec.training.fit import n_validations
from ecorec.units import kwh_from_joules


@dataclass(frozen=True)
class Footprint:
    """Joules and seconds of a whole training, in one scope."""

    energy_j: float
    method: str
    """How the joules were obtained, and from how many epochs if they were fewer."""
    scope: str
    """`whole call` or `training epochs`."""
    extrapolated: bool
    """Whether the run had another number of epochs than the whole training."""
    duration_s: float
    """Seconds of that scope."""

    def emissions_kg(self, g_per_kwh: float) -> float:
        """Return kilograms of CO2-eq."""
        return emissions_kg(self.energy_j, g_per_kwh)


def emissions_kg(energy_j: float, g_per_kwh: float) -> float:
    """Return kilograms of CO2-eq."""
    return kwh_from_joules(energy_j) * g_per_kwh / 1000


def preset_of(record: RunRecord) -> Preset:
    """Return the preset that a record names, tuned or not."""
    return PRESETS.get(record.preset.partition(",")[0], PRESETS["recommended"])


def footprint(
    record: RunRecord, preset: Preset, rated_w: float = codecarbon_2_5.UNKNOWN_CPU_W
) -> Footprint | None:
    """Return what a run drew, or `None` where it has no joules or was not trained in epochs.

    Args:
        record: The run.
        preset: Whose scope and accounting are asked for; not necessarily the run's own.
        rated_w: Thermal design power of the CPU, for CodeCarbon 2.5.0's constants.
    """
    if not record.epochs:
        return None
    training_only = preset.scope == "training"
    duration_s = _carried(record, lambda reading: reading.duration_s, training_only)
    scope = "training epochs" if training_only else "whole call"
    if duration_s is None:
        return None
    if preset.accounting == "codecarbon-2.5":
        joules = codecarbon_2_5.energy_j(duration_s, record.peak_memory_bytes, rated_w)
        gpu_j = _carried(record, _gpu_j, training_only)
        total = joules + (gpu_j or 0.0)
        method = codecarbon_2_5.METHOD
    else:
        measured = _carried(record, lambda part: part.part_of(record.total).energy_j, training_only)
        if measured is None:
            return None
        total, method = measured, energy_method(record)
    n = len(record.epochs)
    extrapolated = n != _epochs(record)
    if extrapolated:
        method += f", extrapolated from {n} epoch{'s' if n > 1 else ''}"
    return Footprint(total, method, scope, extrapolated, duration_s)


def _epochs(record: RunRecord) -> int:
    """Return the epochs of the whole training."""
    return len(record.epochs) if record.ended_by else EPOCHS


def _carried(
    record: RunRecord, of: Callable[[Reading], float | None], training_only: bool
) -> float | None:
    """Return a quantity extrapolated to the whole training; `None` if a part is absent."""
    training = record.settings.get("training") or {}
    every = int(training.get("validate_every") or 1)
    n_validated = sum(epoch.validation is not None for epoch in record.epochs)
    n_epochs = _epochs(record)
    factors = {"train": n_epochs / len(record.epochs)}
    if n_validated:
        factors["validate"] = n_validations(n_epochs, every) / n_validated
    phases = {reading.name: of(reading) for reading in record.phases}
    if training_only:
        train = phases.get("train")
        return None if train is None else train * factors["train"]
    whole = of(record.total)
    if whole is None:
        return None
    for name, factor in factors.items():
        part = phases.get(name, 0.0)
        if part is None:
            return None
        whole += part * (factor - 1)
    return whole


def _gpu_j(reading: Reading) -> float:
    # Every version of CodeCarbon reads GPUs by their counter.
    boards = (part for part in reading.components if part.component == "gpu")
    return sum((part.energy_j or 0.0 for part in boards), 0.0)
