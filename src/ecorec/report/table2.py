"""Quality and cost in the layout of the paper's Table 2."""

from dataclasses import dataclass

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.rows import metric_names
from ecorec.analysis.run_energy import Energy
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis
from ecorec.energy.emissions import emissions_g
from ecorec.report.ranges import between
from ecorec.units import format_energy, format_mass

ACCURACY = ("precision", "recall", "ndcg", "hit")
"""The paper's metrics, in its order."""

BESIDE = "! measured beside other work on the machine: shown, and left out of comparisons"
"""What the mark behind joules means."""

NOT_TESTED = "an empty cell: not tested at that K (--topk); bold is judged among those that were"
"""What an empty cell among the metrics means."""

SHORT = {"precision": "P", "recall": "R", "ndcg": "NDCG", "hit": "HIT"}


@dataclass(frozen=True, eq=False)
class Row:
    """One configuration."""

    configuration: Configuration
    values: tuple[float | None, ...]
    """Of each column's metric, averaged over seeds; `None` where it was not tested in it."""
    best: tuple[bool, ...]
    """Whether it cannot be told from the best of the column: bold."""
    energy: Energy | None
    """What counts in comparisons or, where that is none, what was read beside other work."""
    grams: float | None
    """`None` where no grid was stated or no energy was read."""

    @property
    def cells(self) -> tuple[tuple[str, bool], ...]:
        """Each column's value as it is written, empty if there is none; whether it is bold."""
        texts = ["" if value is None else f"{value:.4f}" for value in self.values]
        return tuple(zip(texts, self.best, strict=True))

    @property
    def beside(self) -> bool:
        """Whether its energy was read beside other work, and is shown without being compared."""
        return self.energy is not None and not self.configuration.clean


@dataclass(frozen=True, eq=False)
class Table2:
    """One data set and split."""

    title: str
    columns: tuple[str, ...]
    """Metrics such as `ndcg@10`, by cut-off."""
    rows: tuple[Row, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands under the table, in words."""
        empty = any(value is None for row in self.rows for value in row.values)
        beside = any(row.beside for row in self.rows)
        return (*([NOT_TESTED] if empty else []), *([BESIDE] if beside else []))


def table2(benchmark: Benchmark, analysis: StudyAnalysis) -> Table2:
    """Return a row a configuration: models without training first, then by name and size.

    A column is a metric that any of them was tested in.
    """
    items = benchmark.configurations
    tested = [n for n in metric_names([i.first for i in items]) if n.partition("@")[0] in ACCURACY]
    cuts = dict.fromkeys(name.partition("@")[2] for name in tested)
    columns = [f"{name}@{k}" for k in cuts for name in ACCURACY if f"{name}@{k}" in tested]
    equal = [benchmark.equal_in(column) for column in columns]
    order = sorted(
        range(len(items)),
        key=lambda i: (not items[i].is_training_free, items[i].model,
                       items[i].embedding_size or 0, items[i].label),
    )  # fmt: skip
    rows = [
        Row(
            configuration=items[i],
            values=tuple(
                items[i].quality(column) if items[i].tested_in(column) else None
                for column in columns
            ),
            best=tuple(i in positions for positions in equal),
            energy=_shown(items[i]),
            grams=_grams(_shown(items[i]), analysis),
        )
        for i in order
    ]
    return Table2(benchmark.title, tuple(columns), tuple(rows))


def _shown(item: Configuration) -> Energy | None:
    return item.energy if item.clean else item.energy_beside_others


def _grams(energy: Energy | None, analysis: StudyAnalysis) -> float | None:
    if energy is None or analysis.grid is None:
        return None
    return emissions_g(energy.mean_j, analysis.grid, analysis.pue)


def short(column: str) -> str:
    """Return `NDCG@10` of `ndcg@10`."""
    name, _, k = column.partition("@")
    return f"{SHORT[name]}@{k}"


def cost_in_words(row: Row) -> dict[str, str]:
    """Return energy, its range, grams and method as they stand in a table."""
    energy = row.energy
    if energy is None:
        return {"energy": "absent", "range": "", "grams": "absent", "method": "absent"}
    mark = " !" if row.beside else ""
    return {
        "energy": f"{format_energy(energy.mean_j)}{mark}",
        "range": between(energy.low_j, energy.high_j, format_energy),
        "grams": "" if row.grams is None else f"{format_mass(row.grams)}{mark}",
        "method": energy.method,
    }
