"""Runs of RecBole compared with a study's: their quality, if data, split and ranking agree.

Joules are not compared, because the logs have none; nor seconds, because the logs do not name the
machine. Even where the protocols agree, a random split of RecBole's holds out other interactions,
and a log has no metrics of single users. So each difference is given with a margin, and nothing is
ranked.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.elsewhere.recbole_log import RecBoleRun
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis
from ecorec.data.protocols import SplitSettings

MODELS_OF_RECBOLE = {
    "BPR": "bpr-mf", "LightGCN": "lightgcn", "NGCF": "ngcf", "SGL": "sgl", "SimGCL": "simgcl",
    "LightGCL": "lightgcl", "XSimGCL": "xsimgcl", "DirectAU": "directau", "ItemKNN": "itemknn",
    "EASE": "ease", "Pop": "popularity", "SLIMElastic": "slim",
}  # fmt: skip
"""RecBole's and RecBole-GNN's name -> ours."""

SETTINGS_OF_RECBOLE = {
    "epochs": "training.epochs",
    "train_batch_size": "training.batch_size",
    "learning_rate": "training.learning_rate",
    "stopping_step": "training.patience",
    "embedding_size": "model_settings.embedding_size",
    "n_layers": "model_settings.n_layers",
}
"""RecBole's name -> ours, for settings that mean the same in both."""


@dataclass(frozen=True)
class Held:
    """One foreign run and the configuration of a study that it is compared with."""

    run: RecBoleRun
    metric: str
    ours: Configuration | None
    """The same model at the same size, else the same model, else the best; `None` if refused."""
    value: float | None
    """RecBole's value of the metric, which logs have to four decimals."""
    margin: float | None
    """Largest difference that 95 of 100 pairs of equals would show, if its users scatter as
    ours."""
    differs: tuple[str, ...]
    """Settings that are not the same, in words."""
    refused: str
    """Why nothing compares; empty where it does."""


def hold(runs: Sequence[RecBoleRun], analysis: StudyAnalysis) -> list[Held]:
    """Return each foreign run with the study's most similar one, or why there is none."""
    return [_hold(run, analysis) for run in runs]


def _hold(run: RecBoleRun, analysis: StudyAnalysis) -> Held:
    metric = analysis.metric
    reasons = [why_not(run, benchmark) for benchmark in analysis.benchmarks]
    like = [b for b, reason in zip(analysis.benchmarks, reasons, strict=True) if not reason]
    # With several data sets, give the reason of the one that agrees in the most respects.
    refused = "" if like else max(reasons, key=lambda reason: not reason.startswith("other data"))
    if like and metric not in run.test:
        known = ", ".join(name for name in run.test)
        refused = f"the log has no test {metric} (it has {known})"
    if refused:
        return Held(run, metric, None, run.test.get(metric), None, (), refused)
    benchmark = like[0]
    at = _nearest(run, benchmark)
    ours = benchmark.configurations[at]
    half = benchmark.half_interval(at)
    return Held(
        run=run,
        metric=metric,
        ours=ours,
        value=run.test[metric],
        margin=None if half is None else math.sqrt(2) * half,
        differs=tuple(_differences(run, ours)),
        refused="",
    )


def why_not(run: RecBoleRun, benchmark: Benchmark) -> str:
    """Return why a foreign run and a benchmark do not compare; empty where they do."""
    data = benchmark.first.data
    theirs = (run.n_users, run.n_items, run.n_interactions)
    mine = (data.n_users, data.n_items, data.n_interactions)
    if theirs != mine:
        return f"other data: {_counts(theirs)}; the study's {data.name} has {_counts(mine)}"
    arguments = run.value_of("eval_args")
    if not isinstance(arguments, dict):
        return f"its eval_args `{arguments}` cannot be read"
    if run.value_of("benchmark_filename") is not None:
        return "its split came from files, and the log does not say which interactions they hold"
    mode = arguments.get("mode")
    tested = mode.get("test") if isinstance(mode, dict) else mode
    if tested != "full":
        return f"its test ranks by mode {tested}, not among all items, which favours it"
    if run.value_of("repeatable"):
        return "it ranks items that users know from training (repeatable)"
    settings = SplitSettings.parse(benchmark.first.settings.get("split", {}), "the split")
    theirs_split, reason = split_of(arguments)
    if theirs_split is None:
        return reason
    if theirs_split.in_words() != settings.in_words():
        return f"its split is {theirs_split.in_words()}; the study's {settings.in_words()}"
    return ""


def split_of(arguments: dict[str, Any]) -> tuple[SplitSettings | None, str]:
    """Return which of our protocols RecBole's `eval_args` describe, or why none."""
    split, order = arguments.get("split") or {}, str(arguments.get("order"))
    by_user = arguments.get("group_by") == "user"
    if "LS" in split:
        if split["LS"] == "valid_and_test" and by_user and order == "TO":
            return SplitSettings(protocol="leave-one-out"), ""
        return None, f"it leaves one out as `{split['LS']}` in order {order}, by time is wanted"
    shares = split.get("RS", ())
    if len(shares) != 3 or not all(shares):
        return None, f"its split {split} has no training, validation and test"
    _, valid, test = (share / sum(shares) for share in shares)
    held = {"valid_share": round(valid, 6), "test_share": round(test, 6)}
    if by_user:
        return SplitSettings(order="time" if order == "TO" else "random", **held), ""
    if order == "TO":
        return SplitSettings(protocol="temporal", **held), ""
    return None, "its split is random over all interactions, not of each user"


def _counts(found: tuple[int, int, int]) -> str:
    return "{:,} users, {:,} items, {:,} interactions".format(*found)


def _nearest(run: RecBoleRun, benchmark: Benchmark) -> int:
    """Return the position of the same model and size, else of the model, else of the best."""
    name, size = MODELS_OF_RECBOLE.get(run.model), run.value_of("embedding_size")
    here = benchmark.configurations
    same = [i for i in benchmark.ranked if here[i].model == name]
    sized = [i for i in same if here[i].embedding_size == size]
    return (sized or same or benchmark.ranked)[0]


def _differences(run: RecBoleRun, ours: Configuration) -> list[str]:
    if ours.model != MODELS_OF_RECBOLE.get(run.model):
        return [f"model {run.model} and {ours.model}"]
    found = []
    for theirs, name in SETTINGS_OF_RECBOLE.items():
        section, _, key = name.partition(".")
        mine = (ours.first.settings.get(section) or {}).get(key)
        other = run.value_of(theirs)
        if mine is not None and other is not None and mine != other:
            found.append(f"{key} {other} and {mine}")
    return found
