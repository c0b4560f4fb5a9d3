"""Joules of a training, an index and a recommendation, from what was measured of a run."""

from collections.abc import Sequence

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.deployed.amounts import Amount, amount_of
from ecorec.analysis.deployed.served import of_record, step_near
from ecorec.analysis.statistics.independent_values import independent, kind_of
from ecorec.errors import InputError
from ecorec.serving.energy import PER, PerThousand, marginal_slices, per_thousand
from ecorec.serving.record import ServingRecord


def training_amount(configuration: Configuration) -> Amount:
    """Return joules of one training.

    Raises:
        InputError: No energy was read, or not that of its GPU.
    """
    records = configuration.clean or configuration.records
    if any(record.lacks_gpu for record in records):
        message = f"`{configuration.label}` was trained on a GPU whose energy is not in its joules"
        hint = "`ecorec doctor` says which counter or meter of the whole machine is missing"
        raise InputError(message, hint=hint)
    known = [
        (seed, (total.low_j, total.energy_j, total.high_j))
        for seed, total in ((record.seed, record.total) for record in records)
        if total.energy_j is not None and total.low_j is not None and total.high_j is not None
    ]
    if not known:
        message = f"no energy was read when `{configuration.label}` was trained"
        raise InputError(message, hint="`ecorec doctor` says what can be read here, and why")
    methods = dict.fromkeys(name for record in records for name in record.total.methods)
    ends = (independent((seed, joules[end]) for seed, joules in known) for end in range(3))
    each = [*zip(*ends, strict=True)]
    return amount_of(each, "+".join(methods), kind_of(seed for seed, _ in known))


def with_index(training: Amount, build: Amount) -> Amount:
    """Return joules of one training and of building the index that goes with it."""
    return Amount(
        tuple(value + build.mean_j for value in training.values_j),
        training.low_j + build.low_j,
        training.high_j + build.high_j,
        training.method,
        training.over,
    )


def index_amount(serving: Sequence[ServingRecord]) -> Amount | None:
    """Return joules of building one index; the same build is counted once."""
    builds = {r.index.version: r.index.build for r in serving if r.index.build is not None}
    known = [
        (reading.low_j, reading.energy_j, reading.high_j)
        for reading in builds.values()
        if reading.energy_j is not None and reading.low_j is not None and reading.high_j is not None
    ]
    methods = dict.fromkeys(name for reading in builds.values() for name in reading.methods)
    return amount_of(known, "+".join(methods)) if known else None


def recommendation_amount(serving: Sequence[ServingRecord], load: float, *, alone: bool) -> Amount:
    """Return joules of one recommendation beyond those of the idle server.

    Args:
        serving: Measurements with the same settings of one run and kind of index.
        load: Share of saturation at which they are taken.
        alone: Take those of the index without HTTP.

    Raises:
        InputError: No energy was read under load.
    """
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
