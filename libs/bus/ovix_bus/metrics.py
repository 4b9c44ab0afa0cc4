"""What the bus counts, for ``/metrics`` of the service it runs in."""

from prometheus_client import Counter, Gauge

RELAY_ELECTED = Gauge("ovix_bus_relay_elected", "1 in the one process that relays the outbox.")
OUTBOX_DEPTH = Gauge("ovix_bus_outbox_depth", "Events waiting in the outbox (elected relay).")
OUTBOX_AGE = Gauge(
    "ovix_bus_outbox_oldest_seconds", "Age of the oldest waiting event (elected relay)."
)
OUTBOX_REFUSED = Gauge(
    "ovix_bus_outbox_refused", "Events left aside because no bus takes them (elected relay)."
)
PUBLISHED = Counter("ovix_bus_published_total", "Events published and confirmed.")
REFUSED = Counter("ovix_bus_refused_total", "Events that can never be published.")
PUBLISH_FAILURES = Counter(
    "ovix_bus_publish_failures_total", "Batches that the bus did not take; they are tried again."
)
CONSUMED = Counter("ovix_bus_consumed_total", "Messages handled.", ["queue"])
HANDLER_FAILURES = Counter(
    "ovix_bus_handler_failures_total", "Attempts at a message that raised.", ["queue"]
)
DEAD_LETTERS = Counter("ovix_bus_dead_letters_total", "Messages given up.", ["queue"])
CONNECTION_LOSSES = Counter(
    "ovix_bus_consumer_losses_total", "Times a consumer lost the bus.", ["queue"]
)
