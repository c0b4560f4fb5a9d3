"""The base of every settings class: frozen, complete, and deaf to unknown keys."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from ecorec.errors import InputError, StudyError, unknown_names
from ecorec.problems import expectation, hint_for, in_words
from ecorec.version import VERSION

ConfigT = TypeVar("ConfigT", bound="Config")

Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""What every generator takes, and a column of integers holds."""


def ascending(values: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return low, central and high as they are.

    Raises:
        ValueError: They do not ascend, or are not positive and finite.
    """
    low, central, high = values
    if not 0 < low <= central <= high < math.inf:
        message = "low, central and high must ascend, from above 0"
        raise ValueError(message)
    return values


LowCentralHigh = Annotated[tuple[float, float, float], AfterValidator(ascending)]
"""A number that is not known exactly."""


def first_problem(error: ValidationError) -> str:
    """Return what is wrong first with a JSON file: the key, and what was expected of it."""
    return in_words(error.errors()[0])


def unusable(file: Path, error: ValidationError, hint: str) -> StudyError:
    """Return the error for a stored file that does not hold what it should.

    Args:
        file: Its path.
        error: What its content lacks.
        hint: What to do if it is damaged, which one of another ecorec is not.
    """
    problems = error.errors()
    for problem in problems:
        known = str(problem.get("ctx", {}).get("expected", ""))
        of_version = "_version" in str(problem["loc"]) and known.isdigit()
        if of_version and isinstance(problem["input"], int) and problem["input"] > int(known):
            message = f"{file} was written by a newer ecorec (format {problem['input']}; this one, "
            message += f"{VERSION}, reads {known})"
            return StudyError(message, hint="use that ecorec; nothing is damaged")
    if all(problem["type"] == "extra_forbidden" for problem in problems):
        name = ".".join(map(str, problems[0]["loc"]))
        message = f"{file} has `{name}`, which this ecorec, {VERSION}, does not know"
        hint = "if a newer ecorec wrote it, use that one; nothing is damaged"
        return StudyError(message, hint=hint)
    return StudyError(f"{file} is damaged: {first_problem(error)}", hint=hint)


class Config(BaseModel):
    """A frozen group of settings; an unknown key or a value out of range is an error.

    Each field carries its type, its range, its default and, as the docstring under it,
    its meaning: command-line help and the reference pages are derived from these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @classmethod
    def parse(
        cls: type[ConfigT],
        values: dict[str, Any],
        where: str,
        hint: str | None = None,
        flags: Mapping[str, str] | None = None,
    ) -> ConfigT:
        """Validate `values`, turning every problem into one readable error.

        Args:
            values: Keys and values as a user gave them.
            where: What they belong to, for the message, e.g. "`lightgcn`".
            hint: Where the range of each value is told; the names of the settings, if not given.
            flags: Name of a setting -> option of the command line that stated it.

        Raises:
            InputError: Naming each bad key or value and what was expected.
        """
        listing = f"{where} has {', '.join(cls.model_fields)}; settings in all:"
        unknown = [key for key in values if key not in cls.model_fields]
        wrong: list[ErrorDetails] = []
        try:
            found = cls.model_validate({k: v for k, v in values.items() if k not in unknown})
        except ValidationError as error:
            wrong = error.errors()
        # Beside an unknown key, what is missing may be what was misspelt.
        shown = [e for e in wrong if not (unknown and e["type"] == "missing")]
        problems = [in_words(e, flags) if e["loc"] else f"it{expectation(e)}" for e in shown]
        if unknown:
            first = unknown_names(f"setting of {where}", unknown, cls.model_fields, listing)
            raise InputError("; ".join([first.message, *problems]), hint=first.hint)
        if problems:
            told = "; ".join(problems)
            # An option says itself where it stands.
            message = told if told.startswith("--") else f"{where}: {told}"
            hint = hint_for(shown[0]) or hint
            raise InputError(message, hint=hint or f"{listing} {len(cls.model_fields)}")
        return found
