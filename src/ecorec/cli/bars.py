"""Bars on the terminal, and lines above them; in a pipe there are lines only."""

from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn

from ecorec.cli.console import console
from ecorec.data.dataset import Dataset
from ecorec.data.dates import span
from ecorec.energy.hardware import Hardware
from ecorec.version import VERSION

Shown = TypeVar("Shown", bound="Bars")


class Bars:
    """One bar for each of several things that go on, while a `with` statement lasts.

    Args:
        width: Of their names.
        more: Columns right of count, joules and the best so far.
    """

    def __init__(self, width: int, *more: ProgressColumn) -> None:
        self._console: Console = console()
        self._live = self._console.is_terminal
        self._progress = Progress(
            TextColumn(f" {{task.description:<{width}}}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[energy]:>9}"),
            TextColumn("{task.fields[best]}"),
            *more,
            console=self._console,
            disable=not self._live,
        )

    def __enter__(self: Shown) -> Shown:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def _say_machine(self, machine: Hardware) -> None:
        low, _, high = machine.watts_per_cpu
        self._say(
            f"ecorec {VERSION} · {machine.n_cpus} cores {machine.cpu}"
            f"{' (virtual machine)' if machine.virtualised else ''} · energy: "
            f"{machine.watts_method} {low:g} to {high:g} W per busy CPU (ecorec doctor)"
        )

    def _say_data(self, dataset: Dataset, *, by_time: bool) -> None:
        whole = dataset.interactions
        dates = span(whole) if by_time else None
        self._say(
            f"{dataset.name} · {whole.n_users:,} users · {whole.n_items:,} items · "
            f"{len(whole):,} interactions"
            + (f" · {dates[0]} to {dates[1]}" if dates else "")
            + "".join(f" · {words}" for words in (*dataset.filters, *dataset.notes))
        )
