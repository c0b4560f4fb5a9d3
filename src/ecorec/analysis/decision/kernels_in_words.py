"""Kernels and their shares of the roof in words."""

from ecorec.analysis.drivers.complexity import KernelShare
from ecorec.analysis.words import listed


def kernels_in_words(kernels: tuple[KernelShare, ...]) -> str:
    """Return that configurations ran on several kernels, and what that does to joules."""
    each = listed([f"{item.kernel}{_of_the_roof(item)}" for item in kernels])
    return (
        f"kernels differ ({each}; shares of the machine's highest rates, modelled), so that joules "
        "compare kernels as well as models"
    )


def _of_the_roof(item: KernelShare) -> str:
    if item.low is None or item.high is None:
        return ", share not known"
    low, high = share_in_words(item.low), share_in_words(item.high)
    return f" {high}" if low == high else f" {low} to {high}"


def share_in_words(share: float) -> str:
    """Return a share of the roof as percent, e.g. `34 %`, `0.8 %`."""
    return f"{100 * share:.0f} %" if share >= 0.0095 else f"{100 * share:.1g} %"
