"""The verdict in words that a colleague could say aloud: never more than was measured."""

from dataclasses import dataclass

from ecorec.analysis.configurations import title
from ecorec.analysis.decision.choice import CONTAMINATED, Choice
from ecorec.analysis.decision.findings import Findings
from ecorec.analysis.decision.saving import Saving
from ecorec.analysis.decision.sureness import counted, sureness
from ecorec.analysis.words import listed, metric_title, quality, times
from ecorec.units import format_energy


@dataclass(frozen=True)
class Verdict:
    """What terminal and page say of one data set and split, and what it rests on."""

    findings: Findings
    sentences: tuple[str, ...]
    """One to three: the choice, what else is worth knowing, how sure it is."""

    @property
    def text(self) -> str:
        """The sentences, joined."""
        return " ".join(self.sentences)


def put_into_words(findings: Findings) -> Verdict:
    """Return the verdict that findings allow."""
    return Verdict(findings, _sentences(findings))


def _sentences(findings: Findings) -> tuple[str, ...]:
    if findings.n_configurations == 1:
        return (
            f"Only {findings.best.label} was run ({_quality(findings, findings.best)}): "
            "there is nothing to compare it with.",
        )
    parts = (_choice(findings), _alternatives(findings), sureness(findings))
    return tuple(part for part in parts if part)


def _quality(findings: Findings, choice: Choice) -> str:
    return f"{metric_title(findings.metric)} {quality(choice.quality)}"


def _choice(findings: Findings) -> str:
    best, cheapest = findings.best, findings.cheapest_equal
    others = counted(findings.n_equal - 1) if findings.n_equal > 1 else ""
    # Where others are as good as can be told, being first is no distinction.
    rank = "comes first" if others else "is the best"
    if cheapest is None:
        beside = f", and {others} cannot be told from it" if others else ""
        reason = _why_none(findings)
        return f"{best.label} {rank} ({_quality(findings, best)}){beside}; {reason}."
    if cheapest == best:
        facts = f"({_quality(findings, best)}, {_energy(best)} {_method(best)})"
        if others:
            return f"{best.label} {rank} {facts}; {others} cannot be told from it{_cost(findings)}."
        n_told = findings.n_configurations - 1
        told = "the other" if n_told == 1 else f"all {n_told} others"
        return f"{best.label} {rank} {facts}: {told} can be told from it."
    first = (
        f"{cheapest.label} is the cheapest that cannot be told from the best, {best.label} "
        f"({metric_title(findings.metric)} {_pair(cheapest.quality, best.quality)})"
    )
    n_more = sum(choice != best for choice in findings.unpriced)
    more = f"; energy of {n_more} more that cannot be told from it is not known" if n_more else ""
    if findings.saving is None:
        why = f"because the energy of the best was {best.no_energy}"
        return f"{first}; what it saves is not known, {why}{more}."
    return f"{first}{_saves(findings.saving, cheapest, best)}{more}."


def _why_none(findings: Findings) -> str:
    """Return why neither the best nor its equals have energies that can be compared."""
    whose = "its" if findings.n_equal == 1 else "their"
    reasons = dict.fromkeys(choice.no_energy for choice in findings.unpriced)
    anyway = " (--with-contaminated compares it all the same)" if CONTAMINATED in reasons else ""
    return f"{whose} energy was {' or '.join(reasons)}, so none can be called the cheapest{anyway}"


def _cost(findings: Findings) -> str:
    """Return what those that equal the best, which is the cheapest, cost."""
    n_unpriced = len(findings.unpriced)
    n_priced = findings.n_equal - 1 - n_unpriced
    if not n_priced:
        return f", but {'its' if n_unpriced == 1 else 'their'} energy is not known"
    cost = f"cost{_up_to(findings, n_priced)}"
    if not n_unpriced:
        return f" and {cost}"
    return f"; {n_priced} of them {cost}, energy of {n_unpriced} is not known"


def _up_to(findings: Findings, n_priced: int) -> str:
    """Return how much more those that equal the best cost, if their energy is known."""
    single = "s" if n_priced == 1 else ""
    saving = findings.dearest_saving
    if saving is None or saving.ratio <= 1:
        return f"{single} as much"
    ratio = f"{saving.ratio:.2g}" if saving.ratio < 99.5 else f"{saving.ratio:.0f}"
    return f"{single} {'' if n_priced == 1 else 'up to '}{ratio} times as much energy"


def _pair(low: float, high: float) -> str:
    same = quality(low) == quality(high)
    return f"{quality(high)} both" if same else f"{quality(low)} and {quality(high)}"


def _saves(saving: Saving, cheapest: Choice, best: Choice) -> str:
    methods = " and ".join(dict.fromkeys((_method(cheapest), _method(best))))
    pair = f"{_energy(cheapest)} against {_energy(best)}, {methods}"
    if saving.beyond_spread is False:
        return f", but its saving ({pair}) is no larger than the spread between measurements"
    return f", for {times(saving.ratio)} of its energy ({pair})"


def _alternatives(findings: Findings) -> str:
    parts = []
    thrifty, cheapest = findings.thrifty, findings.cheapest_equal
    if thrifty and cheapest and findings.thrifty_saving:
        loss = 1 - thrifty.quality / findings.best.quality
        parts.append(
            f"{thrifty.label} is {100 * loss:.0f} % below the best and costs "
            f"{times(findings.thrifty_saving.ratio)} of {cheapest.label}"
        )
    if findings.energy_ties:
        ties = listed([item.label for item in findings.energy_ties])
        parts.append(f"{ties} cannot be told from the cheapest in energy")
    if findings.cheapest_dynamic:
        parts.append(
            f"without the idle machine's share {findings.cheapest_dynamic.label} would be the "
            "cheapest, which favours slow models: the total is right for a reserved machine"
        )
    if findings.useless_sizes:
        sizes = _sizes(findings)
        # A name keeps its case at the start of a sentence; a word does not.
        parts.append(sizes if parts else sizes[:1].upper() + sizes[1:])
    return f"{'; '.join(parts)}." if parts else ""


def _sizes(findings: Findings) -> str:
    by_size: dict[int, list[str]] = {}
    for model, size in findings.useful_sizes.items():
        by_size.setdefault(size, []).append(title(model))
    told = [f"d={size} for {listed(models)}" for size, models in sorted(by_size.items())]
    return f"embeddings beyond {listed(told)} buy nothing that can be told from noise"


def _energy(choice: Choice) -> str:
    return format_energy(choice.energy.mean_j) if choice.energy else "energy not read"


def _method(choice: Choice) -> str:
    return choice.energy.method if choice.energy else ""
