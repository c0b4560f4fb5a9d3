"""The three numbers under the verdict: best quality, cheapest equal, and what it saves."""

from ecorec.analysis.decision.findings import Findings
from ecorec.analysis.decision.saving import Saving
from ecorec.analysis.words import metric_title, quality
from ecorec.report.ranges import between
from ecorec.units import format_energy


def headline(findings: Findings) -> list[dict[str, str]]:
    """Return up to three numbers, each with its name and a note."""
    best = findings.best
    numbers = [
        {
            "value": quality(best.quality),
            "name": f"highest {metric_title(findings.metric)}",
            "note": best.label,
        }
    ]
    cheapest = findings.cheapest_equal
    if cheapest is None or cheapest.energy is None or findings.n_configurations == 1:
        return numbers
    energy = cheapest.energy
    same = " (the best itself)" if cheapest == best else ""
    span = between(energy.low_j, energy.high_j, format_energy)
    numbers.append(
        {
            "value": format_energy(energy.mean_j),
            "name": "the cheapest within noise",
            "note": f"{cheapest.label}{same}; {span}, {energy.method}",
        }
    )
    if findings.saving and findings.saving.ratio > 1:
        note = "less energy than the best" + _reservation(findings.saving)
        numbers.append({"value": _times(findings.saving), "name": "saved", "note": note})
    elif findings.dearest_equal and findings.dearest_saving and findings.dearest_saving.ratio > 1:
        note = (
            f"less energy than {findings.dearest_equal.label}, which cannot be told from it either"
        )
        note += _reservation(findings.dearest_saving)
        numbers.append({"value": _times(findings.dearest_saving), "name": "saved", "note": note})
    elif findings.thrifty and findings.thrifty_saving:
        loss = 1 - findings.thrifty.quality / best.quality
        numbers.append(
            {
                "value": _times(findings.thrifty_saving),
                "name": f"less energy for {100 * loss:.0f} % less quality",
                "note": findings.thrifty.label,
            }
        )
    return numbers


def _times(saving: Saving) -> str:
    digits = 0 if saving.ratio >= 9.5 else 1
    return f"{saving.ratio:.{digits}f}×"


def _reservation(saving: Saving) -> str:
    if not saving.holds:
        return ", at central watts only"
    if saving.beyond_spread is False:
        return ", no more than measurements scatter"
    return "" if saving.beyond_range else ", if watts are alike for both"
