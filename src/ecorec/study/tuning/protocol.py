"""What a tuning must not change once it has begun, so that all trials are comparable."""

from datetime import UTC, datetime
from typing import Any

import torch

from ecorec.energy.cpu_time import CpuTimeSensor
from ecorec.energy.hardware import Hardware
from ecorec.energy.reading import Reading
from ecorec.errors import StudyError
from ecorec.graph.kernels import default_kernel
from ecorec.study.run_settings import MeasurementSettings
from ecorec.study.tuning import journal
from ecorec.study.tuning.record import TuningRecord
from ecorec.study.tuning.settings import Task, TuningSettings
from ecorec.study.tuning.trial import Ground

NOT_COMPARABLE = "those of its trials would not be comparable"


def new_record(
    settings: TuningSettings, ground: Ground, measurement: MeasurementSettings
) -> TuningRecord:
    """Return the record of a tuning that has had no trial yet."""
    study = settings.study
    run = settings.run_settings(settings.tasks()[0], {})
    return TuningRecord(
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        dataset=study.datasets[0],
        fingerprint=ground.dataset.fingerprint(),
        data=run.data,
        split=run.split,
        split_seed=study.split_seed,
        preset=study.preset,
        objective=settings.objective,
        trials_per_model=settings.trials,
        epochs=study.epochs[0],
        seed=study.seeds[0],
        protocol=_protocol(settings) | _conditions(settings, measurement),
        search=journal.search_in_words(prunes=settings.prune and not settings.weighs_energy),
        machines=(),
    )


def _protocol(settings: TuningSettings) -> dict[str, Any]:
    """Return what a tuning must not change once it has begun."""
    study = settings.study
    return {
        "dataset": study.datasets[0],
        "objective": ",".join(settings.objective),
        "epochs": study.epochs[0],
        "seed": study.seeds[0],
        "split": study.split,
        "split_seed": study.split_seed,
        "preset": study.preset,
        "dtype": study.dtype,
        "prune": settings.prune,
        "set": {key: study.model_dump(mode="json")["set"][key] for key in sorted(study.set)},
    }


def _conditions(settings: TuningSettings, measurement: MeasurementSettings) -> dict[str, Any]:
    """Return what changes the joules of a trial and not its quality, if joules are weighed."""
    if not settings.weighs_energy:
        return {}
    device = measurement.device
    kernel = measurement.kernel or default_kernel(torch.device(device))
    return {"threads": measurement.threads, "device": device, "kernel": kernel}


def check_same(earlier: TuningRecord, settings: TuningSettings) -> None:
    """Make sure that a tuning goes on as it began.

    Raises:
        StudyError: It was begun with other settings.
    """
    for key, now in _protocol(settings).items():
        if earlier.protocol.get(key) != now:
            message = (
                f"the tuning was begun with {key} = {earlier.protocol.get(key)}, not {now}: its "
                "trials would not be comparable"
            )
            raise StudyError(message, hint="give the same settings, or another --out")


def check_conditions(
    earlier: TuningRecord,
    settings: TuningSettings,
    measurement: MeasurementSettings,
    hardware: Hardware,
) -> None:
    """Make sure that a tuning that weighs joules goes on under the conditions that it began under.

    What the record of an older version does not hold is not compared.

    Raises:
        StudyError: It was begun under others.
    """
    then, now = earlier.protocol, _conditions(settings, measurement)
    differ = {key: (then[key], now[key]) for key in now if then.get(key, now[key]) != now[key]}
    machines = [machine.machine_id for machine in earlier.machines]
    if settings.weighs_energy and machines and hardware.machine_id not in machines:
        differ["machine"] = (machines[-1], hardware.machine_id)
    if differ:
        begun, here = (
            ", ".join(f"{key} = {values[end]}" for key, values in differ.items()) for end in (0, 1)
        )
        message = (
            f"the tuning weighs joules and was begun with {begun}, not {here}: {NOT_COMPARABLE}"
        )
        raise StudyError(message, hint=f"go on with {begun}, or give another --out")


def check_sensors(earlier: TuningRecord, begun: Reading) -> None:
    """Make sure that the sensors that have read the joules of trials will read those to come.

    Args:
        earlier: A tuning that weighs joules.
        begun: Tells which sensors count from now on.

    Raises:
        StudyError: Others have read them.
    """
    here = _sensors(begun)
    known = [_sensors(t.energy) for m in earlier.models for t in m.complete if t.energy is not None]
    # A sensor that failed for a moment is missing in one trial, not in all.
    if known and here not in known:
        message = (
            f"the tuning weighs joules that {known[-1]} has read, not {here}: {NOT_COMPARABLE}"
        )
        hint = "`ecorec doctor` says what can be read here; or give another --out"
        raise StudyError(message, hint=hint)


def check_watts(earlier: TuningRecord, begun: Reading, hardware: Hardware) -> None:
    """Make sure that trials whose joules follow from CPU seconds are all billed the same watts.

    Args:
        earlier: A tuning that weighs joules.
        begun: Tells which sensors count from now on.
        hardware: With the watts that a busy CPU is billed with from now on.

    Raises:
        StudyError: Its trials were billed others.
    """
    if all(item.sensor != CpuTimeSensor.name for item in begun.counted):
        return
    known = [m.watts_per_cpu for m in earlier.machines if m.machine_id == hardware.machine_id]
    # In words, so that watts that were worked out can be stated as the hint does.
    then, here = (
        ",".join(f"{w:g}" for w in watts)
        for watts in ((known or [hardware.watts_per_cpu])[-1], hardware.watts_per_cpu)
    )
    if then != here:
        message = f"the tuning weighs joules that were billed {then} W a busy CPU, not {here} W: "
        hint = f"go on with --watts-per-cpu {then}, or give another --out"
        raise StudyError(message + NOT_COMPARABLE, hint=hint)


def _sensors(reading: Reading) -> str:
    return " and ".join(sorted(item.sensor for item in reading.counted))


def check_equal(earlier: TuningRecord, settings: TuningSettings, tasks: list[Task]) -> None:
    """Make sure that all models of a folder will have had the same number of trials.

    Raises:
        StudyError: A model has had more trials, or would be left with fewer.
    """
    asked = {(task.model, task.embedding_size) for task in tasks}
    for model in earlier.models:
        named = (model.model, model.embedding_size) in asked
        if not named and not model.n_trials:
            continue  # It is left out.
        if model.n_trials > settings.trials or (not named and model.n_trials < settings.trials):
            message = (
                f"{model.label} has had {model.n_trials} trials already, not {settings.trials}: "
                "models would not have been tuned alike"
            )
            hint = f"ask for --trials {model.n_trials}, or name its model and size as well"
            raise StudyError(message, hint=hint)
