"""What a server needs of a run: its index, its key, and the runs that may replace it."""

import os
from collections.abc import Callable
from pathlib import Path

from ecorec.errors import InputError
from ecorec.serving.index import AS_IT_SCORES, Kind
from ecorec.serving.manifest import FILE
from ecorec.serving.storage import StoredIndex, load_index
from ecorec.study.index import find_index, index_run
from ecorec.study.store import read_record

API_KEY_VARIABLE = "ECOREC_API_KEY"


def api_key() -> str | None:
    """Return the key that requests must have; `None` if the environment states none.

    Raises:
        InputError: It is stated, and empty.
    """
    key = os.environ.get(API_KEY_VARIABLE)
    if key is not None and not key.strip():
        message = f"{API_KEY_VARIABLE} is set and empty: no request could have that key"
        raise InputError(message, hint="give it a value, or unset it to serve without a key")
    return key.strip() if key is not None else None


def ready_index(run: Path, kind: Kind | None, data_path: Path | None = None) -> Path:
    """Return the folder of a run's index, built now if there is none.

    Raises:
        StudyError: The folder holds no run.
        InputError: The model cannot be served by this kind.
    """
    folder = find_index(run, kind)
    if (folder / FILE).is_file():
        return folder
    return index_run(run, kind, data_path=data_path)[0]


def loader(folder: Path) -> Callable[[str | None], StoredIndex]:
    """Return a function that reads an index of the same kind of another run of the study.

    Runs that are served as they score may have the kinds `exact` and `sparse` beside each other.

    Args:
        folder: The index that is served first: RUN/index/KIND. From any other folder, only the same
            index can be read again.
    """

    def load(run_id: str | None) -> StoredIndex:
        if run_id is None:
            return load_index(folder)
        kind, run = folder.name, folder.parent.parent
        if folder.parent.name != "index":
            message = f"{folder} is no run's own index: there are no others to swap it for"
            raise InputError(message, hint="swap without run_id, or serve a run's folder")
        # Resolved, because what is served may be a link to the newest run.
        return load_index(_index_of(run.resolve().parent / run_id, kind))

    return load


def _index_of(run: Path, kind: str) -> Path:
    """Return the index of a run that a server of this kind may go over to.

    Where models are served as they score, a run of another model is as that one scores.

    Raises:
        InputError: There is no such run, or no such index.
    """
    if not (run / "record.json").is_file():
        message = f"the study has no run {run.name}"
        raise InputError(message, hint=f"its runs are the folders in {run.parent}")
    if (run / "index" / kind / FILE).is_file():
        return run / "index" / kind
    as_it_scores = kind in AS_IT_SCORES
    own = find_index(run)
    if as_it_scores and own.name in AS_IT_SCORES and (own / FILE).is_file():
        return own
    model = read_record(run).model
    message = f"run {run.name} ({model}) has no index of kind {kind}, which this server serves"
    build = f"ecorec index {run}" + ("" if as_it_scores else f" --kind {kind}")
    raise InputError(
        message, hint=f"build one: {build}; any two runs can be served with --kind lists"
    )
