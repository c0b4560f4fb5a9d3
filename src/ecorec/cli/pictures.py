"""The option for a picture of what a command prints."""

from pathlib import Path
from typing import Annotated

import typer

from ecorec.cli.output_files import check_writable
from ecorec.errors import InputError

ENDINGS = (".svg", ".png", ".pdf")
"""Of paths that a picture may be written to."""


def _drawable(path: Path | None) -> Path | None:
    if path is None:
        return None
    if path.suffix not in ENDINGS:
        message = f"`{path}` does not end in a kind of picture that can be drawn"
        raise InputError(message, hint=f"there are {', '.join(ENDINGS)}")
    check_writable("--figure", path)
    return path


Picture = Annotated[
    Path | None,
    typer.Option(
        help="A picture of it: a path that ends in .svg, .png or .pdf.", callback=_drawable
    ),
]
"""Path of a picture; its ending says which kind."""
