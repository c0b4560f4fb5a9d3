"""Where each model's settings are searched: a literal table, every row with its source.

Names are those of the model's configuration or of the training settings. Where a paper searches a
grid, the ends of the range are those of the grid; where it names single values only, or where our
reduction of a loss is another (docs/reference/models.md), the ends are ours and the source says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ecorec.errors import InputError
from ecorec.models.catalogue import find_model

Value = int | float | str


@dataclass(frozen=True)
class Real:
    """A number between two ends, both included."""

    low: float
    high: float
    log: bool = False
    """Whether equal ratios are equally likely, rather than equal differences."""

    def holds(self, value: Value) -> bool:
        """Return whether a value lies inside."""
        return not isinstance(value, str) and self.low <= value <= self.high


@dataclass(frozen=True)
class Whole:
    """A whole number between two ends, both included."""

    low: int
    high: int
    log: bool = False

    def holds(self, value: Value) -> bool:
        """Return whether a value lies inside."""
        return isinstance(value, int) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    values: tuple[str, ...]

    def holds(self, value: Value) -> bool:
        """Return whether a value is among them."""
        return value in self.values


Range = Real | Whole | Choice


@dataclass(frozen=True)
class Space:
    """What is searched for one model."""

    source: str
    settings: Mapping[str, Range]


_RATE = Real(1e-4, 1e-2, log=True)
"""NGCF's grid, 1e-4 to 5e-3 (Wang et al. 2019, parameter settings), as far as our defaults."""
_LAYERS = Whole(1, 4)
_NEIGHBOURS: dict[str, Range] = {
    "n_neighbours": Whole(5, 1000, log=True),
    "shrinkage": Real(0.0, 1000.0),
}
_DACREMA = "Ferrari Dacrema et al., TOIS 2021, ranges of the baselines"

SPACES: dict[str, Space] = {
    "itemknn": Space(_DACREMA, _NEIGHBOURS),
    "userknn": Space(_DACREMA, _NEIGHBOURS),
    "rp3beta": Space(
        f"{_DACREMA}; alpha above zero",
        {
            "n_neighbours": Whole(5, 1000, log=True),
            "alpha": Real(0.01, 2.0),
            "beta": Real(0.0, 2.0),
        },
    ),
    "puresvd": Space(_DACREMA, {"n_factors": Whole(1, 350)}),
    "ease": Space(_DACREMA, {"l2_weight": Real(1.0, 1e7, log=True)}),
    "slim": Space(
        "Ning and Karypis, ICDM 2011, search both weights; ends are ours",
        {"l1_weight": Real(0.1, 20.0, log=True), "l2_weight": Real(0.1, 50.0, log=True)},
    ),
    "gf-cf": Space(
        "Shen et al., CIKM 2021, search the filter's weight; ends are ours",
        {"n_factors": Whole(32, 512, log=True), "ideal_weight": Real(0.0, 1.0)},
    ),
    "turbo-cf": Space(
        "Park et al., SIGIR 2024, search alpha, s and the polynomial; ends are ours",
        {
            "alpha": Real(0.0, 1.0),
            "power": Real(0.1, 2.0),
            "filter": Choice(("linear", "second-order", "third-order")),
        },
    ),
    "implicit-als": Space(
        f"{_DACREMA}; ends as far as the library's defaults",
        {"confidence": Real(1.0, 50.0, log=True), "l2_weight": Real(1e-5, 1e-1, log=True)},
    ),
    "implicit-bpr": Space(
        f"{_DACREMA}; ends as far as the library's defaults",
        {"learning_rate": Real(1e-4, 1e-1, log=True), "l2_weight": Real(1e-5, 1e-1, log=True)},
    ),
    "bpr-mf": Space(
        "as LightGCN, whose zero layers it is",
        {"learning_rate": _RATE, "l2_weight": Real(1e-6, 1e-2, log=True)},
    ),
    "ngcf": Space(
        "Wang et al., SIGIR 2019, parameter settings; our weight is of norms, its ends are ours",
        {
            "learning_rate": _RATE,
            "n_layers": _LAYERS,
            "l2_weight": Real(1e-6, 1e-1, log=True),
            "dropout": Real(0.0, 0.8),
        },
    ),
    "lightgcn": Space(
        "He et al., SIGIR 2020, hyper-parameter settings",
        {
            "learning_rate": _RATE,
            "n_layers": _LAYERS,
            "l2_weight": Real(1e-6, 1e-2, log=True),
        },
    ),
    "simgcl": Space(
        "Yu et al., SIGIR 2022, search weight and noise; ends are ours, as our weight is of a mean",
        {
            "learning_rate": _RATE,
            "n_layers": Whole(1, 3),
            "l2_weight": Real(1e-6, 1e-2, log=True),
            "contrastive_weight": Real(1e-4, 1.0, log=True),
            "temperature": Real(0.05, 0.5, log=True),
            "noise": Real(0.01, 1.0, log=True),
        },
    ),
    "lightgcl": Space(
        "Cai et al., ICLR 2023, search weights and temperature; ends are ours",
        {
            "learning_rate": _RATE,
            "n_layers": Whole(1, 3),
            "l2_weight": Real(1e-8, 1e-4, log=True),
            "contrastive_weight": Real(1e-5, 1e-1, log=True),
            "temperature": Real(0.1, 10.0, log=True),
            "dropout": Real(0.0, 0.5),
        },
    ),
    "ultragcn": Space(
        "Mao et al., CIKM 2021, search the weights of the terms; ends are ours",
        {
            "learning_rate": _RATE,
            "negative_weight": Real(10.0, 1500.0, log=True),
            "item_weight": Real(1e-5, 10.0, log=True),
            "l2_weight": Real(1e-6, 1e-2, log=True),
        },
    ),
    "sgl": Space(
        "Wu et al., SIGIR 2021, hyper-parameter settings: weight, temperature and what is dropped",
        {
            "learning_rate": _RATE,
            "n_layers": Whole(1, 3),
            "contrastive_weight": Real(0.005, 1.0, log=True),
            "temperature": Real(0.1, 1.0, log=True),
            "drop_share": Real(0.0, 0.5),
        },
    ),
    "xsimgcl": Space(
        "Yu et al., TKDE 2024, search weight, noise and temperature; ends are ours",
        {
            "learning_rate": _RATE,
            "n_layers": Whole(1, 3),
            "l2_weight": Real(1e-6, 1e-2, log=True),
            "contrastive_weight": Real(1e-3, 1.0, log=True),
            "temperature": Real(0.05, 0.5, log=True),
            "noise": Real(0.01, 1.0, log=True),
        },
    ),
    "directau": Space(
        "Wang et al., KDD 2022: the weight of uniformity, 0.2 to 10; other ends are ours",
        {
            "learning_rate": _RATE,
            "uniformity_weight": Real(0.2, 10.0, log=True),
            "l2_weight": Real(1e-8, 1e-4, log=True),
        },
    ),
}


def find_space(model: str) -> Space:
    """Return where a model's settings are searched.

    Raises:
        InputError: No model has this name, or there is nothing to search.
    """
    find_model(model)
    if model not in SPACES:
        message = f"`{model}` has no setting to tune"
        raise InputError(message, hint=f"leave it out of --models; there are {', '.join(SPACES)}")
    return SPACES[model]
