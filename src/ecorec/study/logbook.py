"""`study.json` while a study is under way: written anew whenever something becomes known."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from ecorec.energy.arithmetic import add_readings
from ecorec.energy.hardware import Hardware
from ecorec.energy.idle import IdleBaseline
from ecorec.energy.reading import Reading
from ecorec.planning.calibration import Calibration
from ecorec.study.folder import StudyFolder
from ecorec.study.info import Dropped, StudyInfo
from ecorec.study.labels import varied_by
from ecorec.study.plan import Job
from ecorec.study.record import RunRecord
from ecorec.study.settings import StudySettings
from ecorec.study.tuning.chosen import Tunings
from ecorec.study.tuning.summary import TuningSummary
from ecorec.study.warm import WARMUP
from ecorec.training.settings import TrainingSettings


class Logbook:
    """What is known of a study; each new entry is on disk when its method returns.

    Args:
        folder: Of the study.
        settings: Of the study.
        jobs: Of the study.
        waits: Whether idle threads sleep, in the words of `wait_passively`.
    """

    def __init__(
        self, folder: StudyFolder, settings: StudySettings, jobs: Sequence[Job], waits: str
    ) -> None:
        self._folder = folder
        self.info = _begun(settings, jobs, folder, waits)
        self._warmups = _OfSession(self.info.warmups)
        self._pauses = _OfSession(self.info.pauses)
        folder.write_info(self.info)

    def machine(self, hardware: Hardware) -> None:
        """Note that a machine takes part; it is the newest now."""
        others = [m for m in self.info.machines if m != hardware]
        self._update(machines=(*others, hardware))

    def warmup(self, reading: Reading, hardware: Hardware) -> None:
        """Note a warm-up, or other work before the runs: one entry for each machine and session."""
        self._update(warmups=self._warmups.add(reading, hardware))

    def pause(self, reading: Reading, hardware: Hardware) -> None:
        """Note a rest or a look at the idle machine, likewise."""
        self._update(pauses=self._pauses.add(reading, hardware))

    def warmed(self, hardware: Hardware) -> Reading | None:
        """Return what warming up a machine took in this session; `None` if it was not warmed up."""
        return self._warmups.own.get((hardware.machine_id, WARMUP))

    def idle(self, baseline: IdleBaseline) -> None:
        """Note a measurement of an idle machine."""
        if baseline not in self.info.idle:
            self._update(idle=(*self.info.idle, baseline))

    def rates(self, calibrations: tuple[Calibration, ...]) -> None:
        """Note a machine's rates; those already noted are kept."""
        new = [item for item in calibrations if item not in self.info.calibrations]
        if new:
            self._update(calibrations=(*self.info.calibrations, *new))

    def dropped(self, trainings: tuple[Dropped, ...]) -> None:
        """Note which trainings halving has dropped."""
        self._update(dropped=trainings)

    def nothing_to_run(self) -> None:
        """Note that a budget was not drawn on, unless it is the one that paid for all of it."""
        if self.info.budget and not self.info.budget_words:
            self._update(budget_words="nothing of it was spent, for nothing was left to run")

    def replace(self, info: StudyInfo) -> None:
        """Note what became of a study within a budget."""
        self.info = info
        self._folder.write_info(info)

    def _update(self, **more: object) -> None:
        self.replace(self.info.model_copy(update=more))


class _OfSession:
    """Readings of earlier sessions, and of this one: one for each machine and name.

    Args:
        before: Those of earlier sessions.
    """

    def __init__(self, before: tuple[Reading, ...]) -> None:
        self._before = before
        self.own: dict[tuple[str, str], Reading] = {}

    def add(self, reading: Reading, hardware: Hardware) -> tuple[Reading, ...]:
        """Add a reading of a machine; return all of them."""
        key = (hardware.machine_id, reading.name)
        earlier = [self.own[key]] if key in self.own else []
        self.own[key] = add_readings(reading.name, [*earlier, reading])
        return (*self._before, *self.own.values())


def _begun(
    settings: StudySettings, jobs: Sequence[Job], folder: StudyFolder, waits: str
) -> StudyInfo:
    earlier = folder.info()
    # Runs without a study.json: it was lost, and what they know of it themselves is taken.
    known = [] if earlier else folder.records()
    began = datetime.now(UTC).isoformat(timespec="seconds")
    return StudyInfo(
        name=settings.name,
        description=settings.description,
        preset=settings.preset,
        metric=usual_metric(jobs),
        grid=settings.grid,
        embodied=settings.embodied,
        created_at=earlier.created_at if earlier else known[0].created_at if known else began,
        machines=earlier.machines if earlier else _machines_of(known),
        warmups=earlier.warmups if earlier else (),
        pauses=earlier.pauses if earlier else (),
        idle=earlier.idle if earlier else (),
        calibrations=earlier.calibrations if earlier else (),
        tunings=_tunings(settings, earlier),
        halving=settings.halving,
        varied=_varied(jobs, earlier),
        budget=settings.budget,
        budget_words=earlier.budget_words if earlier and _same_budget(settings, earlier) else "",
        waiting=waits,
    )


def _machines_of(records: Sequence[RunRecord]) -> tuple[Hardware, ...]:
    """Return every machine that runs were on, once."""
    found: list[Hardware] = []
    for record in records:
        if record.machine not in found:
            found.append(record.machine)
    return tuple(found)


def _same_budget(settings: StudySettings, earlier: StudyInfo) -> bool:
    # Words are of one budget: another one's amount must not stand beside them.
    return settings.budget is not None and settings.budget == earlier.budget


def _varied(jobs: Sequence[Job], earlier: StudyInfo | None) -> dict[str, tuple[str, ...]]:
    """Return what this session varies, and what earlier ones did."""
    before, now = earlier.varied if earlier else {}, varied_by(jobs)
    return {
        base: tuple(dict.fromkeys((*before.get(base, ()), *now.get(base, ()))))
        for base in (*before, *now)
    }


def usual_metric(jobs: Sequence[Job]) -> str:
    """Return the metric that the most trainings choose their epoch by.

    As the runs have it: a preset, `set`, one model's own setting or a factor may have named it.
    """
    used = Counter(job.longest.training.metric for job in jobs if job.longest.training)
    return used.most_common(1)[0][0] if used else TrainingSettings().metric


def _tunings(settings: StudySettings, earlier: StudyInfo | None) -> tuple[TuningSummary, ...]:
    """Return the tunings that the folder's runs use, as they stand now."""
    now = [summary for _, summary in Tunings.read(settings.tuned).records]
    renewed = {(item.folder, item.fingerprint) for item in now}
    kept = earlier.tunings if earlier else ()
    return (*(t for t in kept if (t.folder, t.fingerprint) not in renewed), *now)
