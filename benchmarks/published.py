"""Can RecBole-GNN's published figures for MovieLens-1M be reached? Records beside its board.

    ecorec run studies/ml-1m-published/bpr-mf.toml --seeds 2 --split-seed 2 --out FOLDER
    python benchmarks/published.py FOLDER… --table studies/ml-1m-published/results.csv

Takes the longest run of each model and seed in the folders up into the table, which keeps what it
had for other models and seeds, and prints the table in short: means over seeds, and how far from
what is published. A seed draws the split as well. Joules are CPU seconds times low, central and
high watts (`assumed` or `modelled`) unless a record's method says otherwise.
"""

import argparse
import csv
import statistics
from pathlib import Path

from ecorec.analysis.paper.published import published
from ecorec.study.record import RunRecord
from ecorec.study.store import read_study

METRICS = ("ndcg@10", "recall@10", "mrr@10", "hit@10", "precision@10")
BOARDS_PATIENCE = "11"
"""RecBole's stopping_step of 10 ends a training at the eleventh validation without a better one."""

TOLERANCE = 0.02
"""Below what is published that counts as reached."""

Row = dict[str, str]


def row_of(record: RunRecord) -> Row:
    """Return a row of the table."""
    total, machine = record.total, record.machine
    values = {
        "model": record.model,
        "seed": record.seed,
        "best_epoch": record.best_epoch,
        "epochs": len(record.epochs),
        "comparison": record.settings["training"].get("comparison", "exact"),
        "patience": record.settings["training"]["patience"],
        **{metric: record.metrics[metric] for metric in METRICS},
        "duration_s": total.duration_s,
        "cpu_s": total.cpu_s,
        "energy_low_j": total.low_j,
        "energy_j": total.energy_j,
        "energy_high_j": total.high_j,
        "energy_method": " and ".join(total.methods),
        "contaminated": str(record.contaminated).lower(),
        "threads": record.threads,
        "run_id": record.run_id,
        "date": record.created_at[:10],
        "machine": f"{machine.cpu}, {machine.n_cpus} logical CPUs"
        + (", virtual machine" if machine.virtualised else ""),
    }
    return {key: "" if value is None else str(value) for key, value in values.items()}


def longest(folders: list[Path]) -> list[Row]:
    """Return a row for each model, seed and patience in the folders."""
    found: dict[tuple[str, int | None, int | None], RunRecord] = {}
    for record in (record for folder in folders for record in read_study(folder).records):
        key = (record.model, record.seed, record.settings["training"]["patience"])
        if key not in found or len(record.epochs) > len(found[key].epochs):
            found[key] = record
    return [row_of(record) for record in found.values()]


def read(table: Path) -> list[Row]:
    """Return the rows of a table; none, if there is none yet."""
    if not table.exists():
        return []
    with table.open(newline="") as stream:
        return list(csv.DictReader(stream))


def merged(old: list[Row], new: list[Row]) -> list[Row]:
    """Return both, in the order of the board; a new row replaces the one that asked the same."""
    rows = {(row["model"], row["seed"], row["patience"]): row for row in [*old, *new]}
    order = list(dict.fromkeys(cell.model for cell in published().of("board") if cell.model))

    def place(row: Row) -> tuple[int, int, int]:
        return order.index(row["model"]), int(row["patience"]), int(row["seed"])

    return sorted(rows.values(), key=place)


def write(table: Path, rows: list[Row]) -> None:
    """Write the table."""
    with table.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)


def short(rows: list[Row]) -> list[str]:
    """Return Markdown: a line for each model of the board."""
    lines = [
        "| model | seeds | NDCG@10 (least to most) | published | ratio | reached | best epochs | "
        "CPU s | J (central) |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for cell in published().of("board"):
        if cell.quantity != "ndcg@10":
            continue
        every = [row for row in rows if row["model"] == cell.model]
        as_board = [row for row in every if row["patience"] == BOARDS_PATIENCE]
        longer = [row for row in every if row["patience"] != BOARDS_PATIENCE]
        if not every:
            lines.append(f"| {cell.model} | not run | | {cell.value:.4f} | | | | | |")
        if as_board:
            lines.append(line(cell.model, as_board, cell.value))
        if longer:
            patience = " or ".join(sorted({row["patience"] for row in longer}))
            lines.append(line(f"{cell.model}, patience {patience}", longer, cell.value))
    return lines


def line(name: str, own: list[Row], published: float) -> str:
    """Return the means of a model's rows beside what is published."""
    own = sorted(own, key=lambda row: int(row["seed"]))
    found = [float(row["ndcg@10"]) for row in own]
    ratio = statistics.fmean(found) / published
    return (
        f"| {name} | {', '.join(row['seed'] for row in own)} | "
        f"{statistics.fmean(found):.4f} ({min(found):.4f} to {max(found):.4f}) | "
        f"{published:.4f} | {ratio:.3f} | {'yes' if ratio >= 1 - TOLERANCE else 'no'} | "
        f"{', '.join(row['best_epoch'] for row in own)} | {mean(own, 'cpu_s')} | "
        f"{mean(own, 'energy_j')} |"
    )


def mean(rows: list[Row], column: str) -> str:
    """Return the mean of a column in whole numbers."""
    return f"{statistics.fmean(float(row[column]) for row in rows):,.0f}"


def main() -> None:
    """Take up what has been run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--table", type=Path, default=Path("studies/ml-1m-published/results.csv"))
    asked = parser.parse_args()
    rows = merged(read(asked.table), longest(asked.folders))
    write(asked.table, rows)
    print("\n".join(short(rows)))


if __name__ == "__main__":
    main()
