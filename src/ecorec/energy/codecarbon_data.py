"""The tables that ship with codecarbon, read as data: importing it takes more than a second."""

import json
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any


def codecarbon_version() -> str:
    """Return the version of the installed codecarbon."""
    return metadata.version("codecarbon")


def table_path(name: str, package: str = "codecarbon") -> Path:
    """Return where a table of the installed package lies.

    Args:
        name: File name, e.g. `cpu_power.csv`.
        package: codecarbon, or one that it needs itself and so is installed with it.

    Raises:
        FileNotFoundError: The installed version has no such file.
    """
    for file in metadata.files(package) or []:
        if file.name == name:
            return Path(str(file.locate()))
    message = f"{package} {metadata.version(package)} has no file `{name}`"
    raise FileNotFoundError(message)


@cache
def energy_mixes() -> dict[str, dict[str, Any]]:
    """Return one year of each country's grid by alpha-3 code; rows without a figure left out."""
    rows = json.loads(table_path("global_energy_mix.json").read_text(encoding="utf-8"))
    return {code: row for code, row in rows.items() if row.get("carbon_intensity")}
