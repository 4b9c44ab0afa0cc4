"""Typed events, the outbox, its relay and the two transports of the bus."""

from .connection import connect
from .event import Event, EventData, EventType
from .message import (
    Bus,
    BusError,
    BusUnavailable,
    Handler,
    Message,
    MessageRefused,
    Queue,
    Subscription,
)
from .outages import TryLater
from .outbox import emit, first_time, outbox_row, waiting_events
from .relay import Relay
from .topic import matches as topic_matches

__all__ = [
    "Bus",
    "BusError",
    "BusUnavailable",
    "Event",
    "EventData",
    "EventType",
    "Handler",
    "Message",
    "MessageRefused",
    "Queue",
    "Relay",
    "Subscription",
    "TryLater",
    "connect",
    "emit",
    "first_time",
    "outbox_row",
    "topic_matches",
    "waiting_events",
]
