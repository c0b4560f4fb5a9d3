"""Numbers, names and lists as sentences and tables write them."""


def quality(value: float) -> str:
    """Return a metric between 0 and 1 as tables print it, e.g. `.178`."""
    text = f"{value:.3f}"
    return text.removeprefix("0") if value < 1 else text


def give_or_take(value: float, half: float | None) -> str:
    """Return a metric with half its interval, e.g. `.178 ±.002`; alone where that is not known."""
    return quality(value) if half is None else f"{quality(value)} ±{quality(half)}"


def metric_title(name: str) -> str:
    """Return a metric's name as papers write it, e.g. `NDCG@10`."""
    return name.upper()


def times(ratio: float) -> str:
    """Return a ratio above one as a fraction, e.g. `1/50`, `1/3.4`."""
    return f"1/{ratio:.2g}" if ratio < 99.5 else f"1/{ratio:.0f}"


def listed(words: list[str]) -> str:
    """Return words as a sentence lists them, e.g. `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
