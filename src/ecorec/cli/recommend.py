"""`ecorec recommend`: what a trained model tells one user, to see that it works."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecorec.cli import console, shared

if TYPE_CHECKING:
    from ecorec.study.recommend import Recommendation


def recommend(
    run: Annotated[Path, typer.Argument(help="A run's folder: OUT/runs/<run_id>.")],
    user: Annotated[str, typer.Option(help="The user's id, as in the data.")],
    k: Annotated[int, typer.Option(help="Length of the list.")] = 10,
    data_path: shared.DataPath = None,
) -> None:
    """Print a user's history and the items that a trained model recommends.

    Example: ecorec recommend ecorec-quickstart/runs/0123456789ab --user 42
    """
    from ecorec.study.recommend import recommend_to

    found = recommend_to(run, user, k, data_path)
    console.out(f"user {user} · {found.model} · {found.dataset}")
    if found.titles:  # which may have commas: one a line
        console.out(f"history ({_extent(found)}):")
        for item in found.history:
            console.out(f"      {_named(item, found)}")
    else:
        console.out(f"history ({_extent(found)}): {', '.join(found.history)}")
    for rank, (item, score, held_out) in enumerate(found.items, start=1):
        mark = "   in the test set" if held_out else ""
        console.out(f"{rank:>4}  {_named(item, found):<40} {score:>10.4f}{mark}")


def _named(item: str, found: "Recommendation") -> str:
    """Return an item's id and, where the data have titles, its title in a column beside it."""
    if not found.titles:
        return item
    width = max(len(shown) for shown in (*found.history, *(row[0] for row in found.items)))
    return f"{item:<{width}}  {found.titles.get(item, '')}".rstrip()


def _extent(found: "Recommendation") -> str:
    """Return how much of the history is shown, and which part."""
    shown = len(found.history)
    if shown == found.n_history:
        return str(shown)
    if found.by_time:
        return f"last {shown} of {found.n_history}"
    return f"{shown} of {found.n_history}, whose times are not known"
