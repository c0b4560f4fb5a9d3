"""Which one to take: the front with its knee and exchange rates, for the page."""

from typing import Any

from ecorec.analysis.decision.sensitivity import sensitivity
from ecorec.analysis.decision.trade_off import TradeOff, prices_of, trade_off
from ecorec.analysis.decision.trade_off_words import front_in_words, sensitivity_in_words
from ecorec.analysis.drivers.effects import effects
from ecorec.analysis.drivers.research_questions import answers
from ecorec.analysis.spent import find_currency
from ecorec.analysis.study_analysis import Benchmark, StudyAnalysis
from ecorec.analysis.words import give_or_take, quality
from ecorec.errors import InputError
from ecorec.report.front import rate_in_words
from ecorec.report.ranges import between
from ecorec.units import format_energy


def taking(benchmark: Benchmark, analysis: StudyAnalysis) -> dict[str, Any] | None:
    """Return rows and sentences; `None` where no energies compare."""
    prices = prices_of(analysis)
    try:
        found = trade_off(benchmark, find_currency("energy"), prices)
    except InputError:
        return None
    variants = sensitivity(found, benchmark, prices)
    return {
        "validated": found.by == "validation",
        "rows": _rows(found),
        "front": front_in_words(found),
        "sensitivity": sensitivity_in_words(found, variants),
    }


def questions(benchmark: Benchmark) -> list[dict[str, str]]:
    """Return the paper's questions with what the study says; none of fewer than two trained."""
    if sum(not item.is_training_free for item in benchmark.configurations) < 2:
        return []
    return [
        {"question": item.question, "answer": item.text}
        for item in answers(benchmark, effects(benchmark))
    ]


def _rows(found: TradeOff) -> list[dict[str, Any]]:
    write = found.currency.write
    return [
        {
            "label": point.label,
            "knee": point is found.knee,
            "validation": quality(point.quality),
            "test": give_or_take(point.test, point.test_half),
            "energy": format_energy(point.spent.central),
            "range": between(point.spent.low, point.spent.high, format_energy),
            "method": point.spent.method,
            "rate": rate_in_words(rate, write),
        }
        for point, rate in zip(found.front, found.rates, strict=True)
    ]
