"""What a finished run leaves in its folder: parameters, metrics of each user, the record."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from torch import Tensor, nn

from ecorec.energy.reading import Reading
from ecorec.evaluation.evaluate import Evaluation
from ecorec.folders import write_whole
from ecorec.study import checkpoint
from ecorec.study.describe import command_line, cost_of_run, data_record, split_record
from ecorec.study.machine import builds, versions
from ecorec.study.record import CodeCarbonRecord, RunRecord
from ecorec.study.run_settings import RunSettings, short_hash
from ecorec.study.under_way import UnderWay
from ecorec.study.without_gpu import gpu_warnings


def finish(
    run: UnderWay,
    settings: RunSettings,
    folder: Path,
    parameters: Callable[[], dict[str, Tensor]],
    best_epoch: int | None,
) -> None:
    """Test the model, store it, close the account and write the record.

    Args:
        run: The training.
        settings: Settings of its longest run.
        folder: To be filled.
        parameters: Returns the parameters of the tested epoch.
        best_epoch: The tested epoch; `None` for a model without any.
    """
    with run.phase("test"):
        found = run.evaluate(settings)
    with run.phase("checkpoint"):
        stored = parameters()
        _save(settings, folder, stored)
    phases, total = run.account()
    reading = run.tracker.stop()
    write_run(
        run,
        settings,
        folder,
        stored,
        found,
        best_epoch=best_epoch,
        phases=phases,
        total=total,
        codecarbon=CodeCarbonRecord(**reading.model_dump()) if reading else None,
    )


def write_run(
    run: UnderWay,
    settings: RunSettings,
    folder: Path,
    parameters: dict[str, Tensor],
    found: Evaluation,
    *,
    best_epoch: int | None,
    phases: tuple[Reading, ...],
    total: Reading,
    codecarbon: CodeCarbonRecord | None,
    last_validation: float | None = None,
) -> None:
    """Fill a run's folder, its record last, and add the record to `run.records`.

    Args:
        run: The training that it came of.
        settings: Settings of the run, which may have fewer epochs than the training.
        folder: To be filled.
        parameters: Of the tested epoch.
        found: The test of the run.
        best_epoch: The tested epoch; `None` for a model without any.
        phases: Phases of the run.
        total: Total of the run.
        codecarbon: CodeCarbon's reading of the whole training; `None` for a shorter run.
        last_validation: Of the last epoch, if the training itself did not validate it.
    """
    if not (folder / "model.safetensors").exists():
        _save(settings, folder, parameters)
    ids = run.split.test.user_ids[found.users]
    columns = {"user": ids.astype(object), "n_relevant": found.n_relevant, **found.per_user}
    pl.DataFrame(columns, schema_overrides={"user": pl.String}).write_parquet(
        folder / "per_user.parquet"
    )
    measurement, context = run.job.measurement, run.context
    run_id = context.run_id(settings)
    used = versions()
    last = settings.training.epochs if settings.training else 0
    epochs = [epoch for epoch in run.epochs if epoch.epoch <= last]
    if epochs and last_validation is not None:
        epochs[-1] = epochs[-1].model_copy(update={"validation": last_validation})
    isolation = run.watch.isolation()
    record = RunRecord(
        run_id=run_id,
        measurement_id=short_hash(
            {
                "run": run_id,
                "machine": [context.hardware.machine_id, context.hardware.boot_id],
                "measurement": measurement.model_dump(mode="json"),
                "kernel": run.kernel,
                "versions": used,
            }
        ),
        repeat=measurement.repeat,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        model=settings.model,
        preset=run.job.preset,
        embedding_size=settings.model_settings.get("embedding_size"),
        n_layers=settings.model_settings.get("n_layers"),
        max_epochs=settings.training.epochs if settings.training else None,
        seed=settings.seed,
        settings=settings.model_dump(mode="json"),
        command=command_line(settings, measurement),
        data=data_record(run.data, run.split),
        split=split_record(run.split),
        machine=context.hardware,
        threads=measurement.threads,
        device=measurement.device,
        dtype=settings.dtype,
        kernel=run.kernel,
        users_per_call=measurement.users_per_call,
        memory_mapped=measurement.memory_map is not None,
        shards=measurement.shards,
        n_machines=run.n_machines,
        exchanged_bytes=run.exchanged_bytes(),
        versions=used,
        n_parameters=_count_parameters(run.model) * measurement.shards,
        cost=cost_of_run(settings, run.split.train),
        epochs=tuple(epochs),
        best_epoch=best_epoch,
        undertrained=_selects_best(settings) and best_epoch == len(epochs),
        ended_by=run.ended_by if len(epochs) < last else None,
        selection_metric=settings.training.metric if settings.training else "",
        validation=run.validation,
        phases=phases,
        total=total.model_copy(
            update={
                "warnings": (
                    *total.warnings,
                    *gpu_warnings(measurement.device, total),
                    *(isolation.warnings if isolation else ()),
                )
            }
        ),
        isolation=isolation,
        shared=context.shared,
        metering_s=run.metering(),
        builds=builds(),
        attempts=run.attempts,
        peak_memory_bytes=run.peak_memory_bytes(),
        codecarbon=codecarbon,
        n_eval_users=int(found.users.size),
        metrics=found.metrics,
    )
    write_whole(folder / "record.json", record.model_dump_json(indent=1))
    run.records.append(record)


def _save(settings: RunSettings, folder: Path, parameters: dict[str, Tensor]) -> None:
    about = {"settings": settings.model_dump(mode="json"), "versions": versions()}
    checkpoint.save(folder / "model.safetensors", parameters, about)


def _selects_best(settings: RunSettings) -> bool:
    return settings.training is not None and settings.training.select == "best"


def _count_parameters(model: Any) -> int:
    if isinstance(model, nn.Module):
        return int(sum(np.prod(parameter.shape) for parameter in model.parameters()))
    return int(model.n_parameters)
