"""A run in use: what its training, its index and its recommendations draw, as one system.

Joules of a recommendation are those beyond the idle server, at the step of the ladder that is
nearest to the load asked for; of the index alone where it was measured without HTTP. Several
measurements of one kind of index are repeats; of a single one, the slices of its window are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ecorec.analysis.break_even import Amount, System, amount_of
from ecorec.analysis.configurations import Configuration, configurations
from ecorec.analysis.life_cycle import LifeCycle
from ecorec.analysis.rows import in_order
from ecorec.analysis.served import LOAD, of_record, repeats, standing, step_near
from ecorec.analysis.tuning import Bill, bill_of
from ecorec.errors import InputError, StudyError, unknown_name
from ecorec.serving.energy import PER, PerThousand, marginal_slices, per_thousand, power_w
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
    """Of which the run is one measurement."""
    serving: tuple[ServingRecord, ...]
    """All that asked the same of one kind of index, oldest first."""
    system: System
    """Training with the index; recommendations beyond the idle server."""
    load: float
    """Share of saturation whose joules stand for serving."""
    alone: bool
    """Whether they are of the index alone, without HTTP."""
    build: Amount | None
    """Joules of building the index, which are in the training; `None` where not measured."""

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
        """Watts of the waiting server; nothing for the index alone."""
        idle = None if self.alone else self.latest.idle
        return (power_w(idle.server) or NOTHING) if idle else NOTHING

    @property
    def step(self) -> Step | None:
        """The step of the ladder that stands for serving; `None` for the index alone."""
        return None if self.alone else step_near(self.latest, self.load)

    @property
    def latency(self) -> Latency | None:
        """Of that step, or of the index alone one by one."""
        if self.step is not None:
            return self.step.latency
        return self.latest.direct[0].latency if self.latest.direct else None

    @property
    def tuning(self) -> Bill | None:
        """How its settings were chosen, and what that cost; `None` where they were not tuned."""
        return bill_of(self.record, self.study.info.tunings)

    @property
    def life_cycle(self) -> LifeCycle:
        """What it draws while it is operated; building the index is in its training."""
        tuning = NOTHING if self.tuning is None else self.tuning.ends_j
        return LifeCycle.of(self.system, tuning=tuning, idle_w=self.idle_w)


def deployed(
    path: Path, kind: str | None = None, load: float = LOAD, *, alone: bool = False
) -> Deployed:
    """Return a run as a deployed system.

    Args:
        path: The run's folder, `OUT/runs/<run_id>`.
        kind: Of the index; that of the newest measurement over HTTP, if not given.
        load: Share of saturation whose joules stand for serving.
        alone: Take the index alone, though there may be HTTP.

    Raises:
        StudyError: The folder holds no run, or it was never under load.
        InputError: It was never under load with an index of this kind.
    """
    path = path.resolve()
    if path.parent.name != "runs":
        message = f"{path} is no run's folder"
        raise StudyError(message, hint="give OUT/runs/<run_id>; `ecorec results OUT` lists them")
    study = read_study(path.parent.parent)
    found = configurations(in_order(study.records), study.info.idle)
    own = [item for item in found if path.name in item.run_ids]
    if not own:
        message = f"{path} holds no finished run"
        raise StudyError(message, hint=f"`ecorec results {path.parent.parent}` lists the runs")
    machines = {record.machine.machine_id for record in study.serving(path.name)}
    # Of several machines, the one that served as well.
    here = [item for item in own if item.machine_id in machines]
    return of_configuration(study, (here or own)[0], path.name, kind, load, alone=alone)


def of_configuration(
    study: StoredStudy,
    configuration: Configuration,
    run_id: str,
    kind: str | None,
    load: float,
    *,
    alone: bool = False,
) -> Deployed:
    """Return a configuration one of whose runs was under load; see `deployed`."""
    path = study.path / "runs" / run_id
    serving = study.serving(run_id)
    if not serving:
        message = f"run {run_id} (`{configuration.label}`) was never under load"
        raise StudyError(message, hint=f"measure it: ecorec stress {_shown(path)}")
    kinds = [record.index.kind for record in serving]
    chosen = kind or standing(serving).index.kind
    if chosen not in kinds:
        listing = f"measure it: ecorec stress {_shown(path)} --kind {chosen}; kinds measured:"
        raise unknown_name(f"measured kind of index of run {run_id}", chosen, set(kinds), listing)
    same = tuple(repeats([record for record in serving if record.index.kind == chosen]))
    alone = alone or not same[-1].steps
    training = _training(configuration)
    build = _build(same)
    return Deployed(
        path=path,
        study=study,
        configuration=configuration,
        serving=same,
        system=System(
            f"{configuration.label} ({chosen})",
            training if build is None else _with_index(training, build),
            _recommendation(same, load, alone=alone),
        ),
        load=load,
        alone=alone,
        build=build,
    )


def pair(
    a: Path, b: Path, kinds: tuple[str | None, str | None], load: float
) -> tuple[Deployed, Deployed]:
    """Return two runs as systems that were measured alike.

    Where one of them was measured without HTTP, the index alone stands for both.

    Raises:
        StudyError: A folder holds no run, or the run was never under load.
        InputError: It was never under load with an index of this kind.
    """
    first, second = deployed(a, kinds[0], load), deployed(b, kinds[1], load)
    if first.alone == second.alone:
        return first, second
    return deployed(a, kinds[0], load, alone=True), deployed(b, kinds[1], load, alone=True)


def _shown(path: Path) -> str:
    """Return a path as short as it can be typed from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _training(configuration: Configuration) -> Amount:
    records = configuration.clean or configuration.records
    if any(record.lacks_gpu for record in records):
        message = f"`{configuration.label}` was trained on a GPU whose energy is not in its joules"
        hint = "`ecorec doctor` says which counter or meter of the whole machine is missing"
        raise InputError(message, hint=hint)
    known = [
        (total.low_j, total.energy_j, total.high_j)
        for total in (record.total for record in records)
        if total.energy_j is not None and total.low_j is not None and total.high_j is not None
    ]
    if not known:
        message = f"no energy was read when `{configuration.label}` was trained"
        raise InputError(message, hint="`ecorec doctor` says what can be read here, and why")
    methods = dict.fromkeys(name for record in records for name in record.total.methods)
    return amount_of(known, "+".join(methods))


def _build(serving: Sequence[ServingRecord]) -> Amount | None:
    """Return joules of building one index; the same build is counted once."""
    builds = {r.index.version: r.index.build for r in serving if r.index.build is not None}
    known = [
        (reading.low_j, reading.energy_j, reading.high_j)
        for reading in builds.values()
        if reading.energy_j is not None and reading.low_j is not None and reading.high_j is not None
    ]
    methods = dict.fromkeys(name for reading in builds.values() for name in reading.methods)
    return amount_of(known, "+".join(methods)) if known else None


def _with_index(training: Amount, build: Amount) -> Amount:
    return Amount(
        tuple(value + build.mean_j for value in training.values_j),
        training.low_j + build.low_j,
        training.high_j + build.high_j,
        training.method,
    )


def _recommendation(serving: Sequence[ServingRecord], load: float, *, alone: bool) -> Amount:
    if alone:
        serving = [record.model_copy(update={"steps": ()}) for record in serving]
    if len(serving) > 1:
        found = [one for record in serving if (one := of_record(record, load)) is not None]
    else:
        found = _slices(serving[0], load)
    if not found:
        message = f"run {serving[0].run_id}: no energy was read while it was under load"
        raise InputError(message, hint="`ecorec doctor` says what can be read here, and why")
    each = [(item.low_j / PER, item.central_j / PER, item.high_j / PER) for item in found]
    return amount_of(each, found[0].method)


def _slices(record: ServingRecord, load: float) -> list[PerThousand]:
    step = step_near(record, load)
    if step is not None and record.idle is not None:
        return marginal_slices(step, record.idle)
    found = [per_thousand(part.reading, part.n_recommendations)
             for part in (record.direct[0].slices if record.direct else ())]  # fmt: skip
    return [item for item in found if item is not None]
