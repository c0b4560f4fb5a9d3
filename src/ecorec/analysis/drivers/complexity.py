"""Work by formula against measurements: joules a multiply-add, and the share of the roof."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from ecorec.analysis.run_energy import phases_of
from ecorec.planning.calibration import Calibration
from ecorec.planning.roofline import least_seconds
from ecorec.study.record import RunRecord


@dataclass(frozen=True)
class KernelShare:
    """A propagation kernel and how close to the machine the runs on it were."""

    kernel: str
    low: float | None
    """Lowest share of the roof among its configurations; `None` where it is not known."""
    high: float | None


def epoch_seconds(record: RunRecord) -> float | None:
    """Return the training seconds of an epoch, the median, or of a fit in closed form."""
    if record.epochs:
        return median(epoch.train_s for epoch in record.epochs)
    fits = [phase.duration_s for phase in record.phases if phase.name == "train"]
    return sum(fits) if fits else None


def epoch_joules(record: RunRecord) -> float | None:
    """Return the training joules of an epoch, the mean, or of a fit in closed form."""
    if record.epochs:
        known = [epoch.train_j for epoch in record.epochs if epoch.train_j is not None]
        return fmean(known) if len(known) == len(record.epochs) else None
    fits = [phase.energy_j for phase in phases_of(record) if phase.name == "train"]
    known = [joules for joules in fits if joules is not None]
    return sum(known) if known and len(known) == len(fits) else None


def roof_share(record: RunRecord, calibrations: Sequence[Calibration]) -> float | None:
    """Return the least time of an epoch's work over its measured seconds.

    Args:
        record: A run on the CPU.
        calibrations: Of the study; the one of the run's machine, boot and threads is used.

    Returns:
        0 to 1, and above 1 where the model of the machine is too low; `None` without cost,
        calibration or seconds.
    """
    seconds, rates = epoch_seconds(record), rates_of(record, calibrations)
    if record.cost is None or rates is None or not seconds:
        return None
    return least_seconds(record.cost, rates) / seconds


def rates_of(record: RunRecord, calibrations: Sequence[Calibration]) -> Calibration | None:
    """Return the newest calibration of a run's machine, boot and threads.

    One that was made beside other work is used only where there is no other.
    """
    if record.device != "cpu" or record.shards > 1:
        return None
    where = (record.machine.machine_id, record.machine.boot_id, record.threads)
    fitting = [
        item
        for item in calibrations
        if (item.hardware.machine_id, item.hardware.boot_id, item.threads) == where
    ]
    alone = [item for item in fitting if not item.contaminated]
    return next(reversed(alone or fitting), None)


def mean_share(records: Sequence[RunRecord], calibrations: Sequence[Calibration]) -> float | None:
    """Return the mean share of the roof over a configuration's records; `None` if none is known."""
    shares = [roof_share(record, calibrations) for record in records]
    known = [share for share in shares if share is not None]
    return fmean(known) if known else None


def kernel_shares(
    groups: Sequence[Sequence[RunRecord]], calibrations: Sequence[Calibration]
) -> tuple[KernelShare, ...]:
    """Return the kernels that configurations ran on, with their shares of the roof.

    Args:
        groups: Records of each configuration.
        calibrations: Of the study.
    """
    found: dict[str, list[float]] = {}
    for records in groups:
        if records[0].kernel != "none":
            share = mean_share(records, calibrations)
            found.setdefault(records[0].kernel, []).extend([] if share is None else [share])
    return tuple(
        KernelShare(kernel, min(shares, default=None), max(shares, default=None))
        for kernel, shares in found.items()
    )
