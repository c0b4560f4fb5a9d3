"""A run in use: what its training, its index and its recommendations draw, as one system.

The joules of a recommendation are those beyond the idle server's, at the step of the ladder that is
nearest to the load asked for; if the server was not measured, those of the index without HTTP.
Several measurements of one kind of index that asked alike count as repeats; if there is only one,
the slices of its window do.
"""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from ecorec.analysis.configurations import Configuration, configurations
from ecorec.analysis.deployed.alike import Way, asked
from ecorec.analysis.deployed.amounts import Amount, System
from ecorec.analysis.deployed.life_cycle import LifeCycle
from ecorec.analysis.deployed.served import LOAD, standing, step_near
from ecorec.analysis.deployed.system_amounts import (
    index_amount,
    recommendation_amount,
    training_amount,
    with_index,
)
from ecorec.analysis.rows import in_order
from ecorec.analysis.tuning import Bill, bill_of
from ecorec.errors import InputError, StudyError, unknown_name
from ecorec.serving.energy import power_w
from ecorec.serving.record import Latency, ServingRecord, Step
from ecorec.study.record import RunRecord
from ecorec.study.store import StoredStudy, read_study

NOTHING = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Deployed:
    """A run that was measured under load."""

    path: Path
    """The run's folder."""
    study: StoredStudy
    configuration: Configuration
    """The configuration that the run belongs to."""
    serving: tuple[ServingRecord, ...]
    """All measurements of one kind of index that asked in this way, oldest first."""
    system: System
    """Joules of training (the index included) and of a recommendation (beyond the idle server)."""
    load: float
    """Share of saturation whose joules stand for serving."""
    way: Way
    """How it was asked, for any kind of index."""
    build: Amount | None
    """Joules of building the index, already counted in `system.training`; `None` if not
    measured."""

    @property
    def alone(self) -> bool:
        """Whether a recommendation's joules are of the index alone, without HTTP."""
        return not self.way.over_http

    @property
    def latest(self) -> ServingRecord:
        """The newest measurement."""
        return self.serving[-1]

    @property
    def record(self) -> RunRecord:
        """A record of the run's configuration."""
        return self.configuration.first

    @property
    def idle_w(self) -> tuple[float, float, float]:
        """Watts of the idle server; zero for the index alone."""
        idle = None if self.alone else self.latest.idle
        return (power_w(idle.server) or NOTHING) if idle else NOTHING

    @property
    def step(self) -> Step | None:
        """The step of the ladder that represents serving; `None` for the index alone."""
        return None if self.alone else step_near(self.latest, self.load)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The step that stands for serving in each measurement; none for the index alone."""
        if self.alone:
            return ()
        found = [step_near(record, self.load) for record in self.serving]
        return tuple(step for step in found if step is not None)

    @property
    def latency(self) -> Latency | None:
        """Latency at that step or, for the index alone, of users asked one at a time."""
        if self.step is not None:
            return self.step.latency
        return self.latest.direct[0].latency if self.latest.direct else None

    @property
    def tuning(self) -> Bill | None:
        """How its settings were chosen, and what that cost; `None` where they were not tuned."""
        return bill_of(self.record, self.study.info.tunings)

    @property
    def life_cycle(self) -> LifeCycle:
        """What it draws while it is operated; its training includes building the index."""
        tuning = NOTHING if self.tuning is None else self.tuning.ends_j
        return LifeCycle.of(self.system, tuning=tuning, idle_w=self.idle_w)


def deployed(
    path: Path, kind: str | None = None, load: float = LOAD, way: Way | None = None
) -> Deployed:
    """Return a run as a deployed system.

    Args:
        path: The run's folder, `OUT/runs/<run_id>`.
        kind: Kind of index; if not given, that of the newest measurement over HTTP.
        load: Share of saturation whose joules stand for serving.
        way: How it must have been asked; if not given, as in the newest measurement over HTTP.

    Raises:
        StudyError: The folder holds no run, or it was never under load.
        InputError: It was never under load with an index of this kind, or never asked in this way.
    """
    path = path.resolve()
    if path.parent.name != "runs":
        message = f"{path} is no run's folder"
        raise StudyError(message, hint="give OUT/runs/<run_id>; `ecorec results OUT` lists them")
    study = read_study(path.parent.parent)
    found = configurations(in_order(study.records), study.info.idle, varied=study.info.varied)
    own = [item for item in found if path.name in item.run_ids]
    if not own:
        message = f"{path} holds no finished run"
        raise StudyError(
            message, hint=f"`ecorec results {shown(path.parent.parent)}` lists the runs"
        )
    machines = {record.machine.machine_id for record in study.serving(path.name)}
    # If it was trained on several machines, take the one that served it as well.
    here = [item for item in own if item.machine_id in machines]
    return of_configuration(study, (here or own)[0], path.name, kind, load, way)


def of_configuration(
    study: StoredStudy,
    configuration: Configuration,
    run_id: str,
    kind: str | None,
    load: float,
    way: Way | None = None,
) -> Deployed:
    """Return a configuration one of whose runs was under load; see `deployed`."""
    path = study.path / "runs" / run_id
    serving = study.serving(run_id)
    if not serving:
        message = f"run {run_id} (`{configuration.label}`) was never under load"
        raise StudyError(message, hint=f"measure it: ecorec stress {shown(path)}")
    kinds = [record.index.kind for record in serving]
    if kind is not None and kind not in kinds:
        listing = f"measure it: ecorec stress {shown(path)} --kind {kind}; kinds measured:"
        raise unknown_name(f"measured kind of index of run {run_id}", kind, set(kinds), listing)
    of_kind = [record for record in serving if kind in (None, record.index.kind)]
    fitting = [
        record for record in of_kind if (asked(record) if way is None else way in asked(record))
    ]
    if not fitting:
        so = "" if way is None else f" {way.in_words()}"
        message = f"run {run_id} (`{configuration.label}`) was not measured{so} under load"
        options = "" if way is None else replace(way, index=kind or "").options([])
        raise InputError(message, hint=f"measure it: ecorec stress {shown(path)}{options}")
    newest = standing(fitting)
    way = way or asked(newest)[0]
    same = tuple(
        record for record in fitting if way in asked(record) and _of(record) == _of(newest)
    )
    training = training_amount(configuration)
    build = index_amount(same)
    return Deployed(
        path=path,
        study=study,
        configuration=configuration,
        serving=same,
        system=System(
            f"{configuration.label} ({newest.index.kind})",
            training if build is None else with_index(training, build),
            recommendation_amount(same, load, alone=not way.over_http),
        ),
        load=load,
        way=way,
        build=build,
    )


def _of(record: ServingRecord) -> tuple[str, str]:
    return record.index.kind, record.machine.machine_id


def shown(path: Path) -> str:
    """Return a path to be typed, relative to the working directory where that is possible."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))
