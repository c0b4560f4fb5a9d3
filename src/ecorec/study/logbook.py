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
from ecorec.study.settings import StudySettings
from ecorec.study.tuning.chosen import Tunings
from ecorec.study.tuning.summary import TuningSummary
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
        self._warmups: dict[tuple[str, str], Reading] = {}
        self.info = _begun(settings, jobs, folder.info(), waits)
        self._before = self.info.warmups
        folder.write_info(self.info)

    def machine(self, hardware: Hardware) -> None:
        """Note that a machine takes part; it is the newest now."""
        others = [m for m in self.info.machines if m != hardware]
        self._update(machines=(*others, hardware))

    def warmup(self, reading: Reading, hardware: Hardware) -> None:
        """Note a warm-up, or what else comes before runs: one entry a machine and session."""
        key = (hardware.machine_id, reading.name)
        earlier = [self._warmups[key]] if key in self._warmups else []
        self._warmups[key] = add_readings(reading.name, [*earlier, reading])
        self._update(warmups=(*self._before, *self._warmups.values()))

    def idle(self, baseline: IdleBaseline) -> None:
        """Note a measurement of an idle machine."""
        if baseline not in self.info.idle:
            self._update(idle=(*self.info.idle, baseline))

    def rates(self, calibrations: tuple[Calibration, ...]) -> None:
        """Note a machine's rates; those that are known stay."""
        new = [item for item in calibrations if item not in self.info.calibrations]
        if new:
            self._update(calibrations=(*self.info.calibrations, *new))

    def dropped(self, trainings: tuple[Dropped, ...]) -> None:
        """Note which trainings halving has left behind."""
        self._update(dropped=trainings)

    def replace(self, info: StudyInfo) -> None:
        """Note what became of a study within a budget."""
        self.info = info
        self._folder.write_info(info)

    def _update(self, **more: object) -> None:
        self.replace(self.info.model_copy(update=more))


def _begun(
    settings: StudySettings, jobs: Sequence[Job], earlier: StudyInfo | None, waits: str
) -> StudyInfo:
    return StudyInfo(
        name=settings.name,
        description=settings.description,
        preset=settings.preset,
        metric=_selecting_metric(jobs),
        grid=settings.grid,
        embodied=settings.embodied,
        created_at=earlier.created_at
        if earlier
        else datetime.now(UTC).isoformat(timespec="seconds"),
        machines=earlier.machines if earlier else (),
        warmups=earlier.warmups if earlier else (),
        idle=earlier.idle if earlier else (),
        calibrations=earlier.calibrations if earlier else (),
        tunings=_tunings(settings, earlier),
        halving=settings.halving,
        varied=_varied(jobs, earlier),
        budget=settings.budget,
        budget_words=earlier.budget_words if earlier and settings.budget else "",
        waiting=waits,
    )


def _varied(jobs: Sequence[Job], earlier: StudyInfo | None) -> dict[str, tuple[str, ...]]:
    """Return what this session varies, and what earlier ones did."""
    before, now = earlier.varied if earlier else {}, varied_by(jobs)
    return {
        base: tuple(dict.fromkeys((*before.get(base, ()), *now.get(base, ()))))
        for base in (*before, *now)
    }


def _selecting_metric(jobs: Sequence[Job]) -> str:
    """Return the metric that the most trainings choose their epoch by.

    As the runs have it: a preset, `set`, one model's own setting or a factor may have named it.
    """
    used = Counter(job.longest.training.metric for job in jobs if job.longest.training)
    return used.most_common(1)[0][0] if used else TrainingSettings().metric


def _tunings(settings: StudySettings, earlier: StudyInfo | None) -> tuple[TuningSummary, ...]:
    """Return the tunings that runs of the folder use, as they are now."""
    now = [summary for _, summary in Tunings.read(settings.tuned).records]
    renewed = {(item.folder, item.fingerprint) for item in now}
    kept = earlier.tunings if earlier else ()
    return (*(t for t in kept if (t.folder, t.fingerprint) not in renewed), *now)
