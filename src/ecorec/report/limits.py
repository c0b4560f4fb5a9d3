"""What a reader must not conclude from a study, one sentence a limit that it has."""

from collections.abc import Callable, Iterator

from ecorec.analysis.decision.kernels_in_words import kernels_in_words
from ecorec.analysis.idle import NOT_TOLD, not_told, why_no_idle
from ecorec.analysis.study_analysis import StudyAnalysis
from ecorec.analysis.words import listed
from ecorec.report.budget import in_words
from ecorec.report.halving import halving_sentence
from ecorec.study.record import RunRecord
from ecorec.units import format_energy


def limits(analysis: StudyAnalysis) -> list[str]:
    """Return what a reader must not conclude."""
    return [sentence for limit in _LIMITS for sentence in limit(analysis)]


def _serving(analysis: StudyAnalysis) -> Iterator[str]:
    served = analysis.study.served
    if not served:
        yield (
            "Serving is not measured here (ecorec stress RUN does): a model that is cheap to train "
            "may be dear to serve."
        )
        return
    every = [item for b in analysis.benchmarks for item in b.configurations]
    n = sum(any(run_id in served for run_id in item.run_ids) for item in every)
    yield (
        f"Serving is measured of {n} of {len(every)} configurations, on one machine, without a "
        "network or a feature store; its joules are in none of the figures of training."
    )


def _split(analysis: StudyAnalysis) -> Iterator[str]:
    data = [benchmark.first.data.fingerprint for benchmark in analysis.benchmarks]
    if len(set(data)) == len(data):
        yield "One split a data set: another split may order close models differently."


def _sensors(analysis: StudyAnalysis) -> Iterator[str]:
    records = analysis.study.records
    if any(m in ("modelled", "assumed") for r in records for m in r.total.methods):
        yield (
            "Joules are attributed to the process, not read at the wall: trust their ratios on one "
            "machine before their values."
        )
    absent = {
        item.reason for r in records for item in r.total.components if item.method == "absent"
    }
    for reason in sorted(filter(None, absent)):
        yield f"Not read: {reason}."


def _gpus(analysis: StudyAnalysis) -> Iterator[str]:
    records = analysis.study.records
    lacking = _count(records, lambda record: record.lacks_gpu)
    if not lacking:
        return
    beside = any(item.without_gpu for b in analysis.benchmarks for item in b.configurations)
    yield (
        f"{lacking} of {len(records)} runs computed on a GPU whose energy is not in their joules, "
        "for no counter or meter read GPU and CPU together: they drew more than is shown"
        f"{', and are left out where energy is compared with that of a CPU' if beside else ''}."
    )


def _warm_up(analysis: StudyAnalysis) -> Iterator[str]:
    warmups = analysis.study.info.warmups
    warmup_j = sum(reading.energy_j or 0.0 for reading in warmups)
    if warmup_j:
        how = "+".join(dict.fromkeys(name for reading in warmups for name in reading.methods))
        yield f"Warm-up took {format_energy(warmup_j)} ({how}) in all and is in no run."


def _left_out(analysis: StudyAnalysis) -> Iterator[str]:
    info = analysis.study.info
    if info.not_run:
        left_out = "; ".join(map(in_words, info.not_run))
        yield f"Budget {info.budget} ({info.budget_words}): {left_out}."
    halved = halving_sentence(info)
    if halved:
        yield halved


def _epochs(analysis: StudyAnalysis) -> Iterator[str]:
    records = analysis.study.records
    green = _count(records, lambda record: record.ended_by == "gain")
    if green:
        yield (
            f"{green} of {len(records)} runs ended when joules bought too little: at which epoch "
            "depends on what was measured, and may differ on another machine."
        )
    last = _count(records, lambda record: record.undertrained)
    if last:
        yield f"{last} of {len(records)} runs were best at their last epoch: more may help."


def _seeds(analysis: StudyAnalysis) -> Iterator[str]:
    if any(not b.comparison.seed_noise_known for b in analysis.benchmarks):
        yield "No configuration has a second seed: what seeds change is not known."


def _kernels(analysis: StudyAnalysis) -> Iterator[str]:
    for benchmark in analysis.benchmarks:
        kernels = benchmark.verdict.findings.kernels
        if len(kernels) > 1:
            yield f"{benchmark.title}: {kernels_in_words(kernels)}."


def _beside_other_work(analysis: StudyAnalysis) -> Iterator[str]:
    if any(rates.contaminated for rates in analysis.calibrations):
        yield (
            "Rates of the machine were measured beside other work and are too low: shares of the "
            "roof are too high."
        )
    records = analysis.study.records
    beside = _count(records, lambda record: record.contaminated)
    if beside:
        yield (
            f"{beside} of {len(records)} runs had other work beside them (more than 5 % of the "
            "machine's CPU time, or runs of the study that a counter of the machine billed as "
            "well): their energy is left out of comparisons."
        )
    for tuning in analysis.tunings:
        if tuning.beside:
            trials = listed([tuned.beside_in_words for tuned in tuning.beside])
            yield (
                f"Of the tuning on {tuning.dataset}, {trials} had other work beside them (`!`): "
                "their joules are not their own."
            )


def _machines(analysis: StudyAnalysis) -> Iterator[str]:
    why = why_no_idle(analysis.study.records, analysis.idle)
    if why:
        yield f"Idle energy is absent: {why}{_ranked_instead(analysis.study.records)}."
    lost = not_told(analysis.study.records, analysis.idle)
    if lost:
        yield f"{lost}: their dynamic energy is absent ({NOT_TOLD})."
    if len({record.machine.machine_id for record in analysis.study.records}) > 1:
        yield "Several machines took part: joules are compared on the one that measured most."


def _ranked_instead(records: list[RunRecord]) -> str:
    """Return whose energy is ranked where none has an idle part."""
    scopes = {record.total.scope for record in records} - {None}
    if scopes == {"process"}:
        return (
            ", so only the energy of the process is ranked, neither the machine's total nor its "
            "dynamic part"
        )
    if scopes == {"machine"}:
        return ", so the machine's total is ranked, and its dynamic part is not known"
    return ", so dynamic energy is not known" if scopes else ""


def _waiting(analysis: StudyAnalysis) -> Iterator[str]:
    waits = analysis.study.info.waiting
    if waits not in ("passive", "unknown"):
        yield f"Idle threads: {waits}; threads that spin are billed as work."


def _count(records: list[RunRecord], holds: Callable[[RunRecord], bool]) -> int:
    return sum(map(holds, records))


_LIMITS = (
    _serving, _split, _sensors, _gpus, _warm_up, _left_out, _epochs, _seeds, _kernels,
    _beside_other_work, _machines, _waiting,
)  # fmt: skip
"""In the order in which they are told."""
