"""What a configuration costs, in one of several currencies: an amount with its range."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from ecorec.analysis.configurations import Configuration
from ecorec.analysis.deployed.alike import Served, Way, shared_way
from ecorec.analysis.idle import split_idle
from ecorec.analysis.statistics.energy_statistics import log_interval, mean_of_seeds
from ecorec.analysis.statistics.independent_values import kind_of
from ecorec.energy.emissions import Intensity, emissions_g
from ecorec.errors import InputError, unknown_name
from ecorec.units import format_bytes, format_duration, format_energy, format_mass


@dataclass(frozen=True)
class Spent:
    """What one run of a configuration costs."""

    central: float
    low: float
    """Low end of the sensors' range; the central value if there is no range."""
    high: float
    interval: tuple[float, float] | None
    """95 % interval; `None` for fewer than five seeds or, of a single seed, repeats."""
    method: str
    """How it was obtained."""
    over: str = ""
    """What the interval is over: `seeds`, `repeats` or `repeats of one seed`."""


@dataclass(frozen=True)
class Prices:
    """What turns joules into grams, and what is known of serving."""

    grid: Intensity | None = None
    pue: float = 1.0
    serving: Mapping[str, Sequence[Served]] = field(default_factory=dict)
    """Run id -> what was measured of it under load, oldest first."""
    way: Way | None = None
    """How it was measured that serving counts; `None`: it does not."""

    def alike(self, members: Sequence[Configuration]) -> "Prices":
        """Return these prices with serving as most of some configurations were measured."""
        each = [[s for id_ in item.run_ids for s in self.serving.get(id_, ())] for item in members]
        return replace(self, way=shared_way(each))

    def served(self, run_id: str) -> Served | None:
        """Return the newest measurement of a run in the way that counts; `None` without one."""
        found = self.serving.get(run_id, ())
        return next((one for one in reversed(found) if one.way == self.way), None)


@dataclass(frozen=True)
class Currency:
    """One way to count costs."""

    name: str
    words: str
    """What is counted, e.g. `training energy`."""
    unit: str
    write: Callable[[float], str]
    of: Callable[[Configuration, Prices], Spent | None]
    """Returns the cost of a configuration; `None` if it was not measured."""
    absent: str
    """Hint for the case that no configuration has this cost."""


def find_currency(name: str) -> Currency:
    """Return a currency by its name.

    Raises:
        InputError: There is none of this name.
    """
    if name not in CURRENCIES:
        listing = f"there are {', '.join(CURRENCIES)}; in all:"
        raise unknown_name("cost", name, CURRENCIES, listing)
    return CURRENCIES[name]


def require(found: object, currency: Currency) -> None:
    """Make sure that some configuration has the cost.

    Raises:
        InputError: None has.
    """
    if not found:
        message = f"no run can be compared by {currency.words}"
        raise InputError(message, hint=currency.absent)


def _energy(item: Configuration, prices: Prices) -> Spent | None:
    energy = item.energy
    if energy is None:
        return None
    return Spent(
        energy.mean_j, energy.low_j, energy.high_j, energy.interval_j, energy.method, energy.over
    )


def _emissions(item: Configuration, prices: Prices) -> Spent | None:
    spent, grid = _energy(item, prices), prices.grid
    if spent is None or grid is None:
        return None
    central, low, high = (
        emissions_g(joules, grid, prices.pue) for joules in (spent.central, spent.low, spent.high)
    )
    factor = emissions_g(1.0, grid, prices.pue)
    interval = spent.interval and (spent.interval[0] * factor, spent.interval[1] * factor)
    return Spent(central, low, high, interval, spent.method, spent.over)


def _dynamic(item: Configuration, prices: Prices) -> Spent | None:
    found = [split_idle(record, item.idle) for record in item.compared]
    splits = [split for split in found if split is not None]
    if not splits or len(splits) < len(found):
        return None
    ends = [(split.dynamic_j, split.dynamic_low_j, split.dynamic_high_j) for split in splits]
    seeds = [record.seed for record in item.compared]
    central, low, high = (
        [(seed, end) for seed, end in zip(seeds, each, strict=True) if end is not None]
        for each in zip(*ends, strict=True)
    )
    if len(central) < len(splits):
        return None
    return Spent(
        mean_of_seeds(central),
        mean_of_seeds(low),
        mean_of_seeds(high),
        log_interval(central),
        "+".join(dict.fromkeys(name for split in splits for name in split.methods)),
        kind_of(seeds),
    )


def _time(item: Configuration, prices: Prices) -> Spent | None:
    seconds = [(record.seed, record.total.duration_s) for record in item.clean]
    if not seconds:
        return None
    mean_s, over = mean_of_seeds(seconds), kind_of(seed for seed, _ in seconds)
    return Spent(mean_s, mean_s, mean_s, log_interval(seconds), "clock", over)


def _memory(item: Configuration, prices: Prices) -> Spent | None:
    sizes = [(record.seed, float(record.peak_memory_bytes)) for record in item.records]
    mean, over = fmean(size for _, size in sizes), kind_of(seed for seed, _ in sizes)
    return Spent(mean, mean, mean, log_interval(sizes), "highest resident memory", over)


def _serving(item: Configuration, prices: Prices) -> Spent | None:
    served = next((found for id_ in item.run_ids if (found := prices.served(id_))), None)
    if served is None:
        return None
    low, central, high = served.each.ends_j
    return Spent(central, low, high, None, served.each.method)


CURRENCIES = {
    item.name: item
    for item in (
        Currency(
            "energy", "energy of a run", "J", format_energy, _energy,
            "`ecorec doctor` says what can be read here; runs beside other work count with "
            "--with-contaminated",
        ),
        Currency(
            "emissions", "emissions of a run", "g CO2-eq", format_mass, _emissions,
            "state a grid when the study is run: --country ITA",
        ),
        Currency(
            "time", "seconds of a run", "s", format_duration, _time,
            "runs beside other work count with --with-contaminated",
        ),
        Currency("memory", "memory of a run", "B", format_bytes, _memory, "run the study again"),
        Currency(
            "dynamic", "energy of a run beyond the idle machine's", "J", format_energy, _dynamic,
            "it takes a counter or meter of the whole machine (`ecorec doctor`), and runs that "
            "draw more than its idle power",
        ),
        Currency(
            "serving", "energy of 1,000 recommendations", "J", format_energy, _serving,
            "measure runs under load: ecorec stress RUN",
        ),
    )
}  # fmt: skip
"""Name -> what may be counted."""
