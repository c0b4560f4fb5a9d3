"""One training from data to records, with an energy window for every phase."""

from pathlib import Path

import torch

from ecorec.energy import memory
from ecorec.energy.codecarbon_tracker import CodeCarbonTracker
from ecorec.energy.cpu_time import ProcessTreeClock
from ecorec.energy.isolation import IsolationWatch
from ecorec.energy.ledger import Ledger
from ecorec.energy.meter import Meter
from ecorec.energy.sampling import Sampler
from ecorec.evaluation.evaluate import evaluate_accuracy
from ecorec.graph import tables
from ecorec.study.context import Context
from ecorec.study.machine import strangers_on, synchronize, use_threads
from ecorec.study.plan import Job
from ecorec.study.prepare import build_model, scorer_of
from ecorec.study.processes import all_prepare, own_run
from ecorec.study.record import RunRecord
from ecorec.study.recording import finish
from ecorec.study.shares import Share, spent_beside
from ecorec.study.train import train
from ecorec.study.under_way import UnderWay
from ecorec.study.unfinished import accounted, keep_account_in_time, take_over


def run_job(job: Job, context: Context, until: int | None = None) -> list[RunRecord]:
    """Train and test; store and return the record of every run that came of it.

    Args:
        job: The training.
        context: What all runs of the session share.
        until: Epoch after which it pauses, to be compared with others before it goes on.

    Raises:
        EcorecError: Something that the user can fix; nothing half-written is left.
        StoppedError: The budget of the context does not allow all epochs, or `until` was reached.
    """
    use_threads(job.measurement.threads)
    tables.give_back()
    memory.reset_peak()
    with context.folder.new_run(context.run_id(job.longest)) as folder:
        every_s = context.sensors.codecarbon_every_s
        tracker = CodeCarbonTracker(context.country, folder, every_s)
        tracker.start()
        try:
            device = job.measurement.device
            sensors = context.sensors_for(device)
            meter = Meter(sensors, synchronize=synchronize(device))
            on_gpu = strangers_on(device)
            with Sampler([*sensors, *([on_gpu] if on_gpu else [])]) as sampler:
                shares: list[Share] = []
                clock = ProcessTreeClock()
                # The run's other processes are not other work: what they spend belongs to the run.
                watch = IsolationWatch(
                    cpu_clock=lambda: clock() + spent_beside(shares), gpu_processes=on_gpu
                )
                run = UnderWay(
                    job=job,
                    context=context,
                    ledger=Ledger(meter),
                    tracker=tracker,
                    metering=lambda: meter.cost_s + sampler.cost_s,
                    watch=watch,
                    until=until,
                    ranks=own_run(context.ranks),
                    shares=shares,
                )
                take_over(run, run.attempt.account())
                with accounted(run):
                    with all_prepare(run.ranks, job, context.fingerprint(job.longest)):
                        run.prepare()
                    if job.longest.training is None:
                        _fit_in_closed_form(run, folder)
                    else:
                        train(run, folder)
        finally:
            tracker.stop()
    # Only now: what it took is in the account or in its record at any moment, or in both.
    run.attempt.remove()
    return run.records


def _fit_in_closed_form(run: UnderWay, folder: Path) -> None:
    settings = run.job.longest
    with run.phase("train"):
        run.model = build_model(settings, run.graph, torch.Generator())
        run.model.fit(run.graph)
    keep_account_in_time(run)
    with run.phase("validate"):
        held_out = run.validation_set()
        run.validation = evaluate_accuracy(scorer_of(run.model), held_out, settings.topk)
    finish(run, settings, folder, run.model.state, best_epoch=None)
