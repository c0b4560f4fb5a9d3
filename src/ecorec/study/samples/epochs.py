"""What an epoch of a training takes: whole ones where they are short, else some of its steps."""

import time
from collections.abc import Callable
from typing import Any

from ecorec.energy.arithmetic import add_readings, scaled_reading, subtract_readings
from ecorec.energy.meter import Meter
from ecorec.energy.reading import Reading
from ecorec.models.base import RedrawnEachEpoch
from ecorec.planning.forecast import TRAIN, UNBOOKED, Part
from ecorec.study.record import EpochRecord
from ecorec.training.trainer import Trainer

FEWEST_STEPS = 2
MOST_EPOCHS = 500


def sample_epoch(trainer: Trainer, meter: Meter, seconds: float) -> tuple[Part, ...]:
    """Return the parts of one epoch.

    Args:
        trainer: Before its first step; afterwards it has taken some.
        meter: Measures it.
        seconds: CPU seconds to measure, or a whole epoch less than that.
    """
    model, sampler = trainer.model, trainer.batches
    began = time.process_time()
    if isinstance(model, RedrawnEachEpoch):
        model.begin_epoch()
    first = next(sampler.epoch())
    step_began = time.process_time()
    for _ in range(2):  # what a first step does beside its work is no part of an epoch
        step_began = time.process_time()
        _step(trainer, first)
    now = time.process_time()
    if now - began + (sampler.n_batches - 1) * (now - step_began) < seconds:
        return _whole_epochs(trainer, meter, seconds)
    return _some_steps(trainer, meter, seconds)


def _whole_epochs(trainer: Trainer, meter: Meter, seconds: float) -> tuple[Part, ...]:
    trainer.train_epoch()  # its last batch is smaller, and may need a kernel that is not compiled
    with meter.window(UNBOOKED) as whole:
        readings = repeated(meter, trainer.train_epoch, seconds, MOST_EPOCHS, _kept)
    trained = add_readings(TRAIN, readings)
    # A run keeps the books between two epochs, which of epochs of 2 ms is a tenth.
    beside = subtract_readings(whole.reading, [trained])
    return (Part(TRAIN, trained, 1 / len(readings)), Part(UNBOOKED, beside, 1 / len(readings)))


def _kept(reading: Reading) -> None:
    """Do what a run does with the reading of an epoch."""
    EpochRecord(
        epoch=1,
        train_s=reading.duration_s,
        train_cpu_s=reading.cpu_s,
        train_j=reading.energy_j,
        loss=0.0,
        validation=None,
    )


def _some_steps(trainer: Trainer, meter: Meter, seconds: float) -> tuple[Part, ...]:
    model, sampler = trainer.model, trainer.batches
    size, n = sampler.batch_size, sampler.n_batches
    with meter.window("start") as start:
        if isinstance(model, RedrawnEachEpoch):
            model.begin_epoch()
        batches = sampler.epoch()
        batch = next(batches)
    taken: list[Reading] = []
    until = time.process_time() + seconds
    while len(taken) < FEWEST_STEPS or time.process_time() < until:
        with meter.window("step") as window:
            _step(trainer, batch)
            following = next(batches, None)
        taken.append(window.reading)
        if following is None or following.users.numel() < size:
            break
        batch = following
    # Half of a step's work is that of all nodes, whatever the size of the last batch.
    n_steps = (n + sampler.n_pairs / size) / 2
    steps = add_readings(TRAIN, taken)
    return (Part(TRAIN, start.reading, 1), Part(TRAIN, steps, n_steps / len(taken)))


def _step(trainer: Trainer, batch: Any) -> None:
    trainer.model.train()
    trainer.optimizer.zero_grad(set_to_none=True)
    loss = trainer.model.loss(batch.to(next(trainer.model.parameters()).device))  # type: ignore[operator]
    loss.backward()
    trainer.optimizer.step()
    loss.detach()


def repeated(
    meter: Meter,
    work: Callable[[], Any],
    seconds: float,
    most: int,
    after: Callable[[Reading], None] = lambda _: None,
) -> list[Reading]:
    """Return the readings of some work, done once at least and again for so many CPU seconds."""
    readings: list[Reading] = []
    until = time.process_time() + seconds
    while not readings or (len(readings) < most and time.process_time() < until):
        with meter.window("sample") as window:
            work()
        after(window.reading)
        readings.append(window.reading)
    return readings


def usual(meter: Meter, work: Callable[[], Any], seconds: float) -> Reading:
    """Return what some work takes: the mean of a few times, without the first if there are more."""
    readings = repeated(meter, work, seconds, 4)
    kept = readings[1:] or readings
    return scaled_reading(add_readings("sample", kept), 1 / len(kept))
