"""Runs in MLflow, through its own library: parameters, test metrics, joules, and their method.

MLflow's own system metrics are samples of power; these are the run's joules. Names of metrics
may hold no `@`: `ndcg@10` becomes `ndcg_at_10`.
"""

from collections import Counter
from typing import Any

from ecorec.analysis.run_energy import phases_of
from ecorec.errors import InputError
from ecorec.report.exports.selected import Selected
from ecorec.study.record import RunRecord
from ecorec.version import VERSION


def log_to_mlflow(selected: Selected, tracking_uri: str | None = None) -> list[str]:
    """Log every measurement as a run of the experiment named as the study; return their ids.

    A measurement that the experiment has already, by its `ecorec.measurement_id`, is left alone.

    Args:
        selected: What to log.
        tracking_uri: Where; `MLFLOW_TRACKING_URI` or MLflow's default, if not given.

    Raises:
        InputError: The library is missing, or the store cannot be used.
    """
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError:
        message = "the library `mlflow` is not installed"
        raise InputError(message, hint="pip install 'ecorec[mlflow]'") from None
    try:
        client: Any = MlflowClient(tracking_uri=tracking_uri)
        name = selected.study.info.name
        known = client.get_experiment_by_name(name)
        experiment = known.experiment_id if known else client.create_experiment(name)
        logged, met = [], Counter[str]()
        for record in selected.records:
            # An id may stand for several measurements of the same, in folders of older versions.
            met[record.measurement_id] += 1
            n_met = met[record.measurement_id]
            wanted = f"tags.`ecorec.measurement_id` = '{record.measurement_id}'"
            if len(client.search_runs([experiment], wanted, max_results=n_met)) < n_met:
                logged.append(_log(client, experiment, record, selected))
    except MlflowException as error:
        message = f"MLflow refuses: {str(error).splitlines()[0]}"
        raise InputError(message, hint="set MLFLOW_TRACKING_URI to a store that works") from None
    return logged


def _log(client: Any, experiment: str, record: RunRecord, selected: Selected) -> str:
    size = f" d={record.embedding_size}" if record.embedding_size else ""
    run = client.create_run(experiment, run_name=f"{record.model}{size}", tags=_tags(record))
    run_id = str(run.info.run_id)
    for name, value in _parameters(record).items():
        client.log_param(run_id, name, value)
    for name, number in _metrics(record, selected).items():
        client.log_metric(run_id, name, number)
    client.set_terminated(run_id)
    return run_id


def _tags(record: RunRecord) -> dict[str, str]:
    return {
        "ecorec.version": VERSION,
        "ecorec.run_id": record.run_id,
        "ecorec.measurement_id": record.measurement_id,
        "ecorec.command": record.command,
        "energy/method": "+".join(record.total.methods),
        "energy/scope": record.total.scope or "absent",
        "energy/contaminated": str(record.contaminated).lower(),
        "machine_id": record.machine.machine_id,
    }


def _parameters(record: RunRecord) -> dict[str, object]:
    values: dict[str, object] = {
        "dataset": record.data.name, "split": record.split.protocol, "model": record.model,
        "seed": record.seed, "threads": record.threads, "device": record.device,
        "kernel": record.kernel,
    }  # fmt: skip
    for group in ("model_settings", "training"):
        values |= record.settings.get(group) or {}
    return {name: value for name, value in values.items() if value is not None}


def _metrics(record: RunRecord, selected: Selected) -> dict[str, float]:
    total = record.total
    found = {name.replace("@", "_at_"): value for name, value in record.metrics.items()}
    found["duration_s"] = total.duration_s
    joules = {"run": total.energy_j, "run_low": total.low_j, "run_high": total.high_j}
    joules |= {phase.name: phase.energy_j for phase in phases_of(record)}
    found |= {f"energy/{name}_joules": j for name, j in joules.items() if j is not None}
    grams = selected.grams(total.energy_j)
    return found if grams is None else found | {"emissions/run_grams": grams}
