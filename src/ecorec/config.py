"""The base of every settings class: frozen, complete, and deaf to unknown keys."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from ecorec.errors import InputError, unknown_names
from ecorec.problems import expectation, hint_for, in_words

ConfigT = TypeVar("ConfigT", bound="Config")


def first_problem(error: ValidationError) -> str:
    """Return what is wrong first with a JSON file: the key, and what was expected of it."""
    return in_words(error.errors()[0])


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
