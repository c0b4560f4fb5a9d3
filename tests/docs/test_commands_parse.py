"""Every `ecorec …` that a page shows is one that the program takes: command, options, values."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from ecorec.cli.main import app
from tests.docs.pages import PAGES, blocks, name_of, prose

PROGRAM: Any = get_command(app)
UsageError: Any = typer.BadParameter.__base__
INLINE = re.compile(r"`(ecorec [^`]+)`")
UNFINISHED = ("…", "[", "|", "COMMAND")
"""In a command that a sentence shows: something is left out, or may be, or is one of several."""


def in_blocks(page: Path) -> list[str]:
    lines = [line for block in blocks(page) for line in block.replace("\\\n", "").splitlines()]
    return [line.strip() for line in lines if re.match(r"\s*(\$ )?ecorec [a-z]", line)]


def in_sentences(page: Path) -> list[str]:
    return [
        words
        for words in INLINE.findall(prose(page))
        if not any(mark in words for mark in UNFINISHED)
    ]


def find(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words name, and the words that are its own."""
    command = PROGRAM
    while hasattr(command, "commands") and words:
        if words[0] not in command.commands:
            message = f"no command `{words[0]}`"
            raise UsageError(message)
        command, words = command.commands[words[0]], words[1:]
    return command, words


def parse(line: str) -> None:
    """Parse a command without running it.

    Raises:
        UsageError: The program would refuse it.
    """
    shown = line.split(" > ")[0].replace("<run_id>", "RUN")
    command, own = find(shlex.split(shown, comments=True)[1:])
    command.make_context(command.name, own)


@pytest.mark.parametrize("page", [p for p in PAGES if in_blocks(p)], ids=name_of)
def test_commands_in_blocks_parse(page: Path) -> None:
    wrong = {}
    for line in in_blocks(page):
        try:
            parse(line)
        except (UsageError, ValueError) as error:
            wrong[line] = str(error)
    assert wrong == {}


@pytest.mark.parametrize("page", [p for p in PAGES if in_sentences(p)], ids=name_of)
def test_commands_in_sentences_exist_with_their_options(page: Path) -> None:
    wrong = []
    for line in in_sentences(page):
        try:
            command, own = find(line.split()[1:])
        except UsageError as error:
            wrong.append(f"{line}: {error}")
            continue
        known = {
            name for option in command.params for name in (*option.opts, *option.secondary_opts)
        }
        wrong += [
            f"{line}: {word}"
            for word in own
            if word.startswith("--") and word.partition("=")[0] not in known | {"--help"}
        ]
    assert wrong == []


def commands(group: Any = PROGRAM) -> list[Any]:
    found = []
    for command in group.commands.values():
        found += commands(command) if hasattr(command, "commands") else [command]
    return found


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_the_example_of_each_help_parses(command: Any) -> None:
    example = (command.help or "").partition("Example: ")[2].partition("\n\n")[0]
    parse(" ".join(example.split()))


def test_what_the_program_refuses_is_found() -> None:
    for line in ("ecorec rum x", "ecorec run --model itemknn", "ecorec results", "ecorec data lst"):
        with pytest.raises(UsageError):
            parse(line)
