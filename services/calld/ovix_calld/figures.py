"""What calld counts, for /metrics."""

from ovix_web.metrics import Metrics
from prometheus_client import Counter, Gauge


class Figures:
    """Counters and gauges of one calld."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self.ami_events = Counter("ovix_calld_ami_events_total", "AMI events", registry=registry)
        self.call_events = Counter(
            "ovix_calld_call_events_total", "Events of calls told", registry=registry
        )
        self.cel_rows = Counter("ovix_calld_cel_rows_total", "CEL rows stored", registry=registry)
        self.cel_refused = Counter(
            "ovix_calld_cel_refused_total",
            "Records that are no CEL",
            registry=registry,
        )
        self.live_calls = Gauge("ovix_calld_live_calls", "Calls there are now", registry=registry)
        self.clients = Gauge(
            "ovix_calld_websocket_clients", "Websocket and stream clients", registry=registry
        )
        self.ami_in_step = Gauge(
            "ovix_calld_ami_in_step", "1 while Asterisk is followed", registry=registry
        )

    def batch(self, ami_events: int, call_events: int) -> None:
        self.ami_events.inc(ami_events)
        self.call_events.inc(call_events)

    def rows(self, stored: int, refused: int) -> None:
        self.cel_rows.inc(stored)
        self.cel_refused.inc(refused)
