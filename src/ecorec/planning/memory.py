"""The memory that a run will need, by formula, to decide where it fits; rather too much."""

BASE_BYTES = 1200 * 2**20
"""Memory of the process before it has data: its libraries, and what it keeps of earlier runs.

The peak of 133 stored runs on the bundled data was 690 to 940 MiB; the formula gives 1.3 to 1.9
times as much (AMD EPYC, 2 cores, 2026-11-27).
"""

BYTES_PER_INTERACTION = 200
"""For interactions, split, adjacency in both directions, sampler and held-out items: a dozen
columns of eight bytes, twice while they are being made."""

TABLES_OF_A_STEP = 4
"""Tables of all nodes that a step holds, beside one for each layer: the sum over layers, its
gradient, and a second view of both for contrastive losses."""


def expected_memory_bytes(
    *,
    n_parameters: int,
    n_nodes: int,
    n_interactions: int,
    width: int,
    n_layers: int,
    element_bytes: int,
) -> int:
    """Return the most bytes that a run is expected to hold.

    Parameters count five times: themselves, their gradient, two moments of Adam, and the best epoch
    so far. The estimate is rather too high than too low, because a run that does not fit the memory
    of its machine is killed.

    Args:
        n_parameters: Numbers that are learned; an upper bound for a fit in closed form.
        n_nodes: Users and items.
        n_interactions: Of the whole data set.
        width: Embedding size; 0 for a model without.
        n_layers: Propagation steps.
        element_bytes: Of one number.
    """
    tables = (n_layers + TABLES_OF_A_STEP) * n_nodes * width * element_bytes
    learned = 5 * n_parameters * max(element_bytes, 8 if width == 0 else element_bytes)
    return int(BASE_BYTES + learned + tables + n_interactions * BYTES_PER_INTERACTION)
