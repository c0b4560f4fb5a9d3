"""What is known of a model's serving under load; written once beside its run, never rewritten."""

from typing import Literal

import numpy as np
from jaxtyping import Float64
from numpy import ndarray
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from ecorec.config import Config
from ecorec.energy.hardware import Hardware
from ecorec.energy.reading import Reading
from ecorec.serving.load.settings import LoadSettings

SERVING_SCHEMA: Literal[1] = 1
"""Raised whenever a field changes its meaning."""

BOUNDARY = (
    "server process: index, HTTP, event loop; not the network, the client, a feature store or "
    "other replicas"
)


class Latency(Config):
    """Seconds from when requests were due to their answers; exact order statistics."""

    n: PositiveInt
    """Answers."""
    mean_s: NonNegativeFloat
    p50_s: NonNegativeFloat
    p95_s: NonNegativeFloat
    p99_s: NonNegativeFloat
    max_s: NonNegativeFloat

    @classmethod
    def of(cls, seconds: Float64[ndarray, " answers"]) -> "Latency | None":
        """Return the latency of some answers; `None` without any."""
        if not seconds.size:
            return None
        # The smallest value that a share of all is not above: one that was measured.
        p50, p95, p99 = np.quantile(seconds, (0.5, 0.95, 0.99), method="inverted_cdf")
        return cls(
            n=seconds.size,
            mean_s=float(seconds.mean()),
            p50_s=float(p50),
            p95_s=float(p95),
            p99_s=float(p99),
            max_s=float(seconds.max()),
        )


class Slice(Config):
    """A part of a window, to see how much its joules scatter."""

    duration_s: PositiveFloat
    n_recommendations: NonNegativeInt
    reading: Reading


class Step(Config):
    """One window of steady load, or of none."""

    load: NonNegativeFloat
    """Share of saturation that was offered, 0 for the idle server."""
    offered_per_s: NonNegativeFloat
    """Requests a second that were due."""
    throughput_per_s: NonNegativeFloat
    """Requests a second that were answered."""
    users_per_request: PositiveInt
    n_requests: NonNegativeInt
    """Requests that were due within the window."""
    n_errors: NonNegativeInt
    """Of them, answered with something else than a success, or not at all."""
    n_timeouts: NonNegativeInt
    """Of them, not answered in time."""
    latency: Latency | None
    """`None` for the idle server."""
    late_p99_s: NonNegativeFloat | None
    """How late after it was due a request was sent: the client's own part, and waiting for a
    free connection; within the latency."""
    server: Reading
    """The server's process, and the machine where a sensor sees it."""
    client: Reading
    """The client's process."""
    slices: tuple[Slice, ...]
    """Equal parts of the window."""
    foreign_share: NonNegativeFloat | None
    """Share of the machine's CPU time that others had; `None` where the system does not tell."""

    @property
    def n_recommendations(self) -> int:
        """Lists that were answered within the window."""
        return sum(part.n_recommendations for part in self.slices)

    @property
    def recommendations_per_s(self) -> float:
        """Lists a second."""
        return self.throughput_per_s * self.users_per_request


class Saturation(Config):
    """The highest rate of answers, found with more and more requests under way."""

    requests_per_s: PositiveFloat
    connections: PositiveInt
    """Requests under way when it was reached."""
    tried: tuple[tuple[PositiveInt, NonNegativeFloat], ...]
    """Requests under way and answers a second of each trial."""
    server_cpu_share: NonNegativeFloat
    """CPU seconds of the server a second, at saturation."""
    client_cpu_share: NonNegativeFloat
    """CPU seconds of the client a second; near 1, the client is what saturates."""


class Direct(Config):
    """The index alone, asked in this process by blocks as fast as it answers."""

    block: PositiveInt
    """Users asked for at a time."""
    n_recommendations: PositiveInt
    latency: Latency
    """Of a block."""
    reading: Reading
    slices: tuple[Slice, ...]

    @property
    def recommendations_per_s(self) -> float:
        """Lists a second."""
        return self.n_recommendations / self.reading.duration_s


class Refresh(Config):
    """The lists of all users, made once over."""

    n_users: PositiveInt
    passes: PositiveInt
    """How many times all users were gone through."""
    block: PositiveInt
    reading: Reading
    """Of all passes."""


class IndexRecord(Config):
    """The index that was asked."""

    kind: str
    version: str
    """Equal versions, equal answers."""
    n_users: PositiveInt
    n_items: PositiveInt
    size_bytes: NonNegativeInt
    build: Reading | None
    """What building it took; `None` where it was not measured."""
    recall: NonNegativeFloat | None
    """Share of the exact first k that it finds, mean over users; `None` if not measured."""
    recall_k: PositiveInt | None


class ServingRecord(Config):
    """One measurement of a trained model in use."""

    schema_version: Literal[1] = SERVING_SCHEMA
    run_id: str
    serving_id: str
    """Hash of run, index, machine, settings and time."""
    created_at: str
    """ISO 8601, UTC."""
    index: IndexRecord
    settings: LoadSettings
    machine: Hardware
    versions: dict[str, str]
    pinning: str
    """Which CPUs server and client had, in words."""
    boundary: str = BOUNDARY
    """Whose joules are counted, in words."""
    saturation: Saturation | None = None
    """`None` without HTTP."""
    idle: Step | None = None
    """The server that waits."""
    steps: tuple[Step, ...] = ()
    """The ladder, ascending."""
    direct: tuple[Direct, ...] = ()
    """The index alone, by size of the block."""
    refresh: Refresh | None = None
    warnings: tuple[str, ...] = Field(default=())
    """What makes this measurement less sure, in words."""

    @property
    def recommendations_per_s(self) -> float | None:
        """Lists a second at saturation, however many a request asks for; `None` without HTTP."""
        if self.saturation is None:
            return None
        return self.saturation.requests_per_s * self.settings.users_per_request
