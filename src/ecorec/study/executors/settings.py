"""What a person says about where a study runs."""

from typing import Literal

from pydantic import PositiveInt

from ecorec.config import Config


class ExecutorSettings(Config):
    """Where runs are executed, and how many at a time; no result depends on it."""

    kind: Literal["local", "process", "ray"] = "local"
    """`local` (one after another in this process), `process` (several processes of this machine)
    or `ray` (the nodes of a Ray cluster)."""
    workers: PositiveInt | None = None
    """Runs at a time; `process` needs it, for `ray` it is an upper limit."""
    address: str | None = None
    """`host:port` of the Ray cluster; the one on this machine if not given."""
    exclusive: bool | None = None
    """Whether a machine, or a Ray node, has one run at a time, so that no run's energy is
    disturbed by another; always so for `local`, and for `ray` if not stated."""
