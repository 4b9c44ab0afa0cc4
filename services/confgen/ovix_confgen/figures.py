"""What monitoring may know of confgen."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Figures:
    """Counters of one application."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.renders = Histogram(
            "ovix_confgen_render_seconds",
            "Time of one rendering of files",
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60),
            registry=registry,
        )
        self.failures = Counter(
            "ovix_confgen_render_failures_total", "Renderings given up", registry=registry
        )
        self.changes = Counter(
            "ovix_confgen_file_changes_total", "Files replaced", ("file",), registry=registry
        )
        self.reloads = Counter(
            "ovix_confgen_reloads_total", "Modules reloaded", ("module",), registry=registry
        )
        self.pending = Gauge(
            "ovix_confgen_pending_reloads",
            "Modules that have not read their files",
            registry=registry,
        )

        self.lamps = Counter(
            "ovix_confgen_lamps_total", "Lamps of function keys switched", registry=registry
        )

    def rendered(self, seconds: float, changed: Iterable[str], pending: int) -> None:
        """Files were rendered."""
        self.renders.observe(seconds)
        for name in changed:
            self.changes.labels(name).inc()
        self.pending.set(pending)

    def reloaded(self, module: str, pending: int) -> None:
        """A module was reloaded."""
        self.reloads.labels(module).inc()
        self.pending.set(pending)
