"""The base of every settings class: frozen, complete, and deaf to unknown keys."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ecorec.errors import InputError, unknown_name

ConfigT = TypeVar("ConfigT", bound="Config")


def first_problem(error: ValidationError) -> str:
    """Return what is wrong first with a JSON file: the key, and what was expected of it."""
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}"


class Config(BaseModel):
    """A frozen group of settings; an unknown key or a value out of range is an error.

    Each field carries its type, its range, its default and, as the docstring under it,
    its meaning: command-line help and the reference pages are derived from these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @classmethod
    def parse(cls: type[ConfigT], values: dict[str, Any], where: str) -> ConfigT:
        """Validate `values`, turning every problem into one readable error.

        Args:
            values: Keys and values as a user gave them.
            where: What they belong to, for the message, e.g. "`lightgcn`".

        Raises:
            InputError: Naming each bad key or value and what was expected.
        """
        unknown = [key for key in values if key not in cls.model_fields]
        if unknown:
            listing = f"{where} has {', '.join(cls.model_fields)}; settings in all:"
            raise unknown_name(f"setting of {where}", unknown[0], cls.model_fields, listing)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = [
                f"{'.'.join(map(str, item['loc'])) or where} = `{item['input']}`: {item['msg']}"
                for item in error.errors()
            ]
            message = f"{where}: {'; '.join(problems)}"
            raise InputError(
                message,
                hint="the range of each setting: `ecorec models NAME` or `ecorec run --help`",
            ) from None
