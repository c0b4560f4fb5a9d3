"""The option for a picture of what a command prints."""

from pathlib import Path
from typing import Annotated

import typer

from ecorec.errors import InputError

ENDINGS = (".svg", ".png", ".pdf")
"""Of paths that a picture may be written to."""


def _known(path: Path | None) -> Path | None:
    if path is not None and path.suffix not in ENDINGS:
        message = f"`{path}` does not end in a kind of picture that can be drawn"
        raise InputError(message, hint=f"there are {', '.join(ENDINGS)}")
    return path


Picture = Annotated[
    Path | None,
    typer.Option(help="A picture of it: a path that ends in .svg, .png or .pdf.", callback=_known),
]
"""Path of a picture; its ending says which kind."""
