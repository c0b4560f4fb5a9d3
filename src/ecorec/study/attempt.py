"""What an interrupted run leaves: its state, and the account of its energy so far."""

import shutil
from pathlib import Path

from pydantic import PositiveInt
from torch import Tensor

from ecorec.config import Config
from ecorec.energy.reading import Reading
from ecorec.folders import write_whole
from ecorec.study import checkpoint
from ecorec.study.record import EpochRecord
from ecorec.study.store import parse_file


class Account(Config):
    """Energy and epochs of an attempt, up to its last epoch."""

    attempts: PositiveInt
    epochs: tuple[EpochRecord, ...]
    phases: tuple[Reading, ...]
    total: Reading
    stopped: bool = False
    """Whether a budget or a rung stopped it; then it continues whenever it is asked for again."""


STATE = "state.safetensors"


def kept_epoch(states: Path, since: float) -> int | None:
    """Return the epoch of the newest state in a study's folder of states, if there is one.

    Args:
        states: The folder, which need not exist.
        since: Seconds since the epoch of Unix: older states are of other sessions.
    """
    found = {file.stat().st_mtime: file for file in states.glob(f"*/{STATE}")}
    if not found or max(found) < since:
        return None
    return int(checkpoint.load(found[max(found)])["progress"][0])


def accounts_in(states: Path) -> dict[str, Account]:
    """Return the account of every unfinished run in a study's folder of states.

    Args:
        states: The folder, which need not exist.

    Returns:
        Name of a run's own folder -> its account.

    Raises:
        StudyError: An account is damaged.
    """
    found = {folder.name: Attempt(folder).account() for folder in sorted(states.glob("*"))}
    return {name: account for name, account in found.items() if account is not None}


class Attempt:
    """A run that is not finished, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.state_file = folder / STATE
        self._account_file = folder / "account.json"

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self._folder.name

    def account(self) -> Account | None:
        """Return the earlier attempt's account, even if it left no state to continue from.

        Raises:
            StudyError: It is damaged.
        """
        return parse_file(Account, self._account_file) if self._account_file.is_file() else None

    def read(self) -> Account | None:
        """Return the earlier attempt's account, if there is a state to continue from.

        Raises:
            StudyError: The account is damaged.
        """
        return self.account() if self.state_file.is_file() else None

    def write_state(self, state: dict[str, Tensor]) -> None:
        """Store parameters, optimiser and generators."""
        self._folder.mkdir(parents=True, exist_ok=True)
        checkpoint.save(self.state_file, state, {})

    def write_account(
        self,
        attempts: int,
        epochs: list[EpochRecord],
        phases: tuple[Reading, ...],
        total: Reading,
        *,
        stopped: bool = False,
    ) -> None:
        """Store the energy so far, including epochs after the last state."""
        self._folder.mkdir(parents=True, exist_ok=True)
        account = Account(
            attempts=attempts, epochs=tuple(epochs), phases=phases, total=total, stopped=stopped
        )
        write_whole(self._account_file, account.model_dump_json())

    def remove(self) -> None:
        """Remove the attempt's folder: the run is finished."""
        shutil.rmtree(self._folder, ignore_errors=True)
