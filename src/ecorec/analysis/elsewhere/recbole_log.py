"""Logs of RecBole and of its extensions (RecBole-GNN): what was trained, on what, how well it did.

Reads what `run_recbole` of RecBole 1.2.1 writes to its file and to the terminal: every setting as
`name = value`, the data set's counts, a line for each epoch, and two lines of results. A log has no
joules and names neither the machine nor RecBole's version.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecorec.errors import InputError

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SETTING = re.compile(r"^(\w+) = (.*)$")
COUNT = re.compile(r"The number of (users|items|inters): (\d+)")
EPOCH = re.compile(r"epoch (\d+) (training|evaluating) \[time: ([\d.]+)s")
RESULT = re.compile(r"(best valid|test result)\s*: (.*)$")
METRIC = re.compile(r"'([\w@]+)'[,:] (?:np\.float64\()?(-?[\d.]+(?:e-?\d+)?)")

NOT_ONE = "give a log of RecBole, e.g. log/LightGCN/LightGCN-….log"


@dataclass(frozen=True)
class RecBoleRun:
    """One training with its test, as read from its log."""

    path: Path
    model: str
    """As RecBole spells it."""
    dataset: str
    n_users: int
    """Without the row that RecBole adds for padding; the same holds for items."""
    n_items: int
    n_interactions: int
    settings: dict[str, str]
    """Every setting by its name, as it was printed."""
    epochs: int
    """Epochs that were trained."""
    train_s: float
    """Seconds of all epochs, without validation."""
    validation: dict[str, float]
    """Metric (`ndcg@10`) -> value at the epoch that was kept; empty without validation."""
    test: dict[str, float]

    def value_of(self, setting: str) -> Any:
        """Return a setting as a value; `None` where it is not in the log."""
        text = self.settings.get(setting, "None")
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text


def read_recbole(path: Path) -> RecBoleRun:
    """Read a log of one run.

    Raises:
        InputError: It cannot be read, is not a log of RecBole, or ends before the test.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", hint=NOT_ONE) from None
    lines = COLOURS.sub("", text).splitlines()
    settings: dict[str, str] = {}
    for line in lines:
        if found := SETTING.match(line.rstrip()):
            settings.setdefault(found[1], found[2])
    counts = {found[1]: int(found[2]) for line in lines if (found := COUNT.match(line))}
    if "eval_args" not in settings or len(counts) < 3:
        missing = "`eval_args`" if "eval_args" not in settings else "number of users and items"
        raise InputError(f"{path} is no log of RecBole: it has no {missing}", hint=NOT_ONE)
    results = [(found[1], found[2]) for line in lines if (found := RESULT.search(line))]
    tests = [rest for name, rest in results if name == "test result"]
    if len(tests) != 1:
        why = "its run did not come to its test" if not tests else "of several runs"
        message = f"{path} has {len(tests) or 'no'} lines `test result`: {why}"
        raise InputError(message, hint="give the log of one whole run")
    validations = [_metrics(rest) for name, rest in results if name == "best valid"]
    epochs = [found for line in lines if (found := EPOCH.search(line))]
    model, dataset = _names(lines)
    return RecBoleRun(
        path=path,
        model=model,
        dataset=dataset,
        n_users=counts["users"] - 1,
        n_items=counts["items"] - 1,
        n_interactions=counts["inters"],
        settings=settings,
        epochs=len({found[1] for found in epochs if found[2] == "training"}),
        train_s=sum(float(found[3]) for found in epochs if found[2] == "training"),
        validation=validations[-1] if validations else {},
        test=_metrics(tests[0]),
    )


def _metrics(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in METRIC.findall(text)}


def _names(lines: list[str]) -> tuple[str, str]:
    """Return the names of the model and the data set.

    Neither is logged as a setting: the data set's name comes before its counts, and the model's
    before its layers.
    """
    at = next(i for i, line in enumerate(lines) if COUNT.match(line))
    dataset = lines[at - 1].split()[-1] if at and lines[at - 1].split() else "?"
    model = re.compile(r"(?:^|INFO\s+)([A-Z]\w*)\($")
    named = (found[1] for line in lines[at:] if (found := model.search(line.rstrip())))
    return next(named, "?"), dataset
