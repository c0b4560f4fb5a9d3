"""ecorec: how much quality a recommender gives for how many joules.

import ecorec

results = ecorec.Study(models=["itemknn", "lightgcn"], embedding_sizes=[32, 64]).run("out")
print(results.summary())
"""

from typing import TYPE_CHECKING, Any

from ecorec.version import VERSION

if TYPE_CHECKING:
    from ecorec.api import Results, Study

__version__ = VERSION
__all__ = ["Results", "Study", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the heavy parts when they are first asked for, not with the package."""
    if name not in ("Results", "Study"):
        message = f"module `ecorec` has no attribute `{name}`"
        raise AttributeError(message)
    from ecorec.energy.waiting import wait_passively

    wait_passively()  # before torch is imported: threads that spin would be billed as work
    from ecorec import api

    return getattr(api, name)
