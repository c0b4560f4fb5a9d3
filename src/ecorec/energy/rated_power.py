"""Rated power of processors by name, from the table that ships with codecarbon."""

import csv
import re
from functools import cache

from ecorec.energy.codecarbon_data import table_path

_NOISE = re.compile(
    r"\((r|tm|c)\)|[®™]|@.*|\bwith .*|\b\d+-core\b|\b(processor|cpu|apu)\b|\b\d+th gen\b"
)
"""What a system adds to a processor's name, or a table does, that does not tell parts apart."""


def rated_power(cpu: str) -> float | None:
    """Return the rated power of one package in watts, or `None` for an unknown processor.

    Only a whole name counts, whatever is put around it: `AMD EPYC 7763 64-Core Processor` is
    `AMD EPYC 7763`, but neither `AMD EPYC` nor `Intel(R) Xeon(R) CPU @ 2.20GHz`, which
    virtual machines go by, is anything. A relative's rating would be another part's number.

    Args:
        cpu: Name as the system reports it.
    """
    return _table().get(_plain(cpu))


def _plain(name: str) -> str:
    return " ".join(_NOISE.sub(" ", name.lower()).split())


@cache
def _table() -> dict[str, float]:
    ratings: dict[str, set[float]] = {}
    with table_path("cpu_power.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            # A few cells hold two numbers run together, e.g. `27.29.5`.
            if re.fullmatch(r"\d+(\.\d+)?", row["TDP"]):
                ratings.setdefault(_plain(row["Name"]), set()).add(float(row["TDP"]))
    # Names that the table gives two ratings are as good as unknown.
    return {name: values.pop() for name, values in ratings.items() if len(values) == 1}
