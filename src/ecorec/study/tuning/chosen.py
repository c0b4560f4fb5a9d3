"""Settings that a tuning has chosen, for the runs of a study."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecorec.errors import InputError, StudyError
from ecorec.study.run_settings import RunSettings
from ecorec.study.tuning.folder import read_tuning
from ecorec.study.tuning.record import TuningRecord, nearest
from ecorec.study.tuning.summary import Tuned, TuningSummary


@dataclass(frozen=True)
class Tunings:
    """The tunings that a study uses: one or more of each of its data sets."""

    records: tuple[tuple[TuningRecord, TuningSummary], ...] = ()

    @classmethod
    def read(cls, folders: Sequence[str]) -> "Tunings":
        """Read the tunings of some folders.

        Raises:
            StudyError: A folder holds no tuning, one that is not finished, or one that could not
                choose.
        """
        found = [(read_tuning(Path(folder)), folder) for folder in folders]
        for record, folder in found:
            _check_finished(record, folder)
            check_chosen(record, folder)
        return cls(tuple((record, record.summary(folder)) for record, folder in found))

    def of(self, dataset: str, model: str, embedding_size: int | None) -> Tuned | None:
        """Return what was chosen for a model, at the nearest size; `None` if it was not tuned.

        Raises:
            InputError: No folder has a tuning on this data set, or two have chosen differently.
        """
        if not self.records:
            return None
        on_it = [summary for record, summary in self.records if _same(record.dataset, dataset)]
        if not on_it:
            tuned_on = " and ".join(f"`{record.dataset}`" for record, _ in self.records)
            message = f"`{dataset}` has no tuning: --tuned has that of {tuned_on}"
            raise InputError(message, hint=f"make one with: ecorec tune {dataset}")
        found = nearest((m for summary in on_it for m in summary.models), model, embedding_size)
        if found is not None:
            _check_agreed(found, on_it)
        return found

    def check(self, run: RunSettings) -> None:
        """Make sure that a run's data and split are those that its settings were chosen on.

        Raises:
            InputError: Filters or split differ, so that the test set may have taken part in the
                choice.
        """
        for record, summary in self.records:
            if not _same(record.dataset, run.dataset):
                continue
            pairs: dict[str, tuple[Any, Any]] = {
                "other filters": (record.data.model_dump(), run.data.model_dump()),
                "another split": (record.split.model_dump(), run.split.model_dump()),
                "another split seed": (record.split_seed, run.split_seed),
            }
            for name, (tuned, now) in pairs.items():
                if tuned != now:
                    message = (
                        f"--tuned {summary.folder} was tuned under {name}: "
                        f"{_difference(tuned, now)}"
                    )
                    hint = (
                        "give the same filters and split, or tune again: what validated the "
                        "settings must not be what tests them"
                    )
                    raise InputError(message, hint=hint)


def _check_agreed(found: Tuned, tunings: Sequence[TuningSummary]) -> None:
    """Make sure that no other tuning on the same data has chosen other settings.

    Raises:
        InputError: One has, so that there are two answers.
    """
    chosen = {t.folder: m.settings for t in tunings for m in t.models if m.label == found.label}
    other = next((name for name, own in chosen.items() if own != found.settings), None)
    if other is not None:
        first = next(name for name, own in chosen.items() if own == found.settings)
        message = f"--tuned {first} and {other} chose different settings for {found.label}"
        raise InputError(message, hint="give one of the two")


def check_chosen(record: TuningRecord, folder: str) -> None:
    """Make sure that a tuning has chosen something for every model.

    Args:
        record: The tuning.
        folder: Where it is.

    Raises:
        StudyError: No trial of a model was completed.
    """
    for model in record.models:
        if not model.complete:
            reasons = [trial.reason for trial in model.trials if trial.reason]
            message = f"no trial of {model.label} came to its end" + (
                f": {reasons[-1]}" if reasons else ""
            )
            hint = f"tune it in {folder} with more --trials, or leave it out in another --out"
            raise StudyError(message, hint=hint)


def _check_finished(record: TuningRecord, folder: str) -> None:
    for model in record.models:
        if model.n_trials < record.trials_per_model:
            message = (
                f"the tuning in {folder} is not finished: {model.label} has had {model.n_trials} "
                f"of {record.trials_per_model} trials"
            )
            raise StudyError(message, hint="start `ecorec tune` again as before, and it goes on")


def _same(one: str, other: str) -> bool:
    return one == other or (Path(one).exists() and Path(one).resolve() == Path(other).resolve())


def _difference(tuned: Any, now: Any) -> str:
    if not isinstance(tuned, dict):
        return f"{tuned} there, {now} here"
    return "; ".join(
        f"{key} = {value} there, {now[key]} here"
        for key, value in tuned.items()
        if now[key] != value
    )
