"""The verdict in words that a colleague could say aloud: never more than was measured."""

from dataclasses import dataclass

from ecorec.analysis.configurations import title
from ecorec.analysis.decision.choice import Choice
from ecorec.analysis.decision.findings import Findings
from ecorec.analysis.decision.kernels_in_words import kernels_in_words
from ecorec.analysis.decision.saving import Saving
from ecorec.analysis.words import listed, metric_title, quality, times
from ecorec.units import format_energy

KIND = "configuration"


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
    parts = (_choice(findings), _alternatives(findings), _sureness(findings))
    return tuple(part for part in parts if part)


def _quality(findings: Findings, choice: Choice) -> str:
    return f"{metric_title(findings.metric)} {quality(choice.quality)}"


def _choice(findings: Findings) -> str:
    best, cheapest = findings.best, findings.cheapest_equal
    others = _count(findings.n_equal - 1) if findings.n_equal > 1 else ""
    # Where others are as good as can be told, being first is no distinction.
    rank = "comes first" if others else "is the best"
    if cheapest is None:
        beside = f", and {others} cannot be told from it" if others else ""
        reason = _why_none(findings)
        return f"{best.label} {rank} ({_quality(findings, best)}){beside}; {reason}."
    if cheapest == best:
        facts = f"({_quality(findings, best)}, {_energy(best)} {_method(best)})"
        if others:
            costs = f"cost{_up_to(findings, findings.n_equal - 1)}"
            return f"{best.label} {rank} {facts}; {others} cannot be told from it and {costs}."
        n_told = findings.n_configurations - 1
        told = "the other" if n_told == 1 else f"all {n_told} others"
        return f"{best.label} {rank} {facts}: {told} can be told from it."
    first = (
        f"{cheapest.label} is the cheapest that cannot be told from the best, {best.label} "
        f"({metric_title(findings.metric)} {_pair(cheapest.quality, best.quality)})"
    )
    if findings.saving is None:
        why = best.no_energy or "drew nothing that could be read"
        return f"{first}; what it saves is not known, because the best {why}."
    return f"{first}{_saves(findings.saving, cheapest, best)}."


def _why_none(findings: Findings) -> str:
    """Return why no energies can be compared."""
    if findings.n_contaminated:
        return (
            "every energy was read beside other work on the machine, so none can be called the "
            "cheapest (--with-contaminated compares them all the same)"
        )
    if findings.n_without_gpu:
        return (
            "it was computed on a GPU whose energy was not read with it, so none can be called the "
            "cheapest"
        )
    return "no energy was read, so none can be called the cheapest"


def _up_to(findings: Findings, n_equal: int) -> str:
    """Return how much more those that equal the best cost."""
    single = "s" if n_equal == 1 else ""
    saving = findings.dearest_saving
    if saving is None or saving.ratio <= 1:
        return f"{single} as much"
    ratio = f"{saving.ratio:.2g}" if saving.ratio < 99.5 else f"{saving.ratio:.0f}"
    return f"{single} {'' if n_equal == 1 else 'up to '}{ratio} times as much energy"


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


def _sureness(findings: Findings) -> str:
    low, high = findings.n_seeds
    seeds = f", {low} to {high} seeds" if low != high else f", {_count(high, 'seed')}"
    known = "" if findings.seed_noise_known else ", so noise between seeds is not known"
    parts = [f"{findings.n_users:,} users{seeds if high else ''}{known}"]
    judged = findings.saving or findings.thrifty_saving
    if judged:
        parts.append(_range(judged))
    left_out = (
        (findings.n_contaminated, "read beside other work"),
        (findings.n_without_gpu, "read without a GPU's"),
        (findings.n_elsewhere, "measured on other machines"),
    )
    parts += [f"energy of {_count(n, KIND)} {why} left out" for n, why in left_out if n]
    if len(findings.kernels) > 1:
        parts.append(kernels_in_words(findings.kernels))
    if findings.n_undertrained:
        parts.append(f"{_count(findings.n_undertrained, KIND)} might gain from more epochs")
    if findings.not_measured:
        parts.append(f"not measured here: {listed(list(findings.not_measured))}")
    return f"Based on {'; '.join(parts)}."


def _range(saving: Saving) -> str:
    return "; ".join(part for part in (_watts(saving), _repeats(saving)) if part)


def _repeats(saving: Saving) -> str:
    """Return how sure the ratio is over seeds or repeats, apart from what the watts may be."""
    if saving.interval is None:
        return ""
    low, high = saving.interval
    return f"{saving.over} put the ratio at {low:.3g} to {high:.3g} (95 %)"


def _watts(saving: Saving) -> str:
    if not saving.holds:
        return "does not hold over the whole range of the readings"
    if saving.beyond_range:
        return "holds under low and high watts"
    return "holds under low and high watts if both draw alike, but is within the readings' range"


def _energy(choice: Choice) -> str:
    return format_energy(choice.energy.mean_j) if choice.energy else "energy not read"


def _method(choice: Choice) -> str:
    return choice.energy.method if choice.energy else ""


def _count(n: int, noun: str = "other") -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
