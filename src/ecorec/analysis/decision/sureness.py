"""How sure a verdict is, in words: users and seeds, the range of the saving, what was left out."""

from ecorec.analysis.decision.choice import NO_ENERGY, NOT_READ
from ecorec.analysis.decision.findings import Findings
from ecorec.analysis.decision.kernels_in_words import kernels_in_words
from ecorec.analysis.decision.saving import Saving
from ecorec.analysis.words import listed

KIND = "configuration"


def counted(n: int, noun: str = "other") -> str:
    """Return a number with its noun, e.g. `2 others`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def sureness(findings: Findings) -> str:
    """Return the last sentence of a verdict: what it is based on, and what was left out."""
    low, high = findings.n_seeds
    seeds = f", {low} to {high} seeds" if low != high else f", {counted(high, 'seed')}"
    known = "" if findings.seed_noise_known else ", so noise between seeds is not known"
    parts = [f"{findings.n_users:,} users{seeds if high else ''}{known}"]
    judged = findings.saving or findings.thrifty_saving
    if judged:
        parts.append(_range(judged))
    for why in (reason for reason in NO_ENERGY if findings.left_out.get(reason)):
        left_out = "" if why == NOT_READ else " left out"
        parts.append(f"energy of {counted(findings.left_out[why], KIND)} {why}{left_out}")
    if len(findings.kernels) > 1:
        parts.append(kernels_in_words(findings.kernels))
    if findings.n_undertrained:
        parts.append(f"{counted(findings.n_undertrained, KIND)} might gain from more epochs")
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
