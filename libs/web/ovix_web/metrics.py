"""Prometheus figures of a service: requests by route template, never by id or number."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One registry per application; a service adds its own figures to ``registry``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "ovix_http_requests_total",
            "Requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "ovix_http_request_seconds",
            "Time from the request's head to its answer's end",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.running = Gauge(
            "ovix_http_requests_running", "Requests being answered", registry=self.registry
        )
