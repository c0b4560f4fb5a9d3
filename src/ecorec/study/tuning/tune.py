"""A tuning from its settings to its record: equally many trials for all models, all billed."""

from pathlib import Path

from ecorec.energy import waiting
from ecorec.energy.counter_test import without_failing
from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import describe_machine
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.energy.sampling import Sampler, sampled_window
from ecorec.energy.sensor import Sensor
from ecorec.study.allocator import keep_freed_memory
from ecorec.study.cpus import default_threads
from ecorec.study.machine import check_device, check_kernel, use_threads
from ecorec.study.plan import Job
from ecorec.study.run_settings import MeasurementSettings
from ecorec.study.settings import StudySettings
from ecorec.study.tuning import journal
from ecorec.study.tuning.chosen import check_chosen
from ecorec.study.tuning.folder import TuningFolder
from ecorec.study.tuning.left_out import leave_out
from ecorec.study.tuning.listener import Silent, TuningListener
from ecorec.study.tuning.protocol import check_conditions, check_equal, check_same
from ecorec.study.tuning.record import TuningRecord
from ecorec.study.tuning.session import Session
from ecorec.study.tuning.settings import Task, TuningSettings
from ecorec.study.warm import WARMUP, warm_up


def tune(
    settings: TuningSettings,
    out: Path,
    *,
    data_path: Path | None = None,
    listener: TuningListener | None = None,
    sensors: tuple[Sensor, ...] | None = None,
) -> TuningRecord:
    """Run the trials that a tuning lacks and return all of it; the test set is not used.

    Started again, it continues; of an interrupted trial, only the energy is kept.

    Args:
        settings: The tuning.
        out: Its folder, new or begun earlier.
        data_path: Where catalogue data sets are looked for.
        listener: Called as the tuning goes on.
        sensors: What it is measured with; what is found on the machine, if not given.

    Raises:
        EcorecError: Something is wrong; if it can be checked beforehand, nothing is written yet.
        StudyError: No trial of a model was completed.
    """
    listener = listener or Silent()
    waiting.wait_passively()
    keep_freed_memory()
    journal.load_optuna()
    study, tasks = settings.study, settings.tasks()
    hardware = describe_machine(study.watts_per_cpu)
    threads = study.threads or default_threads()
    measurement = MeasurementSettings(
        threads=threads, device=study.device, kernel=study.kernel, repeat=1
    )
    check_device(study.device)
    use_threads(threads)
    for task in tasks:
        check_kernel(study.device, study.kernel, task.model)
        settings.run_settings(task, settings.defaults(task))
    folder = TuningFolder(out)
    earlier = folder.record()
    if earlier is not None:
        check_same(earlier, settings)
        check_equal(earlier, settings, tasks)
        earlier = leave_out(earlier, settings, folder)
        if all(_n_trials(earlier, task) >= settings.trials for task in tasks):
            check_chosen(earlier, str(out))
            return earlier
        check_conditions(earlier, settings, measurement, hardware)
    found = sensors or without_failing(find_sensors(hardware, study.sensors, study.device))
    meter = Meter(found)
    warmup = _warm(settings, tasks, measurement, meter)
    with Sampler(found):
        session = Session(settings, measurement, meter, folder, listener)
        session.prepare(data_path)
        with folder.locked():
            session.begin(earlier, hardware, warmup)
            for task in tasks:
                session.search(task)
    check_chosen(session.record, str(out))
    return session.record


def study_of_the_chosen(settings: TuningSettings, out: Path) -> StudySettings:
    """Return the study that trains and tests what was chosen, once, in the tuning's folder."""
    study, metric = settings.study, settings.objective[0]
    change = {"tuned": (str(out),), "set": study.set | {"training.metric": metric}}
    return study.model_copy(update=change)


def _n_trials(record: TuningRecord, task: Task) -> int:
    sizes = {(m.model, m.embedding_size): m.n_trials for m in record.models}
    return sizes.get((task.model, task.embedding_size), 0)


def _warm(
    settings: TuningSettings, tasks: list[Task], measurement: MeasurementSettings, meter: Meter
) -> Reading:
    jobs = [
        Job((settings.run_settings(task, {}),), measurement, settings.study.preset)
        for task in tasks
    ]
    with sampled_window(meter, WARMUP) as window:
        warm_up(jobs)
    return window.reading
