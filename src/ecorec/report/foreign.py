"""What other tools measured, beside a study: CodeCarbon's readings and RecBole's runs."""

from collections.abc import Sequence

from ecorec.analysis.elsewhere.foreign import METHOD, ForeignRun
from ecorec.analysis.elsewhere.foreign_quality import Held
from ecorec.analysis.words import metric_title, quality
from ecorec.report.paragraphs import WIDTH, wrapped
from ecorec.report.tables import as_text
from ecorec.units import format_duration, format_energy, format_mass


def codecarbon_table(found: Sequence[ForeignRun], name: str) -> str:
    """Return readings that ecorec did not make, with the tool that did."""
    head = ["", "energy", "", "time", "CO2-eq", "read by"]
    lines = [
        [
            f"  {item.label}",
            format_energy(item.energy_j),
            METHOD,
            format_duration(item.duration_s),
            "" if item.emissions_g is None else format_mass(item.emissions_g),
            item.source,
        ]
        for item in found
    ]
    return (
        f"Foreign: {name}\n{as_text([head, *lines], right=(1, 3, 4), width=WIDTH)}\n"
        "foreign: another tool's boundary and method, without range or quality; neither compared "
        "nor ranked"
    )


def recbole_table(found: Sequence[Held]) -> str:
    """Return RecBole's runs beside the study's like, and why where there is none."""
    metric = metric_title(found[0].metric)
    head = ["Foreign: RecBole", f"test {metric}", "", "A has", "difference", "chance", "training",
            "energy"]  # fmt: skip
    parts = [
        as_text([head, *map(_line, found)], right=(1, 3, 4, 5, 6), width=WIDTH),
        wrapped(
            "foreign: read from a log, which has no joules (absent) and does not name its machine, "
            "so that neither energy nor time is compared. chance: 95 % of the differences that "
            "other held-out interactions would make, if its users scatter as those of A do. "
            "Nothing is ranked."
        ),
    ]
    return "\n".join([*parts, *(wrapped(f"  {_name(item)}: {_note(item)}") for item in found)])


def _name(item: Held) -> str:
    size = item.run.value_of("embedding_size")
    return f"{item.run.model}{f' d={size}' if size else ''}"


def _line(item: Held) -> list[str]:
    run = item.run
    line = [f"  {_name(item)}", "-" if item.value is None else f"{item.value:.4f}".lstrip("0")]
    line.append(METHOD)
    if item.ours is None or item.value is None:
        line += ["", "refused", ""]
    else:
        ours = item.ours.quality(item.metric)
        line += [
            f"{ours:.4f}".lstrip("0"),
            f"{item.value - ours:+.4f}",
            "-" if item.margin is None else f"±{quality(item.margin)}",
        ]
    return [*line, format_duration(run.train_s) if run.epochs else "-", "absent"]


def _note(item: Held) -> str:
    where = f"{item.run.path.name}, {item.run.epochs} epochs trained"
    if item.refused:
        return f"{where}: refused, {item.refused}"
    against = f"{where}: held against {item.ours.label if item.ours else '-'}"
    return f"{against}; differs in {', '.join(item.differs)}" if item.differs else against
