"""Options that are numbers above zero: another one is refused as soon as it is read."""

import math
from collections.abc import Callable

from ecorec.errors import InputError


def above_zero(option: str, example: str) -> Callable[[float | None], float | None]:
    """Return what typer calls with the number that an option states.

    Args:
        option: Its name, e.g. `--days`.
        example: A value that it takes.
    """

    def checked(value: float | None) -> float | None:
        if value is not None and not 0 < value < math.inf:
            what = "no finite number" if value == math.inf else "not above zero"
            message = f"{option} {value:g} is {what}"
            raise InputError(message, hint=f"e.g. {option} {example}")
        return value

    return checked
