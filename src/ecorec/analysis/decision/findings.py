"""The decision that the numbers allow, as facts; `verdict` says them aloud."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ecorec.analysis.compare import Comparison
from ecorec.analysis.configurations import Configuration
from ecorec.analysis.decision.choice import Choice
from ecorec.analysis.decision.saving import Saving, saving_of
from ecorec.analysis.decision.useful_sizes import judge_sizes
from ecorec.analysis.drivers.complexity import KernelShare
from ecorec.analysis.statistics.energy_statistics import EnergyComparison
from ecorec.analysis.statistics.pareto import pareto_front

THRIFTY_LOSS = 0.10
"""Largest relative loss of quality at which a cheaper configuration is worth a sentence."""

THRIFTY_RATIO = 3.0
"""Least saving at which it is."""


@dataclass(frozen=True)
class Findings:
    """What can be said of one data set and split."""

    metric: str
    best: Choice
    cheapest_equal: Choice | None
    """Cheapest that cannot be told from the best; `None` without comparable energies."""
    saving: Saving | None
    """Of the cheapest equal over the best; `None` if they are one, or not comparable."""
    dearest_saving: Saving | None
    """Of the cheapest equal over the dearest that cannot be told from the best either."""
    dearest_equal: Choice | None
    """The dearest that cannot be told from the best; `None` if that is the cheapest itself."""
    thrifty: Choice | None
    """Told apart from the best, but close to it and far cheaper than the cheapest equal."""
    thrifty_saving: Saving | None
    useless_sizes: dict[str, tuple[int, ...]]
    """Model -> embedding sizes that buy nothing over a smaller one that can be told from noise."""
    useful_sizes: dict[str, int]
    """Model with useless sizes -> the size that is enough."""
    n_configurations: int
    n_equal: int
    """How many cannot be told from the best, the best included."""
    unpriced: tuple[Choice, ...]
    """Those of them whose energy does not count here, the best included if it is one."""
    n_users: int
    n_seeds: tuple[int, int]
    """Fewest and most seeds of a random configuration; (0, 0) if none is random."""
    seed_noise_known: bool
    energy_ties: tuple[Choice, ...]
    """As good as the best, and not to be told from the cheapest of these in energy either."""
    cheapest_dynamic: Choice | None
    """Cheapest equal once idle energy is subtracted, where that is another one."""
    left_out: Mapping[str, int]
    """One of `NO_ENERGY` -> configurations whose energy does not count for this reason."""
    n_undertrained: int
    not_measured: tuple[str, ...]
    kernels: tuple[KernelShare, ...] = ()
    """Propagation kernels that configurations ran on, with their share of the roof."""


def find(
    members: list[Configuration],
    comparison: Comparison,
    energies: EnergyComparison,
    machine_id: str,
    kernels: tuple[KernelShare, ...] = (),
    served: Collection[str] = (),
) -> Findings:
    """Return what can be said of the configurations of one data set and split.

    Args:
        members: Configurations in the order of the comparison.
        comparison: Their qualities.
        energies: Their joules, in the same order.
        machine_id: The machine whose joules are compared.
        kernels: Those that configurations ran on there.
        served: Run ids that were measured under load.
    """
    metric = comparison.metric

    choices = [Choice.of(i, item, metric, machine_id) for i, item in enumerate(members)]
    best = choices[comparison.best]
    all_equal = [choices[i] for i in comparison.equal_to_best]
    equal = [choice for choice in all_equal if choice.energy is not None]
    cheapest = min(equal, key=lambda item: item.mean_j) if equal else None
    dearest = max(equal, key=lambda item: item.mean_j) if len(equal) > 1 else None
    thrifty = _thrifty(choices, comparison, cheapest)

    def saving(cheap: Choice | None, dear: Choice | None) -> Saving | None:
        return _saving(cheap, dear, energies) if cheap and dear and cheap != dear else None

    seeds = [item.n_seeds for item in members if item.is_random]
    enough, useless = judge_sizes(members, comparison)
    return Findings(
        metric=metric,
        best=best,
        cheapest_equal=cheapest,
        saving=saving(cheapest, best),
        dearest_saving=saving(cheapest, dearest),
        dearest_equal=dearest,
        thrifty=thrifty,
        thrifty_saving=saving(thrifty, cheapest),
        useless_sizes=useless,
        useful_sizes=enough,
        n_configurations=len(members),
        n_equal=len(all_equal),
        unpriced=tuple(choice for choice in all_equal if choice.energy is None),
        n_users=comparison.n_users,
        n_seeds=(min(seeds), max(seeds)) if seeds else (0, 0),
        seed_noise_known=comparison.seed_noise_known,
        energy_ties=tuple(
            item
            for item in equal
            if cheapest and energies.told_apart(item.position, cheapest.position) is False
        ),
        cheapest_dynamic=_cheapest_dynamic(members, equal, cheapest),
        left_out=Counter(choice.no_energy for choice in choices if choice.energy is None),
        n_undertrained=sum(any(r.undertrained for r in item.records) for item in members),
        not_measured=()
        if any(run_id in served for item in members for run_id in item.run_ids)
        else ("serving",),
        kernels=kernels,
    )


def _cheapest_dynamic(
    members: list[Configuration], equal: list[Choice], cheapest: Choice | None
) -> Choice | None:
    known = [(members[item.position].dynamic_j, item) for item in equal]
    joules = [(value, item) for value, item in known if value is not None]
    if cheapest is None or not joules or len(joules) < len(equal):
        return None
    first = min(joules, key=lambda pair: pair[0])[1]
    return first if first.position != cheapest.position else None


def _saving(cheap: Choice, dear: Choice, energies: EnergyComparison) -> Saving | None:
    if cheap.energy is None or dear.energy is None:
        return None
    told_apart = energies.told_apart(cheap.position, dear.position)
    ratio = energies.ratio(dear.position, cheap.position)
    return saving_of(cheap.energy, dear.energy, told_apart, ratio)


def _thrifty(
    choices: list[Choice], comparison: Comparison, cheapest: Choice | None
) -> Choice | None:
    """Return the best of the front that is far cheaper than the cheapest equal, if any."""
    if cheapest is None:
        return None
    priced = [choice for choice in choices if choice.energy is not None]
    front = pareto_front([c.quality for c in priced], [c.mean_j for c in priced])
    floor = choices[comparison.best].quality * (1 - THRIFTY_LOSS)
    fitting = [
        priced[i]
        for i in front
        if priced[i].quality >= floor
        and comparison.differences[priced[i].position].told_apart
        and priced[i].mean_j * THRIFTY_RATIO <= cheapest.mean_j
    ]
    return max(fitting, key=lambda choice: choice.quality, default=None)
