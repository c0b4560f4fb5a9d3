"""The analysis of a study, computed once for terminal and page, so that both say the same."""

from collections import Counter
from dataclasses import dataclass, replace
from math import isfinite

import polars as pl

from ecorec.analysis.compare import Comparison, compare
from ecorec.analysis.configurations import Configuration, by_benchmark, configurations
from ecorec.analysis.decision.findings import find
from ecorec.analysis.decision.verdict import Verdict, put_into_words
from ecorec.analysis.drivers.complexity import kernel_shares
from ecorec.analysis.naming import benchmark_title
from ecorec.analysis.rows import in_order
from ecorec.analysis.statistics.energy_statistics import EnergyComparison, compare_energies
from ecorec.analysis.statistics.pareto import exchange_rates
from ecorec.analysis.study_metric import check_metric, default_metric
from ecorec.energy.emissions import Intensity, intensity
from ecorec.energy.idle import IdleBaseline
from ecorec.errors import StudyError
from ecorec.planning.calibration import Calibration
from ecorec.study.record import RunRecord
from ecorec.study.store import StoredStudy
from ecorec.study.tuning.summary import TuningSummary


@dataclass(frozen=True, eq=False)
class Benchmark:
    """One data set and split, with every configuration that was run on it."""

    title: str
    """Name of the data set, with the split where the study has several of it."""
    configurations: tuple[Configuration, ...]
    """In the order in which they were found."""
    comparison: Comparison
    """The configurations' qualities compared, in the same order."""
    energies: EnergyComparison
    """Their joules compared, in the same order."""
    machine_id: str
    """The machine on which most of them were measured: joules are compared on this one only."""
    front: tuple[int, ...]
    """Positions on the Pareto front of quality against joules, cheapest first."""
    joules_per_quality: dict[int, float]
    """Position on the front -> joules per unit of the metric gained over the point before."""
    verdict: Verdict
    per_user: dict[str, pl.DataFrame]
    """Run id -> test metrics of each user."""

    @property
    def first(self) -> RunRecord:
        """A record to read data and split from."""
        return self.configurations[0].first

    @property
    def ranked(self) -> list[int]:
        """Positions, best first."""
        differences = self.comparison.differences
        return sorted(range(len(differences)), key=lambda i: differences[i].mean)

    @property
    def several_sizes(self) -> bool:
        """Whether some model has more than one embedding size, so that sizes can be compared."""
        sizes: dict[str, set[int | None]] = {}
        for item in self.configurations:
            sizes.setdefault(item.model, set()).add(item.embedding_size)
        return any(len(found - {None}) > 1 for found in sizes.values())

    def equals_best(self, position: int) -> bool:
        """Return whether a configuration cannot be told from the best."""
        return not self.comparison.differences[position].told_apart

    def half_interval(self, position: int) -> float | None:
        """Return half the 95 % interval of a configuration's mean; `None` if it is not known."""
        half = float(self.comparison.half_width[position])
        return half if isfinite(half) else None

    def equal_in(self, metric: str) -> frozenset[int]:
        """Return the positions of all that cannot be told from the best in any test metric.

        Only those are compared that were tested in it, as not all may have the same `--topk`.
        """
        if metric == self.comparison.metric:
            return frozenset(self.comparison.equal_to_best)
        tested = [i for i, item in enumerate(self.configurations) if item.tested_in(metric)]
        if not tested:
            return frozenset()
        compared = compare([self.configurations[i] for i in tested], self.per_user, metric)
        return frozenset(tested[i] for i in compared.equal_to_best)


@dataclass(frozen=True, eq=False)
class StudyAnalysis:
    """A study's benchmarks and its view on carbon."""

    study: StoredStudy
    metric: str
    grid: Intensity | None
    pue: float
    benchmarks: tuple[Benchmark, ...]

    @property
    def idle(self) -> tuple[IdleBaseline, ...]:
        """The idle machine, as the study measured it."""
        return self.study.info.idle

    @property
    def calibrations(self) -> tuple[Calibration, ...]:
        """Rates of the machines, as the study measured them."""
        return self.study.info.calibrations

    @property
    def tunings(self) -> tuple[TuningSummary, ...]:
        """How settings were chosen that its runs use, and what that cost."""
        return self.study.info.tunings


def analyse(
    study: StoredStudy, metric: str | None = None, *, with_contaminated: bool = False
) -> StudyAnalysis:
    """Compare what is comparable in a study.

    Args:
        study: As read from its folder.
        metric: Test metric to compare by; if not given, the study's own.
        with_contaminated: Whether energy that was read beside other work is compared too.

    Raises:
        StudyError: There is no finished run, or runs of one benchmark have different users.
        InputError: Not all runs have the metric.
    """
    if not study.records:
        message = f"{study.path} has no finished run yet"
        raise StudyError(message, hint="run the study first: `ecorec run … --out` this folder")
    chosen = metric or default_metric(study.records, study.info.metric)
    check_metric(study.records, chosen)
    study = replace(study, records=in_order(study.records))
    found = configurations(
        study.records,
        study.info.idle,
        with_contaminated=with_contaminated,
        varied=study.info.varied,
    )
    groups = by_benchmark(found)
    firsts = [members[0].first for members in groups.values()]
    return StudyAnalysis(
        study=study,
        metric=chosen,
        grid=intensity(study.info.grid),
        pue=study.info.grid.pue,
        benchmarks=tuple(
            _analyse_benchmark(members, study, chosen, firsts) for members in groups.values()
        ),
    )


def _frames(study: StoredStudy, members: list[Configuration]) -> dict[str, pl.DataFrame]:
    return {run_id: study.per_user(run_id) for item in members for run_id in item.run_ids}


def _analyse_benchmark(
    members: list[Configuration], study: StoredStudy, metric: str, firsts: list[RunRecord]
) -> Benchmark:
    first, frames = members[0].first, _frames(study, members)
    comparison = compare(members, frames, metric)
    machine_id = Counter(item.machine_id for item in members).most_common(1)[0][0]
    here = [item.measured_j if item.machine_id == machine_id else {} for item in members]
    energies = compare_energies(here)
    kernels = kernel_shares(
        [item.records for item in members if item.machine_id == machine_id],
        study.info.calibrations,
    )
    priced = [
        (i, item.energy.mean_j)
        for i, item in enumerate(members)
        if item.energy is not None and item.machine_id == machine_id
    ]
    steps = exchange_rates([members[i].quality(metric) for i, _ in priced], [j for _, j in priced])
    return Benchmark(
        title=benchmark_title(first, firsts),
        configurations=tuple(members),
        comparison=comparison,
        energies=energies,
        machine_id=machine_id,
        front=tuple(priced[step.index][0] for step in steps),
        joules_per_quality={
            priced[step.index][0]: step.cost_per_quality
            for step in steps
            if step.cost_per_quality is not None
        },
        verdict=put_into_words(
            find(members, comparison, energies, machine_id, kernels, study.served)
        ),
        per_user=frames,
    )
