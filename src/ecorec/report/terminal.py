"""A study's result on a terminal: one row a configuration, the verdict, 100 columns at most."""

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.study_analysis import Arena, StudyAnalysis, analyse
from ecorec.study.store import StoredStudy
from ecorec.units import format_energy

WIDTH = 100
LABEL_WIDTH = 26


def summary(study: StoredStudy, metric: str | None = None) -> str:
    """Return the tables and verdicts of a study as text; `*` marks what equals the best."""
    analysis = analyse(study, metric)
    return "\n".join(_arena(arena, analysis) for arena in analysis.arenas)


def _arena(arena: Arena, analysis: StudyAnalysis) -> str:
    metric = analysis.metric
    hit = metric.replace(metric.split("@")[0], "hit")
    head = (
        f"  {'':<{LABEL_WIDTH}} {metric.upper():>14} {hit.upper():>7} {'parameters':>11} "
        f"{'energy (low-high)':>22}  method"
    )
    lines = [f"\n{arena.title}", head]
    for item in arena.ranked:
        mark = "*" if arena.is_equal(item) else " "
        spread = item.quality_spread(metric)
        quality = f"{item.quality(metric):.4f}" + (f" ±{spread:.4f}" if spread is not None else "")
        label = (
            item.label if len(item.label) <= LABEL_WIDTH else item.label[: LABEL_WIDTH - 1] + "…"
        )
        hits = f"{item.quality(hit):.3f}" if hit in item.first.metrics else ""
        lines.append(
            f"{mark} {label:<{LABEL_WIDTH}} {quality:>14} {hits:>7} "
            f"{item.first.n_parameters:>11,} {_energy(item):>22}  {item.method}"
        )
    lines.append("* cannot be told from the best; ± standard deviation over seeds")
    lines += ["", *_wrapped(f"Verdict: {arena.verdict.text}")]
    return "\n".join(lines)


def _energy(item: Configuration) -> str:
    if item.energy_j is None or item.low_j is None or item.high_j is None:
        return "absent"
    low, high = format_energy(item.low_j).split()[0], format_energy(item.high_j)
    return f"{format_energy(item.energy_j)} ({low}-{high})"


def _wrapped(text: str) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) + 1 > WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]
