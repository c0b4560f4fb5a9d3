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
    console.out(f"history ({_extent(found)}): {', '.join(found.history)}")
    for rank, (item, score, held_out) in enumerate(found.items, start=1):
        mark = "   in the test set" if held_out else ""
        console.out(f"{rank:>4}  {item:<40} {score:>10.4f}{mark}")


def _extent(found: "Recommendation") -> str:
    """Return how much of the history is shown, and which part."""
    shown = len(found.history)
    if shown == found.n_history:
        return str(shown)
    if found.by_time:
        return f"last {shown} of {found.n_history}"
    return f"{shown} of {found.n_history}, whose times are not known"
