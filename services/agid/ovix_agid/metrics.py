"""What agid counts: answers and how long they took, by handler; never numbers or names."""

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class AgiMetrics:
    """The figures of one server, in the registry of its application."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.answers = Counter(
            "ovix_agid_answers_total",
            "Questions of Asterisk, by handler and outcome.",
            ("handler", "outcome"),
            registry=registry,
        )
        self.seconds = Histogram(
            "ovix_agid_answer_seconds",
            "From the request to the last answer of Asterisk.",
            ("handler",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._outcomes: dict[tuple[str, str], Counter] = {}
        self._durations: dict[str, Histogram] = {}

    def answered(self, handler: str, outcome: str, seconds: float) -> None:
        """Count one question; its children are kept, as making them costs more than counting."""
        child = self._outcomes.get((handler, outcome))
        if child is None:
            child = self._outcomes[handler, outcome] = self.answers.labels(handler, outcome)
        child.inc()
        duration = self._durations.get(handler)
        if duration is None:
            duration = self._durations[handler] = self.seconds.labels(handler)
        duration.observe(seconds)


__all__ = ["AgiMetrics"]
