"""Options that several commands have, each stated once: what they are called, and what they say."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ecorec.cli.words import Words, split_words
from ecorec.study import defaults

Preset = Annotated[
    str | None, typer.Option(help="recommended, as-run or as-described [default: recommended].")
]
Split = Annotated[
    str | None,
    typer.Option(
        help="ratio (random 80/10/10 of each user), ratio-by-time, leave-one-out, temporal or "
        "given [default: ratio]."
    ),
]
SplitSeed = Annotated[int | None, typer.Option(help="Seed of the split [default: 1].")]
KCore = Annotated[int | None, typer.Option(help="Filter to the k-core [default: none].")]
MinRating = Annotated[float | None, typer.Option(help="Keep ratings from here up [default: all].")]
Columns = Annotated[
    Words, typer.Option(help="user=…,item=…,timestamp=…,rating=… [default: guessed].")
]
TimestampFormat = Annotated[
    str | None, typer.Option(help="E.g. %d/%m/%Y [default: numbers and ISO 8601].")
]
Topk = Annotated[
    Words,
    typer.Option(help=f"Cut-offs of the test [default: {','.join(map(str, defaults.TOPK))}]."),
]
Patience = Annotated[
    int | None,
    typer.Option(help="Validations without a gain before stopping [default: never]."),
]
ValidateEvery = Annotated[int | None, typer.Option(help="Epochs between validations [default: 5].")]
Device = Annotated[str | None, typer.Option(help="cpu or cuda [default: cpu].")]
WattsPerCpu = Annotated[
    str | None,
    typer.Option(
        help="Watts of one busy CPU: one number or low,central,high [default: by the processor]."
    ),
]
Country = Annotated[
    str | None, typer.Option(help="For grams of CO2-eq, e.g. ITA; never guessed [default: none].")
]
DataPath = Annotated[
    Path | None, typer.Option(help="File or folder of data sets [default: $ECOREC_DATA].")
]

Intensity = Annotated[
    float | None, typer.Option(help="Grams of CO2-eq a kWh, instead of a country's.")
]
Year = Annotated[int | None, typer.Option(help="Of the country's average [default: the latest].")]
PueOfStudy = Annotated[
    float | None, typer.Option(help="Power usage effectiveness [default: the study's].")
]


def help_of(command: str) -> str:
    """Return the hint for a value that an option of a command does not take."""
    return f"`ecorec {command} --help` says what each option takes"


FIXED = (
    "k_core", "min_rating", "columns", "timestamp_format", "patience", "validate_every", "set_",
)  # fmt: skip
"""Options that `fixed_settings` takes."""


def fixed_settings(
    *,
    k_core: int | None,
    min_rating: float | None,
    columns: Words,
    timestamp_format: str | None,
    patience: int | None,
    validate_every: int | None,
    set_: Words,
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the settings that options fix, by their dotted names; `--set` has the last word."""
    from ecorec.study.study_file import parse_assignment, parse_value

    stated = {
        "data.k_core": k_core,
        "data.min_rating": min_rating,
        "data.columns": dict(map(parse_assignment, split_words(columns) or ())) or None,
        "data.timestamp_format": timestamp_format,
        "training.patience": patience,
        "training.validate_every": validate_every,
        **(more or {}),
    }
    fixed = {key: value for key, value in stated.items() if value is not None}
    return fixed | {key: parse_value(text) for key, text in map(parse_assignment, set_ or ())}
