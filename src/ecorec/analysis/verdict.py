"""What a colleague could say aloud: the cheapest model that cannot be told from the best."""

from collections.abc import Sequence
from dataclasses import dataclass

from ecorec.analysis.compare import Contest
from ecorec.analysis.configurations import Configuration, is_baseline
from ecorec.units import format_energy


@dataclass(frozen=True, eq=False)
class Verdict:
    """The decision that the figures allow, on one data set and one machine."""

    text: str
    contest: Contest
    cheapest_equal: Configuration
    """The cheapest that cannot be told from the best; the best itself if nothing is cheaper."""
    ratio: float | None
    """Joules of the best over those of the cheapest equal."""


def verdict(found: Contest) -> Verdict:
    """Return the verdict on a contest.

    Energy is compared by central values. Under one sensor whose range is a factor on all
    of its joules, ratios are the same at the low and at the high end; the text says so.
    """
    best = found.best
    if not found.comparisons:
        text = f"Only {best.label} was run: there is nothing to compare it with."
        return Verdict(text, found, best, None)
    priced = [item for item in found.equals if item.energy_j is not None]
    if best.energy_j is None or not priced:
        text = f"{best.label} is best ({_quality(found, best)}); no energy was measured."
        return Verdict(text, found, best, None)
    cheapest = min(priced, key=lambda item: item.energy_j or 0.0)
    ratio = best.energy_j / cheapest.energy_j if cheapest.energy_j else None
    sentences = [_headline(found, cheapest, ratio), _alternative(found, cheapest), _caveats(found)]
    return Verdict(" ".join(filter(None, sentences)), found, cheapest, ratio)


def _quality(found: Contest, item: Configuration) -> str:
    return f"{found.metric.upper()} {item.quality(found.metric):.3f}"


def _sureness(found: Contest) -> str:
    seeds = "1 seed" if found.n_seeds == 1 else f"up to {found.n_seeds} seeds"
    return f"{found.n_users:,} users, {seeds}"


def _headline(found: Contest, cheapest: Configuration, ratio: float | None) -> str:
    best = found.best
    energy = format_energy(cheapest.energy_j or 0.0)
    if cheapest is best:
        others = len(found.equals) - 1
        equals = f"; {others} dearer ones cannot be told from it" if others else ""
        return (
            f"{best.label} is best ({_quality(found, best)}) and nothing cheaper equals it"
            f"{equals} ({_sureness(found)}): {energy}, {best.method}."
        )
    saving = f"{ratio:.3g} times less energy" if ratio else "less energy"
    return (
        f"{cheapest.label} cannot be told from the best, {best.label} "
        f"({_quality(found, cheapest)} against {best.quality(found.metric):.3f}; "
        f"{_sureness(found)}), and took {saving} to train: {energy}, {cheapest.method}."
    )


def _alternative(found: Contest, cheapest: Configuration) -> str:
    """Name the cheapest training-free model if the choice is a trained one."""
    if is_baseline(cheapest):
        return ""
    free = [
        item.configuration
        for item in found.comparisons
        if is_baseline(item.configuration) and item.configuration.energy_j
    ]
    if not free or not cheapest.energy_j:
        return ""
    rival = max(free, key=lambda item: item.quality(found.metric))
    loss = 1 - rival.quality(found.metric) / cheapest.quality(found.metric)
    share = cheapest.energy_j / (rival.energy_j or 1.0)
    return f"{rival.label} is {loss:.0%} below it at 1/{share:.3g} of its training energy."


def _caveats(found: Contest) -> str:
    words = []
    lasts = [
        item.label
        for item in (found.best, *(c.configuration for c in found.comparisons))
        if any(record.undertrained for record in item.runs)
    ]
    if lasts:
        some = lasts[0] if len(lasts) == 1 else f"{len(lasts)} configurations"
        words.append(f"{some} may still gain with more epochs")
    methods = set(found.best.first.total.methods)
    if methods <= {"modelled", "assumed"}:
        words.append("ratios hold under low and high watts, which scale all alike")
    words.append("serving is not measured here")
    text = "; ".join(words)
    return f"{text[0].upper()}{text[1:]}."


def useless_sizes(found: Contest) -> dict[str, list[int]]:
    """Return, for each model, the larger sizes that are not better than its smallest equal one."""
    sizes: dict[str, list[Configuration]] = {}
    for item in (found.best, *(c.configuration for c in found.comparisons)):
        if item.first.embedding_size is not None:
            sizes.setdefault(item.model, []).append(item)
    return {
        model: _above_best(found, sorted(items, key=lambda item: item.first.embedding_size or 0))
        for model, items in sizes.items()
    }


def _above_best(found: Contest, items: Sequence[Configuration]) -> list[int]:
    top = max(range(len(items)), key=lambda index: items[index].quality(found.metric))
    return [item.first.embedding_size or 0 for item in items[top + 1 :]]
