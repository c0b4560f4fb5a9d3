"""What a person says about where a study runs."""

from typing import Literal

from pydantic import PositiveInt

from ecorec.config import Config


class ExecutorSettings(Config):
    """Where and how many at a time; nothing of it changes what a run computes."""

    kind: Literal["local", "process", "ray"] = "local"
    """`local` (one after another in this process), `process` (several processes of this machine)
    or `ray` (the nodes of a Ray cluster)."""
    workers: PositiveInt | None = None
    """Runs at a time: needed by `process`, the most that are asked of `ray`."""
    address: str | None = None
    """Of the Ray cluster, `host:port`; the one that runs on this machine if not given."""
    exclusive: bool | None = None
    """Whether a machine, or a Ray node, has one run at a time, so that no run's energy is
    disturbed by another; always so for `local`, and for `ray` if not stated."""
