"""What requests leave beside their rows: events in the outbox, answers that may be repeated.

And the tables of the PostgreSQL transport of the bus.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import BigId, NewUuid, Now, Table, owned_by


class OutboxMessage(Table):
    """An event waiting for the relay; a trigger notifies ``ovix_outbox`` on insert.

    ``body`` is the envelope without what only the relay knows (origin, event uuid, timestamp).
    ``refused`` tells why no bus will ever take the row; the relay leaves such rows aside, and
    setting it to null sends the row once more.
    """

    __tablename__ = "outbox"
    __table_args__ = (owned_by("bus"),)

    id: Mapped[BigId]
    event_uuid: Mapped[NewUuid]
    name: Mapped[str] = mapped_column(String(128))
    routing_key: Mapped[str] = mapped_column(String(255))
    body: Mapped[dict[str, Any]]
    refused: Mapped[str | None]
    created_at: Mapped[Now]


class IdempotencyKey(Table):
    """A request that an account sent with an ``Idempotency-Key``, and what was answered.

    The row is written by the request's own transaction; ``status`` is null only inside of it.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index("ix_idempotency_keys_created_at", "created_at"),
        Index("ix_idempotency_keys_account_created_at", "account", "created_at"),
        owned_by("web"),
    )

    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    """``auth_id`` of the token."""
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Now]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


class BusMessage(Table):
    """A published event of the PostgreSQL transport; ids are in the order of publication.

    Only the relay inserts here, one transaction at a time, so a reader that remembers the last id
    misses nothing. A trigger notifies ``ovix_bus`` on insert.
    """

    __tablename__ = "bus_messages"
    __table_args__ = (
        Index("ix_bus_messages_created_at", "created_at"),
        owned_by("bus"),
    )

    id: Mapped[BigId]
    event_uuid: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(128))
    routing_key: Mapped[str] = mapped_column(String(255))
    body: Mapped[dict[str, Any]]
    created_at: Mapped[Now]


class BusQueue(Table):
    """A durable consumer of the PostgreSQL transport, and how far it has read."""

    __tablename__ = "bus_queues"
    __table_args__ = (owned_by("bus"),)

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    bindings: Mapped[list[str]] = mapped_column(ARRAY(String))
    last_id: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(server_default="0")
    retry_at: Mapped[datetime | None]


class BusDeadLetter(Table):
    """A message that a durable consumer of the PostgreSQL transport gave up on."""

    __tablename__ = "bus_dead_letters"
    __table_args__ = (owned_by("bus"),)

    id: Mapped[BigId]
    queue: Mapped[str] = mapped_column(ForeignKey("bus_queues.name", ondelete="CASCADE"))
    event_uuid: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(128))
    routing_key: Mapped[str] = mapped_column(String(255))
    body: Mapped[dict[str, Any]]
    error: Mapped[str]
    created_at: Mapped[Now]


class ConsumedEvent(Table):
    """An event that a consumer has done, so that a second delivery does nothing."""

    __tablename__ = "consumed_events"
    __table_args__ = (
        Index("ix_consumed_events_consumed_at", "consumed_at"),
        owned_by("bus"),
    )

    consumer: Mapped[str] = mapped_column(String(128), primary_key=True)
    event_uuid: Mapped[UUID] = mapped_column(primary_key=True)
    consumed_at: Mapped[Now]


__all__ = [
    "BusDeadLetter",
    "BusMessage",
    "BusQueue",
    "ConsumedEvent",
    "IdempotencyKey",
    "OutboxMessage",
]
