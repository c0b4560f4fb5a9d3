"""How good forecasts are: runs that are forecast, then run, on several data sets.

    python benchmarks/forecast.py FOLDER [--threads 1]

Studies of one data set and size each are forecast and then run as `ecorec run` runs them. Those
of `CALIBRATION` say how far forecasts are off on this machine; those of `TEST`, on other data,
are held against the interval that follows. Compared are CPU seconds, which other programs on the
machine change least. Started again, it goes on where it was. Prints the table, and the errors to
write into `USUAL` of `ecorec.planning.errors_of_forecasts`.
"""

import argparse
import json
import statistics
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import ceil, exp, log
from pathlib import Path

from ecorec.energy.waiting import wait_passively

wait_passively()

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from scipy.optimize import minimize  # noqa: E402

from ecorec.energy.hardware import describe_machine  # noqa: E402
from ecorec.energy.reading import Reading  # noqa: E402
from ecorec.planning.errors_of_forecasts import (  # noqa: E402
    CONFIDENCE,
    SHORT_EPOCH_S,
    USUAL,
    ForecastError,
)
from ecorec.planning.forecast import (  # noqa: E402
    BEFORE,
    Expected,
    Part,
    RunForecast,
    forecast_run,
    per_second,
    refine,
)
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
    (f"{BLOCK}?users=700&items=350&per_user=14&seed=7", 40, 0),
    (f"{BLOCK}?users=1200&items=500&per_user=25&seed=8", 80, 0),
    (f"{POWER_LAW}?users=1100&items=700&interactions=14000&seed=9", 64, 0),
    (f"{POWER_LAW}?users=2500&items=1500&interactions=36000&seed=9", 32, 0),
    (f"{POWER_LAW}?users=9000&items=5000&interactions=90000&seed=5", None, 0),
    (f"{BLOCK}?users=3000&items=2000&per_user=20&seed=5", None, 0),
)
TEST: tuple[Grid, ...] = (
    (f"{BLOCK}?users=800&items=300&per_user=15&seed=2", 32, 0),
    (f"{BLOCK}?users=800&items=300&per_user=15&seed=2", 64, 0),
    (f"{POWER_LAW}?users=900&items=600&interactions=12000&seed=2", 32, 0),
    (f"{POWER_LAW}?users=2000&items=1000&interactions=30000&seed=2", 64, 0),
    ("movietweetings", 32, 20),
    ("movietweetings", 64, 20),
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
    parts: list[tuple[str, float, float, float]]
    """Phase, seconds of its sample, times, reach."""
    actual_s: float
    actual: dict[str, float]
    """By phase."""
    epochs_s: list[float]

    def forecast(self, error: ForecastError) -> RunForecast:
        """Return what the forecast says under an error model."""
        parts = [
            Part(
                phase, Reading(name=phase, duration_s=s, cpu_s=s, components=()), times, reach
            )
            for phase, s, times, reach in self.parts
        ]  # fmt: skip
        return forecast_run(parts, error)

    def refined(self, error: ForecastError) -> Expected:
        """Return what it says once 2 % of the epochs have passed."""
        seen = self.epochs_s[: max(1, EPOCHS // 50)]
        passed = sum(self.actual.get(name, 0.0) for name in BEFORE)
        return refine(self.forecast(error), seen, EPOCHS, passed=passed)

    @property
    def residual(self) -> float:
        """Logarithm of actual over forecast."""
        return log(self.actual_s / self.forecast(RAW).total.cpu_s)


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
        told.append(
            Told(
                group, f"{data} {size or 'fits'}", item.job.label,
                [(p.phase, p.sample.cpu_s, p.times, p.reach) for p in item.run.parts],
                record.total.cpu_s,
                {phase.name: phase.cpu_s for phase in record.phases},
                [epoch.train_cpu_s for epoch in record.epochs],
            )
        )  # fmt: skip
    return told


def error_of(told: list[Told]) -> ForecastError:
    """Return how far forecasts were off, from runs of several studies."""
    residuals = np.array([item.residual for item in told])
    forecasts = [item.forecast(RAW) for item in told]
    per_s = np.array([per_second(run.parts, run.total.cpu_s) for run in forecasts])
    bias, long, short = spread(residuals, per_s)
    by_study: dict[str, list[float]] = {}
    for item in told:
        by_study.setdefault(item.study, []).append(item.residual)
    within = statistics.fmean(statistics.variance(group) for group in by_study.values())
    shared = min(long, max(0.0, statistics.variance(residuals.tolist()) - within) ** 0.5)
    trained = [item for item in told if item.epochs_s]
    means = np.array([statistics.fmean(item.epochs_s) for item in trained])
    firsts = np.array([item.epochs_s[0] for item in trained])
    first, epoch, short_epoch = spread(np.log(firsts / means), SHORT_EPOCH_S / means)
    error = ForecastError(
        bias=bias,
        own=max(0.0, long**2 - shared**2) ** 0.5,
        shared=shared,
        by_formula=USUAL.by_formula,
        short=short,
        epoch=epoch,
        short_epoch=short_epoch,
        first=first,
        tail=1.0,
        tail_seen=1.0,
    )
    before = [
        abs(log(item.actual_s / run.total.cpu_s)) / run.sd
        for item, run in ((item, item.forecast(error)) for item in told)
    ]
    after = [
        abs(log(item.actual_s / whole.central)) / log(whole.high / whole.central)
        for item, whole in ((item, item.refined(error)) for item in trained)
    ]
    return error.model_copy(update={"tail": conformal(before), "tail_seen": conformal(after)})


def spread(values: NDArray[np.float64], shape: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return median-like centre, constant spread, and the one that grows with the root of `shape`.

    By the likelihood of Laplace's distribution, which few large values do not sway.
    """

    def badness(at: NDArray[np.float64]) -> float:
        sd = np.sqrt(at[1] ** 2 + at[2] ** 2 * shape + 1e-6)
        return float(np.sum(np.log(sd) + 2**0.5 * np.abs(values - at[0]) / sd))

    begin = np.array([np.median(values), 0.1, 0.1])
    found = minimize(badness, begin, method="Nelder-Mead", options={"maxiter": 5000}).x
    return float(found[0]), abs(float(found[1])), abs(float(found[2]))


def conformal(scores: list[float]) -> float:
    """Return the score that the next one stays below with `CONFIDENCE`, whatever they follow."""
    return sorted(scores)[min(len(scores), ceil((len(scores) + 1) * CONFIDENCE)) - 1]


def scores(told: list[Told], error: ForecastError) -> dict[str, dict[str, float]]:
    """Return errors, half-widths and coverage before the start and after 2 % of the epochs."""
    before, after = [], []
    for item in told:
        run = item.forecast(error)
        before.append((run.total.cpu_s, item.actual_s, run.factor))
        if item.epochs_s:
            whole = item.refined(error)
            after.append((whole.central, item.actual_s, whole.high / whole.central))
    return {"before": _score(before), "after": _score(after)}


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
        "Errors (logarithms; docs of each number: `ecorec.planning.errors_of_forecasts`):",
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
        errors = [abs(item.forecast(error).total.cpu_s / item.actual_s - 1) for item in items]
        ratio = exp(statistics.fmean(item.residual for item in items))
        lines.append(
            f"| {model} | {len(items)} | {statistics.median(errors):.1%} | {max(errors):.0%} | "
            f"{ratio:.2f} |"
        )
    return "\n".join(lines)


def _in_words(error: ForecastError) -> str:
    return ", ".join(f"{name}={value:.3f}" for name, value in error.model_dump().items())


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
            kept.write_text(json.dumps([asdict(row) for row in rows]) + "\n")
        told += [Told(**row) for row in json.loads(kept.read_text())]
    print(table(told))


if __name__ == "__main__":
    main()
