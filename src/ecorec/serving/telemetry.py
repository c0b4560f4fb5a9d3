"""What a server tells Prometheus: requests, latency, joules, and which index answers."""

from collections.abc import Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from ecorec.energy.meter import Meter
from ecorec.serving.manifest import Manifest

LATENCY_S = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
BLOCK_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

disable_created_metrics()  # type: ignore[no-untyped-call]  # as many lines again, of no use here


class Telemetry:
    """Counters of one server.

    Args:
        meter: Reads the joules since the start.
    """

    def __init__(self, meter: Meter | None) -> None:
        self.registry = CollectorRegistry()
        self.manifest: Manifest | None = None
        """Manifest of the index that answers now."""
        self.requests = Counter(
            "ecorec_requests", "Requests answered.", ["endpoint", "status"], registry=self.registry
        )
        self.latency = Histogram(
            "ecorec_request_duration_seconds",
            "From the request's first byte to the last of its answer.",
            ["endpoint"],
            buckets=LATENCY_S,
            registry=self.registry,
        )
        self.lists = Counter("ecorec_recommendations", "Lists answered.", registry=self.registry)
        self.blocks = Histogram(
            "ecorec_block_lists", "Lists computed together.", buckets=BLOCK_SIZES,
            registry=self.registry,
        )  # fmt: skip
        self.swaps = Counter("ecorec_swaps", "Changes of the index.", registry=self.registry)
        self.registry.register(_Now(self, meter))

    def observe(self, endpoint: str, status: int, duration_s: float) -> None:
        """Count a request."""
        self.requests.labels(endpoint, str(status)).inc()
        self.latency.labels(endpoint).observe(duration_s)

    def exposition(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)


class _Now:
    """Metrics that are read whenever Prometheus asks for them."""

    def __init__(self, telemetry: Telemetry, meter: Meter | None) -> None:
        self._telemetry, self._meter = telemetry, meter
        self._start = meter.now() if meter is not None else None

    def describe(self) -> list[Metric]:
        """Nothing is collected before the server runs."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return the joules since the start, and the index that answers."""
        manifest = self._telemetry.manifest
        if manifest is not None:
            labels = {
                "model": manifest.model,
                "run_id": manifest.run_id,
                "kind": manifest.kind,
                "index_version": manifest.version,
                "data_version": manifest.fingerprint,
            }
            info = GaugeMetricFamily("ecorec_index_info", "Which index answers.", labels=[*labels])
            info.add_metric([*labels.values()], 1)
            yield info
        if self._meter is not None and self._start is not None:
            yield from self._joules(self._meter)

    def _joules(self, meter: Meter) -> Iterator[Metric]:
        assert self._start is not None
        reading = meter.between("serve", self._start, meter.now(closing=True))
        cpu = CounterMetricFamily("ecorec_cpu_seconds", "CPU seconds of the server's processes.")
        cpu.add_metric([], reading.cpu_s)
        yield cpu
        labels = ["method", "component", "scope"]
        for name, text, field in (
            ("ecorec_energy_joules", "Joules since the start, central value.", "energy_j"),
            ("ecorec_energy_low_joules", "Lower end of the same joules.", "low_j"),
            ("ecorec_energy_high_joules", "Upper end of the same joules.", "high_j"),
        ):
            # What cannot be read has no sample, rather than a sample of zero.
            family = CounterMetricFamily(name, text, labels=labels)
            for item in reading.counted:
                family.add_metric([item.method, item.component, item.scope], getattr(item, field))
            yield family
