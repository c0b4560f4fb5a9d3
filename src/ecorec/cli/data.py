"""`ecorec data`: known data sets, what is in them, and one's own file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ecorec.cli import console, shared
from ecorec.cli.output_files import check_new_file
from ecorec.cli.words import Words, split_words

if TYPE_CHECKING:
    from ecorec.data.dataset import Dataset

app = typer.Typer(
    help="List, show and import data sets.", no_args_is_help=True, rich_markup_mode=None
)

Format = Literal["table", "json"]
FormatOption = Annotated[Format, typer.Option("--format", help="How it is written.")]


@app.command("list")
def list_(format_: FormatOption = "table") -> None:
    """List the data sets that are known by name.

    Example: ecorec data list
    """
    from ecorec.data.catalogue import CATALOGUE

    if format_ == "json":
        console.out(json.dumps([asdict(entry) for entry in CATALOGUE.values()], indent=2))
        return
    for entry in CATALOGUE.values():
        how = "bundled" if entry.bundled else "download" if entry.url else "local file"
        console.out(f"{entry.name:<16} {how:<11} {entry.title} · {entry.licence}")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A known name, a file, or `synthetic:…`.")],
    data_path: shared.DataPath = None,
    k_core: shared.KCore = None,
    min_rating: shared.MinRating = None,
    columns: shared.Columns = None,
    timestamp_format: shared.TimestampFormat = None,
    format_: FormatOption = "table",
) -> None:
    """Show a data set's counts: the columns of the paper's Table 1, and more.

    Example: ecorec data show movietweetings --k-core 10
    """
    from ecorec.data.statistics import statistics

    dataset = _load(name, data_path, k_core, min_rating, columns, timestamp_format)
    found = statistics(dataset.interactions)
    if format_ == "json":
        console.out(json.dumps({"name": name, **asdict(found), "notes": dataset.notes}, indent=2))
        return
    console.out(f"{name}" + "".join(f" · {words}" for words in (*dataset.filters, *dataset.notes)))
    lines = {
        "users": f"{found.n_users:,}",
        "items": f"{found.n_items:,}",
        "interactions": f"{found.n_interactions:,}",
        "density": f"{found.density:.4%}",
        "sparsity": f"{found.sparsity:.4%}",
        "per user": "min {:,}, median {:g}, max {:,}".format(*found.per_user),
        "per item": "min {:,}, median {:g}, max {:,}".format(*found.per_item),
        "item gini": f"{found.item_gini:.3f}",
        "dates": f"{found.first_date} to {found.last_date}" if found.first_date else "none",
        "licence": dataset.licence or "not known",
        "cite": dataset.citation or "not known",
    }
    for label, value in lines.items():
        console.out(f"  {label:<13} {value}")
    for line in _against_published(name, dataset):
        console.out(line)


def _against_published(name: str, dataset: "Dataset") -> list[str]:
    """Say how the counts differ from those that the paper prints."""
    from ecorec.data.catalogue import CATALOGUE

    published = CATALOGUE[name].published if name in CATALOGUE else None
    if published is None:
        return []
    whole = dataset.interactions
    pairs = {
        "users": (whole.n_users, published.n_users),
        "items": (whole.n_items, published.n_items),
        "interactions": (len(whole), published.n_interactions),
    }
    differing = [
        f"{key} {here:,} (paper: {there:,})"
        for key, (here, there) in pairs.items()
        if here != there
    ]
    if not differing:
        return ["  as published in the paper's Table 1"]
    return [f"  differs from the paper's Table 1: {', '.join(differing)}"]


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV, TSV, Parquet, .inter, ratings.dat, …; also gz, xz.")
    ],
    out: Annotated[Path, typer.Option(help="Parquet file to write: X.parquet.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace --out if it exists.")
    ] = False,
    k_core: shared.KCore = None,
    min_rating: shared.MinRating = None,
    columns: shared.Columns = None,
    timestamp_format: shared.TimestampFormat = None,
    format_: FormatOption = "table",
) -> None:
    """Read a file of interactions, filter it, and write Parquet that ecorec reads again.

    Example: ecorec data import orders.csv --out orders.parquet --columns user=customer,item=sku
    """
    from ecorec.data.export import write_parquet
    from ecorec.data.statistics import statistics

    check_new_file(out, file, ".parquet", overwrite=overwrite)
    dataset = _load(str(file), None, k_core, min_rating, columns, timestamp_format)
    write_parquet(dataset, out)
    whole = dataset.interactions
    if format_ == "json":
        found = asdict(statistics(whole))
        told = {"out": str(out), "filters": dataset.filters, "notes": dataset.notes}
        console.out(json.dumps({**told, **found}, indent=2))
        return
    notes = "".join(f" · {words}" for words in (*dataset.filters, *dataset.notes))
    counts = f"{len(whole):,} interactions of {whole.n_users:,} users with {whole.n_items:,} items"
    console.out(f"{out}: {counts}{notes}")


@app.command()
def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete what is kept.")] = False,
    format_: FormatOption = "table",
) -> None:
    """Say where parsed files are kept, so that they are read once, and how much there is.

    Example: ecorec data cache --clear
    """
    from ecorec.data.cache import cache_use, clear_cache

    use = clear_cache() if clear else cache_use()
    if format_ == "json":
        told = {"folder": str(use.folder), "entries": use.n_entries, "bytes": use.n_bytes}
        console.out(json.dumps({**told, "cleared": clear}, indent=2))
        return
    entries = "1 entry" if use.n_entries == 1 else f"{use.n_entries:,} entries"
    deleted = "deleted: " if clear else ""
    console.out(f"{use.folder}: {deleted}{entries}, {use.n_bytes / 1e6:,.1f} MB")


def _load(
    name: str,
    data_path: Path | None,
    k_core: int | None,
    min_rating: float | None,
    columns: Words,
    timestamp_format: str | None,
) -> "Dataset":
    from ecorec.data.dataset import DataSettings
    from ecorec.data.load import load_dataset
    from ecorec.errors import InputError
    from ecorec.study.study_file import parse_assignment

    pairs = split_words(columns) or []
    if any("=" not in pair for pair in pairs):
        message = f"`--columns {','.join(pairs)}` is not a list of role=column"
        raise InputError(message, hint="write --columns user=…,item=…,timestamp=…")
    told = dict(parse_assignment(pair) for pair in pairs)
    values = {
        "columns": told,
        "k_core": k_core or 0,
        "min_rating": min_rating,
        "timestamp_format": timestamp_format,
    }
    return load_dataset(
        name, DataSettings.parse(values, "data", shared.help_of("data show")), data_path=data_path
    )
