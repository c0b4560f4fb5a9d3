"""A trade-off as text: the front, what each step along it costs, and how sure it all is."""

from collections.abc import Callable

from ecorec.analysis.decision.sensitivity import sensitivity
from ecorec.analysis.decision.trade_off import Rate, TradeOff, trade_off
from ecorec.analysis.decision.trade_off_words import front_in_words, sensitivity_in_words
from ecorec.analysis.idle import NOT_TOLD
from ecorec.analysis.spent import Currency, Prices, Spent
from ecorec.analysis.statistics.independent_values import ONE_SEED
from ecorec.analysis.study_analysis import StudyAnalysis
from ecorec.analysis.words import give_or_take, listed, metric_title, quality
from ecorec.report.paragraphs import WIDTH, wrapped
from ecorec.report.ranges import between
from ecorec.report.tables import as_text

Write = Callable[[float], str]


def fronts(analysis: StudyAnalysis, currency: Currency, prices: Prices) -> str:
    """Return the front of every data set and split of a study.

    Raises:
        InputError: No run has a cost in this currency.
    """
    parts = []
    for benchmark in analysis.benchmarks:
        if len(analysis.benchmarks) > 1:
            parts.append(f"{benchmark.title}\n")
        found = trade_off(benchmark, currency, prices)
        variants = sensitivity(found, benchmark, prices)
        parts += [front_table(found), ""]
        if found.served_as:
            parts.append(wrapped(f"Serving as measured {found.served_as}."))
        texts = (front_in_words(found), f"Sensitivity: {sensitivity_in_words(found, variants)}")
        parts += [wrapped(text) for text in texts]
        if found.left_out:
            lost = f", {NOT_TOLD}" if currency.name == "dynamic" else ""
            why = f"{currency.words} not known here{lost}, without the GPU's, or read beside other "
            why += "work"
            if found.served_as:
                why = "not measured so on this machine"
            parts.append(wrapped(f"Left out: {', '.join(found.left_out)} ({why})."))
        parts.append("")
    return "\n".join(parts).rstrip()


def front_table(found: TradeOff) -> str:
    """Return one line a point of the front, cheapest first."""
    title, write = metric_title(found.metric), found.currency.write
    by_validation = found.by == "validation"
    head = [
        "",
        *(["validation"] if by_validation else []),
        f"test {title}",
        f"{found.currency.name} (low-high)",
        "repeats",
        "",
        "+.001 on test",
    ]
    lines = [
        [
            f"{'>' if point is found.knee else ' '} {point.label}",
            *([quality(point.quality)] if by_validation else []),
            give_or_take(point.test, point.test_half),
            _range(point.spent, write),
            _interval(point.spent, write),
            point.spent.method,
            rate_in_words(rate, write),
        ]
        for point, rate in zip(found.front, found.rates, strict=True)
    ]
    keep = [i for i in range(len(head)) if i == 0 or any(line[i] for line in lines)]
    rows = [[line[i] for i in keep] for line in [head, *lines]]
    right = [at for at, i in enumerate(keep) if head[i] and i]
    n = len(found.points)
    alone = [p.label for p in found.front if p.spent.interval and p.spent.over == ONE_SEED]
    of_one = f"\n{wrapped(f'repeats: of one seed alone for {listed(alone)}')}" if alone else ""
    return (
        f"Front of {title} against {found.currency.words}: {len(found.front)} of {n} "
        f"configuration{'' if n == 1 else 's'}\n{as_text(rows, right=right, width=WIDTH)}\n"
        "> knee   ± and repeats: 95 %   "
        "+.001: cost of that much more along the front [95 % of the gain]"
        f"{of_one}"
    )


def _range(spent: Spent, write: Write) -> str:
    if spent.low == spent.high:
        return write(spent.central)
    return f"{write(spent.central)} ({between(spent.low, spent.high, write)})"


def _interval(spent: Spent, write: Write) -> str:
    return "" if spent.interval is None else between(*spent.interval, write)


def rate_in_words(rate: Rate | None, write: Write) -> str:
    """Return the cost of 0.001 more, in brackets over the gain's interval, where that is known."""
    if rate is None:
        return "-"
    if rate.central is None:
        return "no gain"
    if rate.gain is None:
        return write(rate.central)
    low, high = rate.gain
    span = f"{write(low)}-∞" if high is None else between(low, high, write)
    return f"{write(rate.central)} [{span}]"
