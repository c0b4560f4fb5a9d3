"""What stopping by gain per joule saves and loses, beside ordinary patience.

    python benchmarks/green_stopping.py FOLDER [--dataset movietweetings --k-core 10] [--epochs 150]
    python benchmarks/green_stopping.py FOLDER --study studies/ml-1m-published/simgcl.toml --every 1

Each model is trained once a seed to the last epoch, or until the patience of a study file ends it,
and tested at the best epoch so far every five epochs (or `--every`), which costs one training.
Every policy is then followed along the same training: where it would have stopped, what had been
drawn by then, and what the epoch that it had chosen scores on test. Joules are CPU seconds times
central watts (`assumed` or `modelled`), because other programs change those least. Started again,
it goes on where it was. Prints the table of all trainings in FOLDER.
"""

import argparse
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ecorec.energy.waiting import wait_passively

wait_passively()

from ecorec.energy.hardware import describe_machine  # noqa: E402
from ecorec.study.execute import run_study  # noqa: E402
from ecorec.study.record import RunRecord  # noqa: E402
from ecorec.study.settings import StudySettings  # noqa: E402
from ecorec.study.store import read_study  # noqa: E402
from ecorec.study.study_file import read_study_file  # noqa: E402
from ecorec.training.green_stopping import GreenStopping, StopRule  # noqa: E402

USUAL = "patience 10"
RULES = (
    "gain<0.05% per 10%", "gain<0.1% per 10%", "gain<0.15% per 10%", "gain<0.2% per 10%",
    "gain<0.3% per 10%", "gain<0.5% per 10%", "gain<1% per 10%",
    "gain<0.1% per kJ", "gain<0.3% per kJ", "gain<1% per kJ", "gain<3% per kJ", "gain<10% per kJ",
    "gain<30% per kJ", "gain<0.001 per kJ", "gain<0.003 per kJ", "gain<0.005 per kJ",
    "gain<0.01 per kJ", "gain<0.03 per kJ", "gain<0.1 per kJ",
)  # fmt: skip
PATIENCES = (1, 2, 3, 5, 10)
NEARLY = 0.99
HINDSIGHT = "hindsight: 1 % less"
"""No policy, but what the best could save: the first epoch whose test is so good."""


@dataclass(frozen=True)
class Point:
    """A training up to an epoch that was validated."""

    epoch: int
    joules: float
    validation: float
    test: float
    """Of the best epoch by validation until here."""


def traces(records: list[RunRecord], metric: str) -> dict[tuple[str, int], list[Point]]:
    """Return (model, seed) -> the points of its training."""
    watts = describe_machine().watts_per_cpu[1]
    found: dict[tuple[str, int], list[Point]] = {}
    for record in sorted(records, key=lambda record: record.max_epochs or 0):
        validation = record.epochs[-1].validation
        assert validation is not None
        assert record.seed is not None
        point = Point(
            len(record.epochs), record.total.cpu_s * watts, validation, record.metrics[metric]
        )
        points = found.setdefault((record.model, record.seed), [])
        # Where patience has ended a training, its longer runs are all the same one.
        if not points or point.epoch > points[-1].epoch:
            points.append(point)
    return dict(sorted(found.items()))


def by_patience(patience: int) -> Callable[[list[Point]], Point]:
    """Return a policy that stops after so many validations without a better one."""

    def stop(points: list[Point]) -> Point:
        best, stale = float("-inf"), 0
        for point in points:
            best, stale = (point.validation, 0) if point.validation > best else (best, stale + 1)
            if stale >= patience:
                return point
        return points[-1]

    return stop


def by_rule(text: str) -> Callable[[list[Point]], Point]:
    """Return a policy that stops once joules buy too little."""

    def stop(points: list[Point]) -> Point:
        green = GreenStopping(StopRule.parse(text))
        for point in points:
            green.observe(point.epoch, point.joules, point.validation)
            if green.says_stop:
                return point
        return points[-1]

    return stop


def table(found: dict[tuple[str, int], list[Point]], metric: str) -> list[str]:
    """Return a row for each model and policy."""
    policies = {"never": lambda points: points[-1]}
    policies |= {f"patience {n}": by_patience(n) for n in PATIENCES}
    policies |= {text: by_rule(text) for text in RULES}
    lines = [
        f"| model | policy | epochs | joules | less energy than {USUAL} | {metric} | "
        f"against {USUAL} |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for model in dict.fromkeys(model for model, _ in found):
        seeds = {seed: points for (name, seed), points in found.items() if name == model}
        usual = {seed: policies[USUAL](points) for seed, points in seeds.items()}
        ends_of = {
            name: {seed: policy(points) for seed, points in seeds.items()}
            for name, policy in policies.items()
        }
        ends_of[HINDSIGHT] = {
            seed: next(point for point in points if point.test >= NEARLY * usual[seed].test)
            for seed, points in seeds.items()
        }
        for name, ends in ends_of.items():
            saved = [1 - ends[seed].joules / usual[seed].joules for seed in seeds]
            lost = [ends[seed].test / usual[seed].test - 1 for seed in seeds]
            epochs = "/".join(str(ends[seed].epoch) for seed in seeds)
            joules = statistics.fmean(ends[seed].joules for seed in seeds)
            test = statistics.fmean(ends[seed].test for seed in seeds)
            lines.append(
                f"| {model} | {name} | {epochs} | {joules:.0f} | {statistics.fmean(saved):+.0%} "
                f"({min(saved):+.0%} to {max(saved):+.0%}) | {test:.4f} | "
                f"{statistics.fmean(lost):+.2%} ({min(lost):+.2%} to {max(lost):+.2%}) |"
            )
    return lines


def studies(asked: argparse.Namespace) -> list[StudySettings]:
    """Return what is trained: one study, or one a seed, whose split the seed draws as well."""
    seeds = tuple(map(int, asked.seeds.split(",")))
    shared = {
        "epochs": tuple(range(asked.every, asked.epochs + 1, asked.every)),
        "threads": asked.threads,
        "topk": (10,),
        "checkpoint_every": 5,
    }
    if asked.study:
        given = read_study_file(asked.study) | shared
        return [StudySettings(**given | {"seeds": (s,), "split_seed": s}) for s in seeds]
    varied = {"validate_every": asked.every} | ({"k_core": asked.k_core} if asked.k_core else {})
    models = tuple(asked.models.split(","))
    return [
        StudySettings(models=models, datasets=(asked.dataset,), seeds=seeds, set=varied, **shared)
    ]


def main() -> None:
    """Train what is missing and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--study", type=Path, help="a study file instead of data set and models")
    parser.add_argument("--dataset", default="movietweetings")
    parser.add_argument("--k-core", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--every", type=int, default=5, help="epochs between two points")
    parser.add_argument("--models", default="lightgcn,simgcl")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data-path", type=Path)
    asked = parser.parse_args()
    for settings in studies(asked):
        run_study(settings, asked.folder, data_path=asked.data_path)
    records = read_study(asked.folder).records
    machine = describe_machine()
    data = records[0].data
    print(
        f"# Stopping by gain per joule\n\n{machine.cpu}, {machine.n_cpus} logical CPUs"
        f"{' (virtual machine)' if machine.virtualised else ''}, {datetime.now(UTC).date()}; "
        f"{data.name}, {data.n_interactions:,} interactions, size 64, "
        f"a point every {asked.every} epochs, {asked.epochs} at most; joules: "
        f"CPU time x {machine.watts_per_cpu[1]:g} W ({machine.watts_method}). Mean (least to "
        "most) over seeds; energy and quality of the same training up to where a policy stops.\n"
    )
    print("\n".join(table(traces(list(records), "ndcg@10"), "ndcg@10")))


if __name__ == "__main__":
    main()
