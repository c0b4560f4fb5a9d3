"""How good forecasts are: runs that are forecast, then run, on several data sets.

    python benchmarks/forecast.py FOLDER [--threads 1]

Studies of one data set and size each are forecast and then run as `ecorec run` runs them. Those
of `CALIBRATION` say how far forecasts are off on this machine; those of `TEST`, on other data,
are held against the interval that follows. Compared are CPU seconds, which other programs on the
machine change least. Started again, it goes on where it was. Prints the table.
"""

import argparse
import json
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, log
from pathlib import Path
from typing import Any

from ecorec.energy.waiting import wait_passively

wait_passively()

import numpy as np  # noqa: E402
from scipy.optimize import nnls  # noqa: E402

from ecorec.energy.hardware import describe_machine  # noqa: E402
from ecorec.planning.errors_of_forecasts import (  # noqa: E402
    SHORT_EPOCH_S,
    USUAL,
    ForecastError,
)
from ecorec.planning.forecast import refine  # noqa: E402
from ecorec.study.execute import run_study  # noqa: E402
from ecorec.study.outlook import forecast_study  # noqa: E402
from ecorec.study.settings import StudySettings  # noqa: E402

EPOCHS = 50
"""So that the first epoch is 2 % of them."""

RAW = USUAL.model_copy(update={"bias": 0.0})
"""What is measured is how far samples themselves are off."""

TRAINED = ("bpr-mf", "lightgcn", "ngcf", "simgcl", "xsimgcl", "lightgcl", "sgl")
FITTED = ("itemknn", "userknn", "rp3beta", "puresvd")
BLOCK, POWER_LAW = "synthetic:block", "synthetic:power-law"
Grid = tuple[str, int | None, int]
"""Data set, embedding size (`None`: models without any), k of the k-core."""

CALIBRATION: tuple[Grid, ...] = (
    (f"{BLOCK}?users=500&items=400&per_user=20&seed=5", 48, 0),
    (f"{POWER_LAW}?users=1500&items=900&interactions=25000&seed=5", 48, 0),
    (f"{POWER_LAW}?users=3000&items=1200&interactions=15000&seed=6", 32, 0),
    (f"{POWER_LAW}?users=9000&items=5000&interactions=90000&seed=5", None, 0),
)
TEST: tuple[Grid, ...] = (
    (f"{BLOCK}?users=800&items=300&per_user=15&seed=2", 32, 0),
    (f"{BLOCK}?users=800&items=300&per_user=15&seed=2", 64, 0),
    (f"{POWER_LAW}?users=900&items=600&interactions=12000&seed=2", 32, 0),
    (f"{POWER_LAW}?users=2000&items=1000&interactions=30000&seed=2", 64, 0),
    ("movietweetings", 32, 20),
    ("movietweetings", 64, 20),
    ("online-retail", 32, 50),
    (f"{BLOCK}?users=1000&items=700&per_user=10&seed=3", 96, 0),
    ("movietweetings", None, 0),
    ("online-retail", None, 0),
    (f"{POWER_LAW}?users=12000&items=4000&interactions=120000&seed=2", None, 0),
)


@dataclass(frozen=True)
class Told:
    """A run as it was forecast and as it was; CPU seconds."""

    group: str
    study: str
    label: str
    forecast_s: float
    actual_s: float
    sampling_s: float
    phases: dict[str, list[float]]
    """Phase -> forecast, actual."""
    epochs_s: list[float]
    train_s: float
    """Of the forecast."""

    @property
    def residual(self) -> float:
        """Logarithm of actual over forecast."""
        return log(self.actual_s / self.forecast_s)


def measure(
    data: str, size: int | None, k_core: int, threads: int, out: Path, group: str
) -> list[Told]:
    """Forecast a study, run it, and return its runs."""
    settings = StudySettings(
        models=FITTED if size is None else TRAINED,
        datasets=(data,),
        embedding_sizes=(size or 1,),
        epochs=(EPOCHS,),
        threads=threads,
        topk=(10, 50),
        set={"validate_every": 10} | ({"k_core": k_core} if k_core else {}),
    )
    found = forecast_study(settings, out / "none", error=RAW)
    study = run_study(settings, out)
    by_id = {(r.model, r.embedding_size): r for r in study.records}
    told = []
    for item in found.jobs:
        run = item.job.longest
        record = by_id[run.model, run.model_settings.get("embedding_size")]
        was = {phase.name: phase.cpu_s for phase in record.phases}
        phases = {p.name: [p.cpu_s, was.get(p.name, 0.0)] for p in item.run.phases}
        told.append(
            Told(
                group, f"{data} {size or 'fits'}", item.job.label, item.run.total.cpu_s,
                record.total.cpu_s, found.sampling.cpu_s, phases,
                [epoch.train_cpu_s for epoch in record.epochs], item.run.train.cpu_s,
            )
        )  # fmt: skip
    return told


def error_of(told: list[Told]) -> ForecastError:
    """Return how far forecasts were off, from runs of several studies."""
    by_study: dict[str, list[float]] = {}
    for item in told:
        by_study.setdefault(item.study, []).append(item.residual)
    bias = statistics.fmean(item.residual for item in told)
    means = [statistics.fmean(group) for group in by_study.values()]
    within = [x - m for m, g in zip(means, by_study.values(), strict=True) for x in g]
    own = sum(x**2 for x in within) / (len(within) - len(means))
    whole = sum((item.residual - bias) ** 2 for item in told) / (len(told) - 1)
    epochs = [_epochs_of(item) for item in told if item.epochs_s]
    # Squared scatter is a constant and a part that falls with an epoch's length.
    shape = np.array([[1.0, SHORT_EPOCH_S / length_s] for length_s, _ in epochs])
    fitted = nnls(shape, np.array([scatter for _, scatter in epochs]))[0]
    return ForecastError(
        bias=bias,
        own=own**0.5,
        shared=max(0.0, whole - own) ** 0.5,
        by_formula=USUAL.by_formula,
        epoch=float(fitted[0]) ** 0.5,
        short_epoch=float(fitted[1]) ** 0.5,
        freedom=len(told) - len(means),
    )


def _epochs_of(item: Told) -> tuple[float, float]:
    """Return a mean epoch's CPU seconds, and the mean squared scatter of the first few about it."""
    mean = statistics.fmean(item.epochs_s)
    return mean, statistics.fmean(log(epoch / mean) ** 2 for epoch in item.epochs_s[:5])


def scores(told: list[Told], error: ForecastError) -> dict[str, dict[str, float]]:
    """Return errors, half-widths and coverage before the start and after 2 % of the epochs."""
    before, after = [], []
    factor = error.factor(error.sd())
    for item in told:
        before.append((item.forecast_s * exp(error.bias), item.actual_s, factor))
        if item.epochs_s:
            whole = _refined(item, error)
            after.append((whole.central, item.actual_s, whole.high / whole.central))
    return {"before": _score(before), "after": _score(after)}


def _refined(item: Told, error: ForecastError) -> Any:
    from types import SimpleNamespace

    stand_in: Any = SimpleNamespace(
        total=SimpleNamespace(cpu_s=item.forecast_s * exp(error.bias)),
        train=SimpleNamespace(cpu_s=item.train_s * exp(error.bias)),
        error=error,
        sd=error.sd(),
        factor=error.factor(error.sd()),
    )
    return refine(stand_in, item.epochs_s[: max(1, EPOCHS // 50)], EPOCHS)


def _score(rows: list[tuple[float, float, float]]) -> dict[str, float]:
    return {
        "n": len(rows),
        "median_error": statistics.median(abs(f / a - 1) for f, a, _ in rows),
        "bias": exp(statistics.median(log(a / f) for f, a, _ in rows)) - 1,
        "coverage": statistics.fmean(1 / w <= a / f <= w for f, a, w in rows),
        "half_width": statistics.median(w - 1 for _, _, w in rows),
    }


def table(told: list[Told]) -> str:
    """Return the result as Markdown."""
    calibration = [item for item in told if item.group == "calibration"]
    test = [item for item in told if item.group == "test"]
    error = error_of(calibration)
    found = {"of this machine": scores(test, error), "shipped": scores(test, USUAL)}
    machine = describe_machine()
    lines = [
        "# Forecasts against runs",
        "",
        f"{machine.cpu}, {machine.n_cpus} logical CPUs"
        f"{' (virtual machine)' if machine.virtualised else ''}, {datetime.now(UTC).date()}; "
        f"{len(calibration)} runs to calibrate on, {len(test)} others on other data, "
        f"{EPOCHS} epochs each; CPU seconds of whole runs; beside other work.",
        "",
        "| error model | when | runs | median error | bias | 90 % interval covers | half-width |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, both in found.items():
        for when, score in both.items():
            told_when = "before the start" if when == "before" else "after 2 % of the epochs"
            lines.append(
                f"| {name} | {told_when} | {score['n']} | {score['median_error']:.1%} | "
                f"{score['bias']:+.1%} | {score['coverage']:.0%} | {score['half_width']:.0%} |"
            )
    lines += [
        "",
        "Logarithm of actual over forecast (mean; standard deviations own to a run, shared by a "
        "session, of a long epoch, added for one of 10 ms):",
        "",
        f"measured here {_in_words(error)}; shipped {_in_words(USUAL)}.",
        "",
        "| model | runs | median error before | worst | actual over forecast |",
        "| --- | --- | --- | --- | --- |",
    ]
    by_model: dict[str, list[Told]] = {}
    for item in test:
        by_model.setdefault(item.label.split()[0], []).append(item)
    for model, items in by_model.items():
        errors = [abs(item.forecast_s / item.actual_s - 1) for item in items]
        ratio = exp(statistics.fmean(item.residual for item in items))
        lines.append(
            f"| {model} | {len(items)} | {statistics.median(errors):.1%} | {max(errors):.0%} | "
            f"{ratio:.2f} |"
        )
    return "\n".join(lines)


def _in_words(error: ForecastError) -> str:
    values = (error.bias, error.own, error.shared, error.epoch, error.short_epoch)
    return f"{', '.join(f'{value:.3f}' for value in values)} ({error.freedom} degrees of freedom)"


def main() -> None:
    """Measure what is missing and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    told: list[Told] = []
    # In turn, so that a drift of the machine is in both.
    grids = [("calibration", grid) for grid in CALIBRATION] + [("test", grid) for grid in TEST]
    order = sorted(range(len(grids)), key=lambda at: at * 7 % len(grids))
    for at in order:
        group, (data, size, k_core) = grids[at]
        kept = asked.folder / f"{at:02}.json"
        if not kept.exists():
            rows = measure(data, size, k_core, asked.threads, asked.folder / f"{at:02}", group)
            kept.write_text(json.dumps([vars(row) for row in rows], indent=1) + "\n")
        told += [Told(**row) for row in json.loads(kept.read_text())]
    print(table(told))


if __name__ == "__main__":
    main()
