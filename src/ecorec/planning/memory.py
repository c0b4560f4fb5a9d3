"""The memory that a run will hold, by formula: what it is placed by, on the safe side."""

BASE_BYTES = 1200 * 2**20
"""Of the process with its libraries and what it keeps of earlier runs, before there are data.

Of 133 stored runs on the bundled data the peak was 690 to 940 MiB, the formula 1.3 to 1.9
times as much (AMD EPYC, 2 cores, 2026-11-27).
"""

BYTES_PER_INTERACTION = 200
"""Interactions, split, adjacency of both directions, sampler and held-out items: a dozen
columns of eight bytes, twice while they are being made."""

TABLES_OF_A_STEP = 4
"""Tables of all nodes that a step holds beside one for each layer: the sum over layers, its
gradient, and a second view of both where a loss contrasts two."""


def expected_memory_bytes(
    *,
    n_parameters: int,
    n_nodes: int,
    n_interactions: int,
    width: int,
    n_layers: int,
    element_bytes: int,
) -> int:
    """Return the bytes that a run is expected to hold at the most.

    Parameters stand five times: themselves, their gradient, two moments of Adam, and the best
    epoch so far. Meant to be too much rather than too little: a run that is placed where it does
    not fit is killed.

    Args:
        n_parameters: Numbers that are learned; of a fit in closed form, at most so many.
        n_nodes: Users and items.
        n_interactions: Of the whole data set.
        width: Embedding size; 0 for a model without.
        n_layers: Propagation steps.
        element_bytes: Of one number.
    """
    tables = (n_layers + TABLES_OF_A_STEP) * n_nodes * width * element_bytes
    learned = 5 * n_parameters * max(element_bytes, 8 if width == 0 else element_bytes)
    return int(BASE_BYTES + learned + tables + n_interactions * BYTES_PER_INTERACTION)
