"""A trade-off in words: what to take, what the next step costs, what would change it."""

from collections.abc import Sequence

from ecorec.analysis.decision.sensitivity import Variant, overlapping
from ecorec.analysis.decision.trade_off import Rate, TradeOff
from ecorec.analysis.words import listed, metric_title, quality


def front_in_words(found: TradeOff) -> str:
    """Return which data decided the front, and where its knee is."""
    parts = [f"The front is decided on {found.by}"]
    if found.by == "test":
        missing = listed([*found.not_validated][:3]) + (" …" * (len(found.not_validated) > 3))
        parts[0] += (
            f", because {missing} {'was' if len(found.not_validated) == 1 else 'were'} not "
            f"validated in {metric_title(found.metric)}: the best of many on test is better there "
            "than elsewhere"
        )
    else:
        parts[0] += "; its exchange rates are those of test"
    return f"{parts[0]}. {knee_in_words(found)}"


def knee_in_words(found: TradeOff) -> str:
    """Return where the knee is and what lies beyond it, or why there is none."""
    if found.knee is None:
        n = len(found.front)
        if n < 3:
            return f"A knee takes three points on the front; it has {n}."
        return "The front has no knee: no point lies above the line from its cheapest to its best."
    write, at = found.currency.write, found.front.index(found.knee)
    text = (
        f"Its knee is {found.knee.label} ({metric_title(found.metric)} "
        f"{quality(found.knee.test)}, {write(found.knee.spent.central)} "
        f"{found.knee.spent.method}), farthest above the line from the cheapest to the best, "
        "costs in logarithms"
    )
    after = found.rates[at + 1] if at + 1 < len(found.front) else None
    before = found.rates[at]
    if before is not None and after is not None:
        text += (
            f"; 0.001 {metric_title(found.metric)} more cost {_rate(before, found)} up to it and "
            f"{_rate(after, found)} beyond it"
        )
    return f"{text}."


def _rate(rate: Rate, found: TradeOff) -> str:
    if rate.central is None:
        return "an unknown sum (test shows no gain)"
    price, doubt = rate.central, ""
    if rate.gain is None:
        doubt = ", not known how surely,"
    elif rate.gain[1] is None:
        price, doubt = rate.gain[0], " at least, as the gain may be noise"
    return f"{found.currency.write(price)} {found.front[-1].spent.method}{doubt}"


def sensitivity_in_words(found: TradeOff, variants: Sequence[Variant]) -> str:
    """Return one sentence or two on what other assumptions would change."""
    if len(found.points) < 2:
        return "One configuration has no order."
    if not variants:
        return f"No watts and no grid are in {found.currency.words}: nothing to vary."
    known = [variant for variant in variants if not variant.absent]
    same = [variant.name for variant in known if variant.survives]
    parts = []
    if same:
        parts.append(f"order and front stay as they are under {listed(same)}")
    parts += [_changed(variant) for variant in known if not variant.survives]
    n = overlapping(found)
    if n:
        pairs = f"{n} pair{'' if n == 1 else 's'}"
        parts.append(
            f"if watts differed from run to run within the readings' range, {pairs} could stand "
            "the other way round"
        )
    parts.append(
        "another grid, year or PUE multiplies all costs by one factor and changes no order, as "
        "all were measured on one machine"
    )
    parts += [f"{v.name} cannot be said: {v.absent}" for v in variants if v.absent]
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _changed(variant: Variant) -> str:
    parts = []
    if variant.swapped:
        n = len(variant.swapped)
        first, second = variant.swapped[0]
        parts.append(
            f"{n} pair{'s' if n > 1 else ''} change{'' if n > 1 else 's'} order "
            f"({second} before {first}{', …' if n > 1 else ''})"
        )
    if variant.joined:
        parts.append(f"{listed([*variant.joined])} would be on the front")
    if variant.left:
        parts.append(f"{listed([*variant.left])} would not be on the front")
    return f"under {variant.name} {' and '.join(parts)}"
