"""A training of the paper's code that was tested at several epochs on its way.

The code validates epochs 100, 200, 300 and 400 and tests the best of them by MRR@10. A study whose
runs differ only in their number of epochs, each tested at its last one, holds all of these tests:
its runs are points of one curve.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ecorec.analysis.columns import energy_method
from ecorec.analysis.naming import measured_under
from ecorec.study.presets import PRESETS
from ecorec.study.record import RunRecord
from ecorec.study.run_settings import short_hash
from ecorec.training.selection import RECBOLE_DECIMALS

CHECKED_EVERY = int(PRESETS["as-run"].training["validate_every"])
"""Epochs between the checkpoints that the paper's code chooses among."""


@dataclass(frozen=True)
class Point:
    """A training after some of its epochs."""

    run: RunRecord
    """The run that ends here."""

    @property
    def epoch(self) -> int:
        """Epochs that have passed."""
        return self.run.epochs[-1].epoch

    @property
    def validation(self) -> float:
        """Validation metric, by which the code chooses."""
        return self.run.epochs[-1].validation or 0.0

    @cached_property
    def train_j(self) -> float | None:
        """Central joules of the training steps so far."""
        joules = [epoch.train_j for epoch in self.run.epochs]
        known = [joule for joule in joules if joule is not None]
        return sum(known) if len(known) == len(joules) else None


@dataclass(frozen=True)
class Curve:
    """One training, of one seed, measured under the same conditions.

    It may have gone on on another machine: what it learns is the same, its joules are of both.
    """

    points: tuple[Point, ...]
    """Ascending in epochs; two at least."""

    @property
    def whole(self) -> RunRecord:
        """The run that the training ended with."""
        return self.points[-1].run

    @property
    def method(self) -> str:
        """How its joules were obtained; with `!` where they were read beside other work."""
        machines = {point.run.machine.machine_id for point in self.points}
        on = f", {len(machines)} machines" if len(machines) > 1 else ""
        return energy_method(self.whole) + on + (" !" if self.whole.contaminated else "")

    @property
    def peak(self) -> Point:
        """The best on validation data, the first of equals."""
        return max(self.points, key=lambda point: point.validation)

    @property
    def tested(self) -> Point | None:
        """What the paper's code would have tested; `None` where a checkpoint was not tested."""
        last = self.points[-1].epoch
        # The last epoch is always validated.
        checked = {*range(CHECKED_EVERY, last, CHECKED_EVERY), last}
        found = [point for point in self.points if point.epoch in checked]
        if len(found) < len(checked):
            return None
        # Like RecBole: compare four decimals; of equals, the later one wins.
        return max(
            found, key=lambda point: (round(point.validation, RECBOLE_DECIMALS), point.epoch)
        )

    def share_after(self, point: Point) -> float | None:
        """Return the share of the training's joules that were spent after a point."""
        whole = self.points[-1].train_j
        if point.train_j is None or not whole:
            return None
        return 1 - point.train_j / whole


def curves(records: Iterable[RunRecord]) -> list[Curve]:
    """Return every training that was tested after two or more numbers of epochs."""
    groups: dict[str, list[Point]] = {}
    for record in records:
        training = record.settings.get("training") or {}
        if not record.epochs or record.epochs[-1].validation is None:
            continue
        if training.get("select") == "last":
            groups.setdefault(_training(record), []).append(Point(record))
    trainings = (training for group in groups.values() for training in _by_machine(group))
    ascending = (sorted(training, key=lambda point: point.epoch) for training in trainings)
    return [Curve(tuple(training)) for training in ascending if len(training) > 1]


def read_off(records: Sequence[RunRecord]) -> list[RunRecord]:
    """Return records in which each curve under `as-run` is replaced by two runs read off it.

    One is tested at the epoch that the code would have chosen, if that is known, the other at the
    last epoch; both have the epochs, the phases and the joules of the whole training.
    """
    found = [curve for curve in curves(records) if _preset(curve.whole) == "as-run"]
    taken = {id(point.run) for curve in found for point in curve.points}
    others = [record for record in records if id(record) not in taken]
    for curve in found:
        if curve.tested is not None:
            others.append(_as_if(curve.whole, curve.tested.run, "best"))
        others.append(_as_if(curve.whole, curve.whole, "last"))
    return others


def _training(record: RunRecord) -> str:
    """Return a key that is equal for runs that are points of one training."""
    training = {k: v for k, v in record.settings["training"].items() if k != "epochs"}
    return short_hash(
        {
            "settings": record.settings | {"training": training, "seed": record.seed},
            "preset": record.preset,
            "data": record.data.fingerprint,
            "under": measured_under(record) | {"machine": ""},
            "repeat": record.repeat,
        }
    )


def _by_machine(group: list[Point]) -> list[list[Point]]:
    """Return one training that moved between machines as one, and one of each machine apart."""
    if len({point.epoch for point in group}) == len(group):
        return [group]
    machines = dict.fromkeys(point.run.machine.machine_id for point in group)
    return [
        [point for point in group if point.run.machine.machine_id == machine]
        for machine in machines
    ]


def _preset(record: RunRecord) -> str:
    return record.preset.partition(",")[0]


def _as_if(whole: RunRecord, tested: RunRecord, select: Literal["best", "last"]) -> RunRecord:
    training = {**whole.settings["training"], "select": select, "validate_every": CHECKED_EVERY}
    return whole.model_copy(
        update={
            "settings": whole.settings | {"training": training},
            "metrics": tested.metrics,
            "best_epoch": tested.best_epoch,
            "undertrained": select == "best" and tested is whole,
        }
    )
