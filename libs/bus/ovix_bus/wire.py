"""Messages as AMQP carries them: properties, headers and JSON body (reference/events.md, 1)."""

from datetime import datetime
from uuid import UUID, uuid4

import orjson
from aio_pika import DeliveryMode
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractIncomingMessage, HeadersType

from .message import Message, MessageRefused
from .topic import MAX_ROUTING_KEY_BYTES

MAX_BODY_BYTES = 8 * 1024 * 1024
"""RabbitMQ 4 closes the channel on a message over 16 MiB; an event is far from that."""


class Unreadable(Exception):
    """A message that no publisher of events has made."""


def to_wire(message: Message) -> AmqpMessage:
    """The message as published. Its headers serve those who filter without reading the body."""
    if len(message.routing_key.encode()) > MAX_ROUTING_KEY_BYTES:
        raise MessageRefused(message.event_uuid, "its routing key is too long")
    body = orjson.dumps(message.body)
    if len(body) > MAX_BODY_BYTES:
        raise MessageRefused(message.event_uuid, f"its body has {len(body)} bytes")
    timestamp = message.body.get("timestamp")
    return AmqpMessage(
        body,
        headers=_headers(message),
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=str(message.event_uuid),
        timestamp=datetime.fromisoformat(timestamp) if timestamp else None,
        type=message.name,
        app_id="ovix",
    )


def from_wire(incoming: AbstractIncomingMessage) -> Message:
    """The message received; one of another publisher may lack the event uuid, and gets one."""
    try:
        body = orjson.loads(incoming.body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict) or not isinstance(body.get("name"), str):
        raise Unreadable("the body is no event: it must be an object with a name")
    return Message(
        event_uuid=_uuid(body.get("event_uuid")) or _uuid(incoming.message_id) or uuid4(),
        name=body["name"],
        routing_key=incoming.routing_key or "",
        body=body,
    )


def _headers(message: Message) -> HeadersType:
    headers: HeadersType = {"name": message.name, "event_uuid": str(message.event_uuid)}
    for key in ("origin_uuid", "required_acl", "timestamp"):
        value = message.body.get(key)
        if isinstance(value, str):
            headers[key] = value
    user_uuid = message.data.get("user_uuid")
    if isinstance(user_uuid, str):
        headers[f"user_uuid:{user_uuid}"] = True
    return headers


def _uuid(text: object) -> UUID | None:
    if not isinstance(text, str):
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
