"""The run to deploy under a constraint: validation selects, test is reported and never selects."""

from collections.abc import Callable
from dataclasses import dataclass

from ecorec.analysis.decision.candidate import Candidate, Use, candidate, in_service
from ecorec.analysis.decision.constraint import Constraint
from ecorec.analysis.decision.trade_off import half_interval, validation_metric
from ecorec.analysis.decision.unfulfilled import not_validated, nothing_fulfils
from ecorec.analysis.decision.validation import validated
from ecorec.analysis.deployed.alike import Way
from ecorec.analysis.spent import Prices
from ecorec.analysis.study_analysis import Benchmark
from ecorec.errors import InputError


@dataclass(frozen=True)
class Decision:
    """What to deploy, and what it was chosen from."""

    constraint: Constraint
    use: Use | None
    metric: str
    """The validation metric that selected."""
    test_metric: str
    chosen: Candidate
    best: Candidate | None
    """Best on validation; `None` where its energy is not known on this machine."""
    best_validation: float
    best_label: str
    floor: float | None
    """Least validation that was asked for."""
    doubt: float | None
    """How far the chosen one's validation may be off the limit: half the 95 % interval, on test, of
    its difference from the best (with `within`) or of its own mean (with a least quality). `None`
    if it is not known, as of one user."""
    eligible: tuple[Candidate, ...]
    """All that fulfil the constraint, in the order in which they would be chosen."""
    by_use: bool
    """Whether training and serving together decided, rather than training alone."""
    equal_quality: tuple[Candidate, ...]
    """Eligible ones whose test metric cannot be told apart from that of the chosen one."""
    equal_energy: tuple[Candidate, ...]
    """Eligible ones whose training energy cannot be told apart from that of the chosen one."""
    told_from_best: bool
    """Whether, on test, the best on validation can be told apart from the chosen one."""
    way: Way | None
    """How serving was measured where it is known: in the way that most eligible ones share."""
    without_serving: tuple[Candidate, ...]
    """Eligible ones that were never measured under load, or in other ways only."""
    not_validated: tuple[str, ...]
    no_energy: tuple[str, ...]
    """Labels whose energy is of another machine, read beside other work, or not read."""
    n_users: int
    seed_noise_known: bool

    @property
    def served_as(self) -> str:
        """How the serving that is known was measured, in words; empty where nothing is."""
        kinds = dict.fromkeys(item.serving.kind for item in self.eligible if item.serving)
        return "" if self.way is None else self.way.in_words([*kinds])


def choose(
    benchmark: Benchmark,
    constraint: Constraint,
    prices: Prices,
    use: Use | None = None,
    metric: str | None = None,
) -> Decision:
    """Return the run to deploy of one data set and split.

    Args:
        benchmark: Its configurations, compared on test.
        constraint: What must be fulfilled.
        prices: What is known of serving.
        use: How it will be used; serving is not counted, if not given.
        metric: Validation metric to select by; if not given, the one that chose the epochs.

    Raises:
        InputError: Nothing was validated in the metric, has energy, or fulfils the constraint.
    """
    by = metric or validation_metric(benchmark)
    members = benchmark.configurations
    known = {i: validated(item, by) for i, item in enumerate(members)}
    valid = {i: value for i, value in known.items() if value is not None}
    if not valid or (by != validation_metric(benchmark) and len(valid) < len(members)):
        raise not_validated(benchmark, by, len(members) - len(valid))
    found = [candidate(i, by, value, benchmark) for i, value in valid.items()]
    candidates = [item for item in found if item is not None]
    if not candidates:
        message = f"{benchmark.title}: no validated run has energy that can be compared"
        hint = "`ecorec doctor` says what can be read here; --with-contaminated counts runs beside "
        raise InputError(message, hint=f"{hint}other work")
    top = max(valid, key=lambda i: valid[i])
    floor = constraint.floor(valid[top])
    cap = constraint.max_energy_j if constraint.max_energy_j is not None else float("inf")
    eligible = [c for c in candidates if c.validation >= floor and c.energy.central <= cap]
    if not eligible:
        raise nothing_fulfils(benchmark, constraint, candidates, by, floor, cap)
    prices = prices.alike([members[c.position] for c in eligible])
    eligible = [in_service(c, members[c.position], by, prices, use) for c in eligible]
    by_use = use is not None and all(item.in_use_j is not None for item in eligible)
    eligible.sort(key=_order(constraint, by_use))
    chosen, others = eligible[0], eligible[1:]
    best = next((item for item in candidates if item.position == top), None)
    return Decision(
        constraint=constraint,
        use=use,
        metric=by,
        test_metric=benchmark.comparison.metric,
        chosen=chosen,
        best=best,
        best_validation=valid[top],
        best_label=members[top].label,
        floor=None if floor == -float("inf") else floor,
        doubt=_doubt(benchmark, constraint, floor, top, chosen),
        eligible=tuple(eligible),
        by_use=by_use,
        equal_quality=tuple(
            c for c in others if not _told_apart(benchmark, chosen.position, c.position)
        ),
        equal_energy=tuple(
            c for c in others if benchmark.energies.told_apart(chosen.position, c.position) is False
        ),
        told_from_best=_told_apart(benchmark, top, chosen.position),
        way=prices.way,
        without_serving=tuple(item for item in eligible if item.serving is None),
        not_validated=tuple(members[i].label for i, value in known.items() if value is None),
        no_energy=tuple(
            members[i].label for i in valid if all(c.position != i for c in candidates)
        ),
        n_users=benchmark.comparison.n_users,
        seed_noise_known=benchmark.comparison.seed_noise_known,
    )


def _doubt(
    benchmark: Benchmark, constraint: Constraint, floor: float, top: int, chosen: Candidate
) -> float | None:
    if constraint.within is None or floor == constraint.min_quality:
        return chosen.test_half
    # The best is certainly within any share of itself; others are compared with it user by user.
    if chosen.position == top:
        return 0.0
    return half_interval(benchmark.comparison, top, chosen.position)


def _order(constraint: Constraint, by_use: bool) -> Callable[[Candidate], tuple[float, float]]:
    def key(item: Candidate) -> tuple[float, float]:
        cost = item.in_use_j[1] if by_use and item.in_use_j else item.energy.central
        if constraint.seeks_quality:
            return -item.validation, cost
        return cost, -item.validation

    return key


def _told_apart(benchmark: Benchmark, a: int, b: int) -> bool:
    compared = benchmark.comparison
    return a != b and (compared.is_better(a, b) or compared.is_better(b, a))
