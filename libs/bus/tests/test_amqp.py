"""What only the RabbitMQ transport has: headers, other publishers, older bindings."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel, AbstractQueue
from ovix_bus import Bus, MessageRefused, Queue, connect
from ovix_engines.rabbitmq import PrivateRabbitMq
from ovix_testkit.inbox import Inbox, a_message, eventually

pytestmark = pytest.mark.rabbitmq
USER = "11111111-2222-4333-8444-555555555555"


@pytest_asyncio.fixture(loop_scope="session")
async def amqp(rabbitmq: PrivateRabbitMq) -> AsyncIterator[Bus]:
    """The bus over RabbitMQ."""
    bus = await connect(rabbitmq.url)
    yield bus
    await bus.close()


@pytest_asyncio.fixture(loop_scope="session")
async def channel(rabbitmq: PrivateRabbitMq) -> AsyncIterator[AbstractChannel]:
    """A channel of somebody else."""
    connection = await aio_pika.connect(rabbitmq.url)
    yield await connection.channel()
    await connection.close()


async def bound_queue(channel: AbstractChannel, binding: str) -> AbstractQueue:
    exchange = await channel.declare_exchange("xivo", "topic", durable=True)
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind(exchange, binding)
    return queue


async def publish(channel: AbstractChannel, routing_key: str, body: bytes) -> None:
    exchange = await channel.declare_exchange("xivo", "topic", durable=True)
    await exchange.publish(aio_pika.Message(body), routing_key, mandatory=False)


async def test_a_consumer_written_for_xivo_finds_exchange_body_and_headers(
    amqp: Bus, channel: AbstractChannel
) -> None:
    queue = await bound_queue(channel, "config.users.#")
    sent = a_message("users_services_dnd_updated", f"config.users.{USER}.services.dnd.updated")
    sent.body.update(
        data={"user_uuid": USER, "enabled": True},
        origin_uuid="22222222-2222-4333-8444-555555555555",
        required_acl=f"events.config.users.{USER}.services.dnd.updated",
        timestamp="2026-11-23T08:00:00.123456+00:00",
    )
    await amqp.publish([sent])
    received = await queue.get(no_ack=True, timeout=60)
    assert received is not None
    assert json.loads(received.body) == sent.body
    assert received.content_type == "application/json"
    assert received.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert received.message_id == str(sent.event_uuid)
    assert received.headers == {
        "name": "users_services_dnd_updated",
        "event_uuid": str(sent.event_uuid),
        "origin_uuid": "22222222-2222-4333-8444-555555555555",
        "required_acl": sent.body["required_acl"],
        "timestamp": "2026-11-23T08:00:00.123456+00:00",
        f"user_uuid:{USER}": True,
    }


async def test_an_event_of_another_publisher_is_understood(
    amqp: Bus, channel: AbstractChannel
) -> None:
    inbox = Inbox()
    await amqp.subscribe(Queue(None, ("status.#",)), inbox)
    body = {"name": "user_status_update", "origin_uuid": USER, "data": {"status": "away"}}
    await publish(channel, "status.user", json.dumps(body).encode())
    await inbox.has("user_status_update")
    (message,) = inbox.messages
    assert isinstance(message.event_uuid, UUID)
    assert message.required_acl is None
    assert message.data == {"status": "away"}


@pytest.mark.parametrize("body", [b"\xff not json", b"[]", b'"text"', b'{"data": {}}'])
async def test_what_is_no_event_becomes_a_dead_letter(
    amqp: Bus, channel: AbstractChannel, queue_name: str, body: bytes
) -> None:
    inbox = Inbox()
    await amqp.subscribe(Queue(queue_name, ("junk.#",)), inbox)
    await publish(channel, "junk.key", body)
    await amqp.publish([a_message("good", "junk.key")])
    await inbox.has("good")
    dead = await channel.get_queue(f"{queue_name}.dead")
    letter = await dead.get(no_ack=True, timeout=60)
    assert letter is not None
    assert letter.body == body


async def test_a_durable_queue_forgets_bindings_that_its_consumer_gave_up(
    amqp: Bus, queue_name: str
) -> None:
    subscription = await amqp.subscribe(Queue(queue_name, ("old.#", "both.#")), Inbox())
    await subscription.close()
    inbox = Inbox()
    await amqp.subscribe(Queue(queue_name, ("new.#", "both.#")), inbox)
    await amqp.publish([a_message(key, f"{key}.thing") for key in ("old", "new", "both")])
    await inbox.has("new", "both")


async def test_a_consumer_whose_queue_was_deleted_makes_it_again(
    amqp: Bus, channel: AbstractChannel, queue_name: str
) -> None:
    inbox = Inbox()
    subscription = await amqp.subscribe(Queue(queue_name, ("gone.#",)), inbox)
    await channel.queue_delete(queue_name)
    await eventually(lambda: not subscription.active, "it notices")
    await eventually(lambda: subscription.active, "it comes back")
    await amqp.publish([a_message("after", "gone.key")])
    await inbox.has("after")


async def test_a_body_far_too_large_is_refused_before_it_breaks_the_channel(amqp: Bus) -> None:
    huge = a_message("huge", "config.huge")
    huge.body["data"] = {"text": "x" * (9 * 1024 * 1024)}
    with pytest.raises(MessageRefused, match="bytes"):
        await amqp.publish([huge])


async def test_other_schemes_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="not redis://"):
        await connect("redis://127.0.0.1")
