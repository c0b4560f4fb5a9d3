"""What successive halving of a grid saves and loses, beside ordinary patience.

    python benchmarks/halving.py FOLDER [--dataset movietweetings --k-core 10] [--epochs 90]

Every configuration of a grid is trained once a seed to the last epoch and tested at its best epoch
so far every five epochs. Every policy is then followed along the same trainings: how far each
configuration would have been trained, what all of them had drawn by then, and what the one scores
on test that leads on validation. Joules are CPU seconds times central watts. Halving pays for
loading and preparing again at each rung, as the trainings show. Started again, it goes on where it
was. Prints the table.
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
from ecorec.planning.forecast import BEFORE  # noqa: E402
from ecorec.planning.halving import rungs, survivors  # noqa: E402
from ecorec.study.execute import run_study  # noqa: E402
from ecorec.study.record import RunRecord  # noqa: E402
from ecorec.study.settings import StudySettings  # noqa: E402

EVERY = 5
USUAL = "patience 10"
RATES = (0.0003, 0.001, 0.002, 0.005, 0.01)
SIZES = (32, 64)


@dataclass(frozen=True)
class Point:
    """A training up to an epoch that was validated."""

    epoch: int
    joules: float
    best: float
    """Validation of the best epoch until here."""
    test: float
    """Of that epoch."""


@dataclass(frozen=True)
class Trace:
    """One configuration with one seed."""

    points: tuple[Point, ...]
    again_j: float
    """What continuing takes before its first epoch: loading, splitting, the graph."""

    def at(self, epoch: int) -> Point:
        """Return the training up to an epoch."""
        return next(point for point in self.points if point.epoch == epoch)


Grid = dict[str, Trace]
Policy = Callable[[Grid], tuple[float, Point, str]]
"""Returns joules of the whole grid, who leads at the end, and how far all were trained."""


def grids(records: list[RunRecord], metric: str) -> dict[tuple[str, int], Grid]:
    """Return (model, seed) -> configuration -> its training."""
    watts = describe_machine().watts_per_cpu[1]
    found: dict[tuple[str, int], dict[str, list[Point]]] = {}
    again: dict[tuple[str, int, str], float] = {}
    for record in sorted(records, key=lambda record: record.max_epochs or 0):
        assert record.seed is not None
        rate = record.settings["training"]["learning_rate"]
        key, name = (record.model, record.seed), f"d={record.embedding_size} {rate:g}"
        seen = [e.validation for e in record.epochs if e.validation is not None]
        point = Point(
            len(record.epochs), record.total.cpu_s * watts, max(seen), record.metrics[metric]
        )
        found.setdefault(key, {}).setdefault(name, []).append(point)
        again[(*key, name)] = watts * sum(p.cpu_s for p in record.phases if p.name in BEFORE)
    return {
        key: {name: Trace(tuple(points), again[(*key, name)]) for name, points in grid.items()}
        for key, grid in found.items()
    }


def by_patience(patience: int | None) -> Policy:
    """Return: train all until so many validations brought nothing; never stop, if not given."""

    def policy(grid: Grid) -> tuple[float, Point, str]:
        ends = [_patient(trace, patience) for trace in grid.values()]
        epochs = statistics.fmean(end.epoch for end in ends)
        return sum(end.joules for end in ends), max(ends, key=lambda p: p.best), f"{epochs:.0f}"

    return policy


def _patient(trace: Trace, patience: int | None) -> Point:
    stale, best = 0, float("-inf")
    for point in trace.points:
        stale, best = (0, point.best) if point.best > best else (stale + 1, best)
        if patience is not None and stale >= patience:
            return point
    return trace.points[-1]


def by_halving(factor: int, patience: int | None = None) -> Policy:
    """Return: successive halving; with patience, a training may end before its rung."""

    def policy(grid: Grid) -> tuple[float, Point, str]:
        ends = rungs(len(grid), next(iter(grid.values())).points[-1].epoch, EVERY, factor)
        alive, joules, counts = [*grid], 0.0, []
        for end in ends:
            counts.append(f"{len(alive)} to {end}")
            reached = {name: _until(grid[name], end, patience) for name in alive}
            kept = survivors({name: point.best for name, point in reached.items()}, factor)
            if end == ends[-1]:
                joules += sum(point.joules for point in reached.values())
                break
            joules += sum(p.joules for name, p in reached.items() if name not in kept)
            joules += sum(grid[name].again_j for name in kept if reached[name].epoch == end)
            alive = kept
        return joules, max(reached.values(), key=lambda p: p.best), ", ".join(counts)

    return policy


def _until(trace: Trace, end: int, patience: int | None) -> Point:
    ended = _patient(trace, patience)
    return ended if ended.epoch < end else trace.at(end)


POLICIES = {
    "every epoch": by_patience(None),
    "patience 10": by_patience(10),
    "patience 5": by_patience(5),
    "patience 3": by_patience(3),
    "halving 2": by_halving(2),
    "halving 3": by_halving(3),
    "halving 4": by_halving(4),
    "halving 3, patience 3": by_halving(3, 3),
}


def table(found: dict[tuple[str, int], Grid], metric: str) -> list[str]:
    """Return a row for each model and policy."""
    lines = [
        f"| model | policy | trained to | joules of the grid | less energy than {USUAL} | {metric} "
        f"| against {USUAL} |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for model in dict.fromkeys(model for model, _ in found):
        seeds = [grid for (name, _), grid in found.items() if name == model]
        usual = [POLICIES[USUAL](grid) for grid in seeds]
        for name, policy in POLICIES.items():
            ends = [policy(grid) for grid in seeds]
            saved = [1 - e[0] / u[0] for e, u in zip(ends, usual, strict=True)]
            lost = [e[1].test / u[1].test - 1 for e, u in zip(ends, usual, strict=True)]
            lines.append(
                f"| {model} | {name} | {ends[0][2]} | {statistics.fmean(e[0] for e in ends):.0f} | "
                f"{statistics.fmean(saved):+.0%} ({min(saved):+.0%} to {max(saved):+.0%}) | "
                f"{statistics.fmean(e[1].test for e in ends):.4f} | "
                f"{statistics.fmean(lost):+.2%} ({min(lost):+.2%} to {max(lost):+.2%}) |"
            )
    return lines


def main() -> None:
    """Train what is missing and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dataset", default="movietweetings")
    parser.add_argument("--k-core", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=90)
    parser.add_argument("--models", default="lightgcn")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data-path", type=Path)
    asked = parser.parse_args()
    settings = StudySettings(
        models=tuple(asked.models.split(",")),
        datasets=(asked.dataset,),
        embedding_sizes=SIZES,
        epochs=tuple(range(EVERY, asked.epochs + 1, EVERY)),
        seeds=tuple(map(int, asked.seeds.split(","))),
        threads=asked.threads,
        topk=(10,),
        checkpoint_every=EVERY,
        vary={"learning_rate": RATES},
        set={"validate_every": EVERY} | ({"k_core": asked.k_core} if asked.k_core else {}),
    )
    study = run_study(settings, asked.folder, data_path=asked.data_path)
    machine = describe_machine()
    data = study.records[0].data
    print(
        f"# Successive halving of a grid\n\n{machine.cpu}, {machine.n_cpus} logical CPUs"
        f"{' (virtual machine)' if machine.virtualised else ''}, {datetime.now(UTC).date()}; "
        f"{data.name}, {data.n_interactions:,} interactions; sizes {', '.join(map(str, SIZES))} "
        f"x learning rates {', '.join(map(str, RATES))}, {len(settings.seeds)} seeds, validated "
        f"every {EVERY} epochs of {asked.epochs}; joules: CPU time x "
        f"{machine.watts_per_cpu[1]:g} W ({machine.watts_method}) of all "
        "trainings of a grid, dropped ones included. Mean (least "
        "to most) over seeds, a grid each.\n"
    )
    print("\n".join(table(grids(study.records, "ndcg@10"), "ndcg@10")))


if __name__ == "__main__":
    main()
