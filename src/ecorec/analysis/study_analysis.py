"""A stored study, analysed: one place where terminal and page get the same answers."""

from dataclasses import dataclass

from ecorec.analysis.compare import Contest, contest
from ecorec.analysis.configurations import Configuration, configurations
from ecorec.analysis.pareto import pareto_front
from ecorec.analysis.verdict import Verdict, verdict
from ecorec.energy.emissions import Intensity, intensity
from ecorec.errors import StudyError
from ecorec.study.store import StoredStudy


@dataclass(frozen=True, eq=False)
class Arena:
    """Everything that may be compared: one data set, split and machine."""

    title: str
    """The data set, with the machine where there are several."""
    configurations: tuple[Configuration, ...]
    contest: Contest
    verdict: Verdict

    @property
    def ranked(self) -> list[Configuration]:
        """Best first."""
        return [self.contest.best, *(item.configuration for item in self.contest.comparisons)]

    def is_equal(self, configuration: Configuration) -> bool:
        """Return whether a configuration cannot be told from the best."""
        return any(item is configuration for item in self.contest.equals)

    def front(self) -> list[Configuration]:
        """Return the configurations that nothing beats on both quality and energy."""
        priced = [item for item in self.configurations if item.energy_j is not None]
        qualities = [item.quality(self.contest.metric) for item in priced]
        return [
            priced[i] for i in pareto_front(qualities, [item.energy_j or 0.0 for item in priced])
        ]


@dataclass(frozen=True, eq=False)
class StudyAnalysis:
    """A study's arenas and its view on carbon."""

    study: StoredStudy
    metric: str
    grid: Intensity | None
    pue: float
    arenas: tuple[Arena, ...]


def analyse(study: StoredStudy, metric: str | None = None) -> StudyAnalysis:
    """Compare what is comparable in a study.

    Args:
        study: As read from its folder.
        metric: Test metric to compare by; the one that selected epochs, if not given.

    Raises:
        StudyError: There is no finished run, or not all runs have the metric.
    """
    metric = metric or study.info.metric
    if not study.records:
        message = f"{study.path} has no finished run yet"
        raise StudyError(message, hint="run the study first: `ecorec run … --out` this folder")
    lacking = [record.run_id for record in study.records if metric not in record.metrics]
    if lacking:
        has = ", ".join(list(study.records[0].metrics)[:12])
        message = f"run {lacking[0]} has no metric `{metric}`"
        raise StudyError(message, hint=f"it has {has}, …")
    groups: dict[tuple[str, str, str, str, str], list[Configuration]] = {}
    for item in configurations(study.records):
        record = item.first
        key = (
            record.data.name,
            record.data.fingerprint,
            record.split.protocol,
            str(record.split.seed),
            record.machine.machine_id,
        )
        groups.setdefault(key, []).append(item)
    names = [key[0] for key in groups]
    arenas = []
    for key, items in groups.items():
        title = key[0] if names.count(key[0]) == 1 else f"{key[0]} ({key[2]}, machine {key[4][:6]})"
        found = contest(items, metric, study.per_user)
        arenas.append(Arena(title, tuple(items), found, verdict(found)))
    return StudyAnalysis(
        study=study,
        metric=metric,
        grid=intensity(study.info.grid),
        pue=study.info.grid.pue,
        arenas=tuple(arenas),
    )
