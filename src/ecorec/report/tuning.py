"""What was chosen, what it gives, and what choosing it cost: a tuning as text."""

from ecorec.analysis.configurations import Configuration, configurations
from ecorec.analysis.decision.validation import validated
from ecorec.analysis.rows import in_order
from ecorec.analysis.study_analysis import StudyAnalysis
from ecorec.analysis.study_metric import default_metric
from ecorec.analysis.tuning import Bill, bill_of
from ecorec.analysis.words import listed, metric_title, quality
from ecorec.energy.reading import Reading
from ecorec.report.paragraphs import WIDTH, wrapped
from ecorec.report.ranges import between
from ecorec.report.tables import as_text
from ecorec.study.store import StoredStudy
from ecorec.study.tuning.record import CHEAP_ENOUGH, TuningRecord
from ecorec.study.tuning.summary import TuningSummary
from ecorec.units import format_energy

Tuned = tuple[Configuration, Bill]


def tuning_summary(record: TuningRecord, study: StoredStudy) -> str:
    """Return the chosen settings with their price, for the end of a tuning.

    Args:
        record: The tuning.
        study: Its folder, where what was chosen has been trained and tested.
    """
    metric = default_metric(study.records, record.objective[0])
    found = configurations(in_order(study.records), study.info.idle, varied=study.info.varied)
    pairs = _with_bills(found, study)
    parts = [price_table(pairs, metric, of=record.objective[0]), ""]
    for item, bill in pairs:
        chosen = " ".join(f"{name}={_short(value)}" for name, value in bill.tuned.settings.items())
        parts.append(f"{item.label}: {chosen}")
        parts.append(f"    {_gain(bill, record.objective[0])}")
    summary = record.summary("")
    if len(record.objective) > 1:
        parts += ["", *_fronts(record), *_weighed_beside_others(summary)]
    return "\n".join([*parts, "", total_in_words(summary)])


def tuning_block(analysis: StudyAnalysis, members: tuple[Configuration, ...]) -> list[str]:
    """Return the price of tuning beside that of running, for the result of a study."""
    pairs = _with_bills(list(members), analysis.study)
    if not pairs:
        return []
    used = {bill.tuning.folder: bill.tuning for _, bill in pairs}
    lines = ["Tuning is part of the bill, and not in the energies above:", ""]
    lines.append(price_table(pairs, analysis.metric, of=pairs[0][1].tuning.objective[0]))
    lines += [f"{total_in_words(item)} ({item.folder})" for item in used.values()]
    untuned = dict.fromkeys(item.label for item in members if not _has_bill(item, analysis.study))
    if untuned:
        lines.append(f"Not tuned: {', '.join(untuned)}.")
    return lines


def price_table(pairs: list[Tuned], metric: str, *, of: str) -> str:
    """Return one line a configuration: quality, a run, its tuning, and both together.

    Args:
        pairs: Configurations with the tunings of their settings.
        metric: Of the test.
        of: The metric by which settings were chosen; what the runs themselves had of it on
            validation data is shown.
    """
    head = ["", "valid", "test", "a run", "tuning (low-high)", "", "= runs", "both"]
    lines = [_line(item, bill, metric, of) for item, bill in pairs]
    table = as_text([head, *lines], right=(1, 2, 3, 4, 6, 7), width=WIDTH)
    tested = "" if metric == of else f" (test: {metric_title(metric)})"
    foot = f"valid, test: {metric_title(of)}{tested}   both: a run and its tuning"
    return "\n".join([table, foot, *_beside_others(pairs)])


def _beside_others(pairs: list[Tuned]) -> list[str]:
    """Return which trials and runs the mark is for; nothing if there is none."""
    trials = [bill.tuned.beside_in_words for _, bill in pairs if bill.tuned.n_contaminated]
    runs = [f"the run of {item.label}" for item, _ in pairs if not item.clean]
    beside = listed([*dict.fromkeys([*trials, *runs])])
    return [wrapped(f"! measured beside other work on the machine: {beside}")] if beside else []


def _weighed_beside_others(tuning: TuningSummary) -> list[str]:
    """Return a warning where joules that are not a trial's own were weighed against others."""
    if not tuning.beside:
        return []
    beside = listed([model.beside_in_words for model in tuning.beside])
    warning = (
        f"Warning: {beside} had other work beside them, and their joules were weighed against "
        "those of the others: another choice may be cheaper. Tune in another --out while the "
        "machine does nothing else."
    )
    return ["", wrapped(warning)]


def _line(item: Configuration, bill: Bill, metric: str, of: str) -> list[str]:
    tuned = bill.tuned
    # Its own: what the tuning validated may be of another size, or of fewer epochs.
    valid = validated(item, of)
    energy = item.energy or item.energy_beside_others
    spent = tuned.bill.energy_j
    label = item.label
    if tuned.embedding_size != item.embedding_size:
        label += f" (tuned at {tuned.embedding_size})"
    run = "absent" if energy is None else format_energy(energy.mean_j)
    times, both = "", ""
    if energy is not None and spent is not None:
        times = f"{spent / energy.mean_j:.1f}" if energy.mean_j else ""
        both = format_energy(spent + energy.mean_j)
    method = dict.fromkeys(["+".join(tuned.bill.methods), *([energy.method] if energy else [])])
    beside = "" if item.clean and not tuned.n_contaminated else " !"
    return [label, "" if valid is None else quality(valid), quality(item.quality(metric)), run,
            with_range(tuned.bill), "+".join(method) + beside, times, both]  # fmt: skip


def _fronts(record: TuningRecord) -> list[str]:
    """Return the trials that no other beats in both quality and joules."""
    lines = [f"Not beaten in both quality and joules; chosen is the cheapest within "
             f"{CHEAP_ENOUGH:.0%} of the best:".replace("%", " %"), ""]  # fmt: skip
    for model in record.models:
        chosen = model.chosen(weighs_energy=True)
        for trial in model.front:
            if trial.validation is None or trial.run_j is None or trial.energy is None:
                continue
            settings = " ".join(f"{name}={_short(value)}" for name, value in trial.settings.items())
            beside = " !" if trial.contaminated else ""
            mark = "chosen" if trial == chosen else ""
            lines.append(
                f"{model.label:<16} {quality(trial.validation)}  {format_energy(trial.run_j):>8} "
                f"{'+'.join(trial.energy.methods)}{beside}  {mark:<6}  {settings}"
            )
    return lines


def with_range(reading: Reading) -> str:
    """Return central joules and their range, e.g. `39.7 J (19.6-60.8 J)`."""
    central, low, high = reading.energy_j, reading.low_j, reading.high_j
    if central is None or low is None or high is None:
        return "absent"
    return f"{format_energy(central)} ({between(low, high, format_energy)})"


def _gain(bill: Bill, metric: str) -> str:
    tuned = bill.tuned
    counts = ", ".join(f"{n} {state}" for state, n in sorted(tuned.states.items()))
    trials = f"best of {tuned.n_trials} trials ({counts})"
    if tuned.default_validation is None:
        return trials
    return (
        f"{trials}; validation {metric_title(metric)} {quality(tuned.validation)}, with the "
        f"defaults {quality(tuned.default_validation)}"
    )


def total_in_words(tuning: TuningSummary) -> str:
    """Return what a whole tuning drew, with its method."""
    by = " against ".join(tuning.objective)
    return f"All tuning by validation {by}: {with_range(tuning.bill)} {tuning.method}"


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _with_bills(items: list[Configuration], study: StoredStudy) -> list[Tuned]:
    found = [(item, bill_of(item.first, study.info.tunings)) for item in items]
    return [(item, bill) for item, bill in found if bill is not None]


def _has_bill(item: Configuration, study: StoredStudy) -> bool:
    return bill_of(item.first, study.info.tunings) is not None
