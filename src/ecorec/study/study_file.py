"""Settings as people write them: a study's TOML file, words on the command line."""

import json
import tomllib
from pathlib import Path
from typing import Any

from ecorec.errors import InputError, StudyError


def read_study_file(path: Path) -> dict[str, Any]:
    """Return the keys of a study's TOML file.

    Raises:
        StudyError: The file is missing or no TOML.
    """
    if not path.is_file():
        message = f"{path} does not exist"
        raise StudyError(message, hint="give a study's TOML file, or a file of interactions")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is no TOML: {error}"
        raise StudyError(
            message, hint="studies/is-the-gnn-worth-it.toml shows what a study looks like"
        ) from None
    return values


def parse_value(text: str) -> Any:
    """Return what a word on the command line stands for: JSON where it is, else the word."""
    if text.lower() in ("none", "null"):
        return None
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except json.JSONDecodeError:
        return text


def parse_assignment(text: str) -> tuple[str, str]:
    """Split `key=value`.

    Raises:
        InputError: There is no `=`.
    """
    key, equals, value = text.partition("=")
    if not equals or not key or not value:
        message = f"`{text}` is no setting"
        raise InputError(message, hint="write it as key=value, e.g. --set simgcl.temperature=0.1")
    return key.strip(), value.strip()
