"""What the engine counts, for /metrics."""

from ovix_web.metrics import Metrics
from prometheus_client import Counter, Gauge, Histogram

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures:
    """Latencies and failures by source; names of sources are the administrators', so few."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self.seconds = Histogram(
            "ovix_dird_source_seconds",
            "How long a source took to answer",
            ("source",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self.failures = Counter(
            "ovix_dird_source_failures_total",
            "Questions that a source did not answer",
            ("source",),
            registry=registry,
        )
        self.skipped = Counter(
            "ovix_dird_source_skipped_total",
            "Questions that a dead source was spared",
            ("source",),
            registry=registry,
        )
        self.remembered = Counter(
            "ovix_dird_source_remembered_total",
            "Callers' names that were given from memory, without the source",
            ("source",),
            registry=registry,
        )
        self.up = Gauge(
            "ovix_dird_source_up",
            "1 while a source answers, 0.5 while it fails, 0 while it is skipped",
            ("source",),
            registry=registry,
        )

    def forget(self, name: str) -> None:
        """A source is gone."""
        for each in (self.seconds, self.failures, self.skipped, self.remembered, self.up):
            try:
                each.remove(name)
            except KeyError:
                continue  # it never counted anything
