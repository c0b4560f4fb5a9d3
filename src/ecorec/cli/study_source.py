"""What stands behind `ecorec run`: a study's file, one that comes with the program, or data."""

import re
from importlib import resources
from pathlib import Path
from typing import Any

from ecorec.errors import InputError, unknown_name

BUILT_IN = ("quickstart",)
"""Studies that come with the program."""


def refuse_two_sources(study: str | None, datasets: list[str] | None) -> None:
    """A TOML file names data that an option replaces; data cannot be replaced by other data.

    Raises:
        InputError: Both name data.
    """
    if study is None or study in BUILT_IN or study.endswith(".toml") or not datasets:
        return
    message = f"{study} and --datasets {','.join(datasets)} both name data"
    hint = f"for both of them: ecorec run --datasets {','.join([study, *datasets])}"
    raise InputError(message, hint=hint)


def values_of(study: str | None) -> tuple[dict[str, Any], Path]:
    """Return the values of a study's file, or of a study of some data, and where it goes.

    Args:
        study: A TOML file, the name of a built-in study, a file or a folder of interactions, the
            name of a data set; `None` where options say everything.

    Raises:
        InputError: It is none of them.
    """
    from ecorec.data.catalogue import CATALOGUE
    from ecorec.data.synthetic import PREFIX
    from ecorec.study.study_file import read_study_file

    if study is None:
        return {"name": "study"}, Path("ecorec-study")
    if study in BUILT_IN:
        found = resources.files("ecorec.study") / f"{study}.toml"
        return read_study_file(Path(str(found))), Path(f"ecorec-{study}")
    path = Path(study)
    is_known = study in CATALOGUE or study.startswith(PREFIX)
    if not is_known and path.suffix == ".toml":
        return read_study_file(path), path.parent / path.stem / "out"
    if not is_known and not path.exists() and "." not in study and "/" not in study:
        listing = (
            "a TOML file or a file of interactions works too; `ecorec data list`; names in all:"
        )
        raise unknown_name("study or data set", study, [*BUILT_IN, *CATALOGUE], listing)
    name, folder = named_after(study)
    return {"name": name, "datasets": [study]}, Path(f"ecorec-{folder}")


def named_after(data: str) -> tuple[str, str]:
    """Return what a study of some data is called, and the data's part of its folder's name.

    Args:
        data: A catalogue name, `synthetic:...`, a file or a folder.
    """
    from ecorec.data.catalogue import CATALOGUE
    from ecorec.data.synthetic import PREFIX

    if data in CATALOGUE or data.startswith(PREFIX):
        # Of `synthetic:block?noise=0.1`, a folder's name has what needs no quotes in a shell.
        return data, re.sub(r"[^\w.-]+", "-", data)
    path = Path(data)
    return path.stem, path.name.split(".")[0]
