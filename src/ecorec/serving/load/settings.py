"""Settings of a load ladder."""

import itertools
from typing import Annotated

from pydantic import ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from ecorec.config import Config, Seed
from ecorec.errors import InputError
from ecorec.serving.load.stream import Arrivals, Users

STEPS = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0)

Percent = Annotated[float, Field(gt=0, le=100)]


class LoadSettings(Config):
    """What is asked, how often, and for how long it is measured."""

    model_config = ConfigDict(allow_inf_nan=False)

    k: PositiveInt = 10
    """Length of each list."""
    users: Users = "uniform"
    """Who asks: `uniform`, or `skewed` by a Zipf law over users in a random order."""
    users_per_request: PositiveInt = 1
    """Lists that a request asks for: 1 by GET, more by POST."""
    arrivals: Arrivals = "poisson"
    """When they ask: `poisson` or `constant`."""
    steps: tuple[Percent, ...] = STEPS
    """Load of each step in percent of saturation."""
    window_s: PositiveFloat = 30.0
    """Seconds of each step that are measured."""
    ramp_s: NonNegativeFloat = 2.0
    """Seconds of load before each window that are not measured."""
    slices: Annotated[int, Field(ge=1)] = 6
    """Equal parts of a window, to see how much their joules scatter."""
    connections: PositiveInt = 64
    """Connections that the client keeps open; saturation is searched with 1, 2, 4, … of them."""
    timeout_s: PositiveFloat = 10.0
    """Seconds that are waited for answers after a window."""
    seed: Seed = 1
    """Seed of users and arrivals."""


def parse_steps(text: str) -> tuple[float, ...]:
    """Read `10,20,50` as percent of saturation.

    Raises:
        InputError: Not a list of ascending percentages above 0 and up to 100.
    """
    try:
        steps = tuple(float(part.strip().removesuffix("%")) for part in text.split(","))
    except ValueError:
        steps = ()
    ascending = all(a < b for a, b in itertools.pairwise(steps))
    if not steps or not ascending or not 0 < steps[0] <= steps[-1] <= 100:
        message = f"--steps `{text}` is not a list of ascending percentages of saturation"
        raise InputError(message, hint="e.g. --steps 10,50,80")
    return steps
