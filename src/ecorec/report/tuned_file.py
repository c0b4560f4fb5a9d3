"""What was chosen, as a study's file: to keep and to run without the tuning's folder."""

from typing import Any

from ecorec.report.toml_values import toml_value
from ecorec.report.tuning import with_range
from ecorec.study.tuning.record import TuningRecord
from ecorec.study.tuning.summary import Tuned


def tuned_file(record: TuningRecord) -> str:
    """Return a study's TOML file with a section for each model and size.

    Args:
        record: A tuning of which every model has a chosen trial.
    """
    machine, summary = record.machines[-1], record.summary("")
    by = " against ".join(record.objective)
    head = [
        f"# Settings chosen by validation {by}: {record.trials_per_model} trials of each model.",
        f"# {record.search}",
        f"# {record.created_at[:10]}, {machine.in_words}",
        f"# All tuning: {with_range(summary.bill)} {summary.method}",
        "",
    ]
    keys = ("split", "split_seed", "preset", "dtype")
    study: dict[str, Any] = {
        "name": f"{record.dataset}, tuned",
        "datasets": [record.dataset],
        "epochs": [record.epochs],
        "seeds": [record.seed],
        **{key: record.protocol[key] for key in keys},
        "set": record.protocol["set"] | {"training.metric": record.objective[0]},
    }
    body = [f"{key} = {toml_value(value)}" for key, value in study.items()]
    return "\n".join([*head, *body, *(line for m in summary.models for line in _section(m))]) + "\n"


def _section(tuned: Tuned) -> list[str]:
    price = f"{tuned.n_trials} trials, {with_range(tuned.bill)} {tuned.method}"
    lines = ["", f"[[section]]  # {price}", f"models = {toml_value([tuned.model])}"]
    if tuned.embedding_size is not None:
        lines.append(f"embedding_sizes = {toml_value([tuned.embedding_size])}")
    own = {f"{tuned.model}.{name}": value for name, value in tuned.settings.items()}
    return [*lines, f"set = {toml_value(own)}"]
