"""The checks of the paper as text and as rows."""

import textwrap
from collections.abc import Sequence

import polars as pl

from ecorec.analysis.paper.check import Check
from ecorec.report.paragraphs import WIDTH


def as_frame(checks: Sequence[Check]) -> pl.DataFrame:
    """Return one row a check."""
    return pl.DataFrame(
        {
            "check": [check.name for check in checks],
            "holds": [check.holds for check in checks],
            "claim": [check.claim for check in checks],
            "arithmetic": [check.arithmetic for check in checks],
            "source": [check.source for check in checks],
        }
    )


def as_list(checks: Sequence[Check]) -> str:
    """Return the checks that fail, then those that hold, each with its arithmetic."""
    parts = []
    for holds, heading in ((False, "Does not hold"), (True, "Holds")):
        chosen = [check for check in checks if check.holds == holds]
        items = "\n".join(_item(check) for check in chosen) or "  none"
        parts.append(f"{heading} ({len(chosen)} of {len(checks)})\n{items}")
    return "\n\n".join(parts)


def _item(check: Check) -> str:
    claim = textwrap.fill(
        check.claim, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )
    found = textwrap.fill(
        f"{check.arithmetic} [{check.source}]",
        WIDTH,
        initial_indent="      ",
        subsequent_indent="      ",
        break_on_hyphens=False,
    )
    return f"{claim}\n{found}"
