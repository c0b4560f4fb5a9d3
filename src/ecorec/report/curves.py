"""Validation against the joules of training, as the page draws it."""

from typing import Any

import numpy as np

from ecorec.analysis.configurations import Configuration

MOST_POINTS = 40
"""Points of a line: more than this is no more to see, and a study may have a hundred lines."""


def curve(item: Configuration) -> dict[str, Any] | None:
    """Return validation after how many joules, of the first seed; `None` where either is absent.

    Only a run whose energy is compared has a line beside the others. Of many validations those
    are kept that lie evenly on a logarithmic axis, with the best and the last.
    """
    if not item.compared:
        return None
    record = item.compared[0]
    spent = 0.0
    points = []
    for epoch in record.epochs:
        if epoch.train_j is None:
            return None
        spent += epoch.train_j
        if epoch.validation is not None:
            points.append((epoch.epoch, spent, epoch.validation))
    if not points:
        return None
    epochs, joules, values = zip(*[points[i] for i in _shown(points)], strict=True)
    return {
        "label": item.label,
        "model": item.model,
        "size": item.embedding_size,
        "method": "+".join(record.total.methods),
        "epochs": epochs,
        "joules": [float(f"{value:.5g}") for value in joules],
        "values": [round(value, 5) for value in values],
    }


def _shown(points: list[tuple[int, float, float]]) -> list[int]:
    n = len(points)
    if n <= MOST_POINTS:
        return [*range(n)]
    best = max(range(n), key=lambda i: points[i][2])
    even = np.geomspace(1, n, MOST_POINTS - 1).round().astype(int) - 1
    return sorted({*even.tolist(), best, n - 1})
