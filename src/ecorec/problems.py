"""What a value is refused for, in plain words: the value, and what was expected."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from pydantic_core import ErrorDetails

LONGEST = 64
"""Characters of a value that are repeated; a list of a thousand users is not."""

NO = {
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "dict_type": "is no table of names and values",
    "finite_number": "is no finite number",
    "float_parsing": "is no number",
    "float_type": "is no number",
    "int_from_float": "is no whole number",
    "int_parsing": "is no whole number",
    "int_parsing_size": "is too large a number",
    "int_type": "is no whole number",
    "list_type": "is no list",
    "model_attributes_type": "is no table of names and values",
    "model_type": "is no table of names and values",
    "none_required": "is not empty",
    "string_type": "is no text",
    "tuple_type": "is no list",
}
"""Kinds of problem that say all by themselves, by pydantic's names."""

LISTS = ("list_type", "tuple_type")


class Range(NamedTuple):
    """Words for a bound: of whole numbers, and of others; `{}` is the bound."""

    whole: str
    other: str
    step: int = 0
    """From a bound that is not included to the first whole number that is."""


RANGES = {
    "greater_than": Range("whole numbers from {} up", "numbers above {}", 1),
    "greater_than_equal": Range("whole numbers from {} up", "numbers from {} up"),
    "less_than": Range("whole numbers up to {}", "numbers below {}", -1),
    "less_than_equal": Range("whole numbers up to {}", "numbers up to {}"),
}
_BOUNDS = {
    "greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le",
}  # fmt: skip


def in_words(problem: ErrorDetails, flags: Mapping[str, str] | None = None) -> str:
    """Return one problem in words, e.g. ``k = `0` is out of range: whole numbers from 1 up``.

    Args:
        problem: As pydantic found it.
        flags: Name of a setting -> option of the command line that stated it.
    """
    name = ".".join(map(str, problem["loc"])) or "the file"
    kind, value = problem["type"], problem["input"]
    if kind == "missing":
        return f"{name} is missing"
    if kind == "extra_forbidden":
        return f"{name} = `{shown(value)}` is not known"
    if kind == "json_invalid":
        return f"{name}: {problem['msg']}"
    return f"{_subject(problem, name, flags or {})}{expectation(problem)}"


def placed(problem: Any, *loc: int | str) -> ErrorDetails:
    """Return a problem as one of another place: an option, a value within a body."""
    return cast(ErrorDetails, {**problem, "loc": loc})


def expectation(problem: ErrorDetails) -> str:
    """Return what follows the name and the value, e.g. ` is no whole number`."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in NO:
        return f" {NO[kind]}"
    if kind in RANGES:
        span, bound = RANGES[kind], context[_BOUNDS[kind]]
        if isinstance(bound, int):
            return f" is out of range: {span.whole.format(bound + span.step)}"
        return f" is out of range: {span.other.format(f'{bound:g}')}"
    if kind in ("literal_error", "enum"):
        return f": there are {str(context['expected']).replace(chr(39), '')}"
    if kind in ("too_short", "too_long"):
        most = "min_length" if kind == "too_short" else "max_length"
        words = "at least" if kind == "too_short" else "at most"
        return f" has {context['actual_length']} values; expected {words} {context[most]}"
    if kind == "string_pattern_mismatch":
        return f" does not have the form {context['pattern']}"
    if kind == "value_error":
        told = str(context["error"]).rstrip(".")
        choices = told.removeprefix(f"'{problem['input']}' is not one of ")
        return f": {told}" if choices == told else f": there are {choices.replace(chr(39), '')}"
    return f": {problem['msg']}"


def hint_for(problem: ErrorDetails) -> str | None:
    """Return how a value could be written, where that can be said; `None` otherwise."""
    value = problem["input"]
    if problem["type"] in LISTS and isinstance(value, str | int | float):
        written = f'"{value}"' if isinstance(value, str) else f"{value}"
        return f"write {'.'.join(map(str, problem['loc']))} = [{written}]"
    return None


def shown(value: Any) -> str:
    """Return a value as it is repeated in a message."""
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _subject(problem: ErrorDetails, name: str, flags: Mapping[str, str]) -> str:
    parts = [str(part) for part in problem["loc"] if not isinstance(part, int)]
    flag = flags.get(".".join(parts))
    value = shown(problem["input"])
    return f"{flag} {value}" if flag else f"{name} = `{value}`"
