"""Two runs as systems that were asked alike under load, so that their joules can be compared."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ecorec.analysis.deployed.alike import Way, asked
from ecorec.analysis.deployed.deployment import Deployed, deployed, shown
from ecorec.errors import InputError


def pair(
    a: Path, b: Path, kinds: tuple[str | None, str | None], load: float
) -> tuple[Deployed, Deployed]:
    """Return two runs as systems that were asked alike: lists as long, as many users at a time.

    The kind of index may differ. Each stands with its newest measurement; if these did not ask
    alike, with the newest ones that did, over HTTP where there are such, else of the index alone.

    Raises:
        StudyError: A folder holds no run, or the run was never under load.
        InputError: It was never under load with an index of this kind, or the two were never asked
            alike.
    """
    first, second = deployed(a, kinds[0], load), deployed(b, kinds[1], load)
    if first.way == second.way:
        return first, second
    ways = [_ways(item, kind) for item, kind in zip((first, second), kinds, strict=True)]
    shared = [way for way in ways[0] if way in ways[1]]
    # Of several over HTTP, or of several without: the newest.
    way = max(shared, key=lambda way: way.over_http, default=None)
    if way is None:
        raise _not_alike(first, second)
    return deployed(a, kinds[0], load, way), deployed(b, kinds[1], load, way)


def _ways(item: Deployed, kind: str | None) -> Sequence[Way]:
    """Return how a run was asked, newest first."""
    serving = reversed(item.study.serving(item.path.name))
    return [way for record in serving if kind in (None, record.index.kind) for way in asked(record)]


def _not_alike(first: Deployed, second: Deployed) -> InputError:
    message = (
        f"{first.system.label} and {second.system.label} were not asked alike under load: "
        f"{first.way.against(second.way)}"
    )
    model, other = (first, second) if first.way.over_http else (second, first)
    options = replace(model.way, index=other.latest.index.kind).options([])
    return InputError(
        message, hint=f"measure them alike: ecorec stress {shown(other.path)}{options}"
    )
