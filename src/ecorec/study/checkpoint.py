"""Parameters on disk: safetensors with the run's settings and versions inside."""

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ecorec.errors import StudyError


def save(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, object]) -> None:
    """Write tensors and a description of them; the file appears whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    metadata = {key: json.dumps(value, sort_keys=True) for key, value in about.items()}
    save_file({key: value.contiguous() for key, value in tensors.items()}, unfinished, metadata)
    unfinished.replace(path)


def load(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a checkpoint.

    Raises:
        StudyError: The file is missing or damaged.
    """
    if not path.is_file():
        message = f"{path} does not exist: the run has no checkpoint"
        raise StudyError(message, hint="run the study again to make it")
    try:
        with safe_open(path, framework="pt") as stored:
            return {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
    except SafetensorError as error:
        message = f"{path} is damaged: {error}"
        raise StudyError(
            message, hint="remove the run's folder and start the study again"
        ) from None
