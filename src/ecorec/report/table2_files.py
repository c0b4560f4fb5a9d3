"""The paper's Table 2 as files: LaTeX, Markdown and CSV."""

from pathlib import Path

import polars as pl

from ecorec.analysis.study_analysis import analyse
from ecorec.folders import write_whole
from ecorec.report.table2 import SHORT, Row, Table2, cost_in_words, short, table2
from ecorec.report.tables import as_csv
from ecorec.study.store import read_study
from ecorec.version import VERSION

SPECIAL = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
    | {"µ": r"$\mu$", "<": r"$<$", ">": r"$>$"}
)
"""What LaTeX would take for its own."""


def as_latex(table: Table2, has_grid: bool) -> str:
    """Return a `table` of LaTeX, for the packages booktabs and graphicx; bold as on the page."""
    cuts = list(dict.fromkeys(column.partition("@")[2] for column in table.columns))
    width = [sum(column.endswith(f"@{k}") for column in table.columns) for k in cuts]
    costs = ["CO$_2$-eq"] * has_grid + ["Energy", "low--high", "Method"]
    groups, rules, at = [], [], 2
    for k, n in zip(cuts, width, strict=True):
        groups.append(rf"\multicolumn{{{n}}}{{c}}{{$K={k}$}}")
        rules.append(rf"\cmidrule(lr){{{at}-{at + n - 1}}}")
        at += n
    groups += [""] * len(costs)
    notes = "".join(f" {note}.".translate(SPECIAL) for note in table.notes)
    head = ["Configuration", *(SHORT[c.partition("@")[0]] for c in table.columns), *costs]
    lines = [
        f"% Made by ecorec {VERSION}; \\usepackage{{booktabs,graphicx}}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{table.title.translate(SPECIAL)}: quality, and cost of one run. Bold: cannot "
        rf"be told from the best of its column.{notes}}}",
        r"\resizebox{\linewidth}{!}{%",
        rf"\begin{{tabular}}{{l{'r' * len(table.columns)}{'r' * (len(costs) - 1)}l}}",
        r"\toprule",
        " & ".join(["", *groups]).strip() + r" \\",
        " ".join(rules),
        " & ".join(head) + r" \\",
        r"\midrule",
        *(" & ".join(_latex_cells(row, has_grid)) + r" \\" for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
    ]
    return "\n".join(lines)


def _latex_cells(row: Row, has_grid: bool) -> list[str]:
    cost = {name: text.translate(SPECIAL) for name, text in cost_in_words(row).items()}
    values = [rf"\textbf{{{text}}}" if best else text for text, best in row.cells]
    grams = [cost["grams"]] * has_grid
    spread = cost["range"].replace("-", "--")
    label = row.configuration.label.translate(SPECIAL)
    return [label, *values, *grams, cost["energy"], spread, cost["method"]]


def write_tables(
    folder: Path, metric: str | None = None, *, with_contaminated: bool = False
) -> list[Path]:
    """Write `table2.tex`, `table2.md` and `table2.csv` into a study's folder; return their paths.

    Args:
        folder: The study's folder.
        metric: Test metric to compare by; the study's own, if not given.
        with_contaminated: Whether energy that was read beside other work is compared too.

    Raises:
        InputError: Not all runs have the metric.
        StudyError: The folder holds no study with a finished run.
    """
    analysis = analyse(read_study(folder), metric, with_contaminated=with_contaminated)
    tables = [table2(benchmark, analysis) for benchmark in analysis.benchmarks]
    has_grid = analysis.grid is not None
    texts = {
        "table2.tex": "\n\n".join(as_latex(table, has_grid) for table in tables),
        "table2.md": "\n\n".join(as_markdown(table, has_grid) for table in tables),
        "table2.csv": as_csv(as_frame(tables)),
    }
    for name, text in texts.items():
        write_whole(folder / name, text.rstrip("\n"))
    return [folder / name for name in texts]


def as_markdown(table: Table2, has_grid: bool) -> str:
    """Return the table in Markdown, under the name of its data set."""
    head = ["Configuration", *map(short, table.columns), *["CO2-eq"] * has_grid, "Energy",
            "low-high", "Method"]  # fmt: skip
    lines = [head, ["---", *["--:"] * (len(head) - 2), "---"]]
    for row in table.rows:
        cost = cost_in_words(row)
        values = [f"**{text}**" if best else text for text, best in row.cells]
        label = row.configuration.label.replace("|", "\\|")
        grams = [cost["grams"]] * has_grid
        lines.append([label, *values, *grams, cost["energy"], cost["range"], cost["method"]])
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = "".join(f"\n\n{note}." for note in table.notes)
    return f"**{table.title}** (bold: cannot be told from the best of its column)\n\n{body}{notes}"


def as_frame(tables: list[Table2]) -> pl.DataFrame:
    """Return every digit, a row a configuration; `bold` names what cannot be told from the best."""
    columns = dict.fromkeys(column for table in tables for column in table.columns)
    rows = [
        {
            "benchmark": table.title,
            "configuration": row.configuration.label,
            **columns,  # empty, where another data set has lists of other lengths
            **dict(zip(table.columns, row.values, strict=True)),
            "emissions_g": row.grams,
            "energy_j": row.energy.mean_j if row.energy else None,
            "energy_low_j": row.energy.low_j if row.energy else None,
            "energy_high_j": row.energy.high_j if row.energy else None,
            "energy_method": row.energy.method if row.energy else "absent",
            "contaminated": row.beside,
            "bold": " ".join(
                column for column, best in zip(table.columns, row.best, strict=True) if best
            ),
        }
        for table in tables
        for row in table.rows
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
