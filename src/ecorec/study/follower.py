"""A process other than the first one of those that share a model's columns."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ecorec.data.load import load_dataset
from ecorec.energy import memory
from ecorec.energy.counter_test import without_failing
from ecorec.energy.detect import find_sensors
from ecorec.energy.hardware import describe_machine
from ecorec.energy.ledger import Ledger
from ecorec.energy.meter import Meter
from ecorec.energy.sampling import Sampler
from ecorec.errors import EcorecError, InputError
from ecorec.study.machine import synchronize, use_threads, use_threads_for
from ecorec.study.plan import Job
from ecorec.study.prepare import build_graph, build_split, build_trainer
from ecorec.study.processes import own_run
from ecorec.study.settings import StudySettings
from ecorec.study.shares import Share, machine_key
from ecorec.study.torchrun import own_device, place_on_machine
from ecorec.study.warm import warm_up
from ecorec.training.ranks import Ranks

_ORDERS = ("train_epoch", "observe", "select", "parameters", "embeddings", "state", "restore")
"""Methods of a trainer that every process takes part in."""


class Follower:
    """Does what the first process tells it: prepares runs, and trains its columns.

    Args:
        ranks: The processes.
        settings: The study, as the same command line gave it to every process.
        data_path: Where catalogue data sets are looked for.
    """

    def __init__(self, ranks: Ranks, settings: StudySettings, data_path: Path | None) -> None:
        self._ranks = ranks
        self._data_path = data_path
        self._hardware = describe_machine(settings.watts_per_cpu)
        found = find_sensors(self._hardware, settings.sensors, own_device(settings.device))
        # What a machine's counters read is billed once, as its first process read it. On the
        # machine of the leader that is the leader, which tests them itself.
        self.sensors = without_failing(found) if place_on_machine() == 0 else found
        """What it is measured with."""

    def follow(self) -> None:
        """Do what the first process says until it leaves."""
        with Sampler(self.sensors):
            run: Callable[[str, str, tuple[Any, ...]], None] | None = None
            while True:
                phase, order, given = self._ranks.heard()
                if order == "leave":
                    return
                if order == "warm":
                    self._warm(*given)
                elif order == "begin":
                    run = self._begin(*given)
                elif run is not None:
                    run(phase, order, given)

    def _warm(self, jobs: list[Job]) -> None:
        with Meter(self.sensors).window("warmup") as window:
            use_threads(jobs[0].measurement.threads)
            warm_up(jobs)
        self._ranks.collect((machine_key(self._hardware), window.reading))

    def _begin(self, job: Job, fingerprint: str) -> Callable[[str, str, tuple[Any, ...]], None]:
        ranks, settings = own_run(self._ranks), job.longest
        memory.reset_peak()
        ledger = Ledger(Meter(self.sensors, synchronize=synchronize(job.measurement.device)))
        trainer = trouble = None
        try:
            with ledger.phase("load"):
                data = load_dataset(settings.dataset, settings.data, data_path=self._data_path)
                if data.fingerprint() != fingerprint:
                    message = f"`{settings.dataset}` here is not what the first process reads"
                    raise InputError(message, hint="put the same file at the same path everywhere")
            with ledger.phase("split"):
                split = build_split(data, settings)
            with ledger.phase("graph"):
                graph = build_graph(split, settings, job.measurement, ranks.shard)
            use_threads_for(graph, settings, job.measurement)
            with ledger.phase("init"):
                trainer = build_trainer(settings, graph, split.train, ranks)
        except EcorecError as error:
            trouble = (error.message, error.hint)
        ranks.collect(trouble)

        def obey(phase: str, order: str, given: tuple[Any, ...]) -> None:
            if order == "share":
                share = Share(
                    machine_key(self._hardware),
                    ledger.phases(),
                    ledger.total(),
                    memory.peak_memory_bytes(),
                )
                ranks.collect(share)
            elif order in _ORDERS and trainer is not None:
                with ledger.phase(phase):
                    try:
                        getattr(trainer, order)(*given)
                    except EcorecError:
                        return  # every process gets the same error, and the first one reports it

        return obey
