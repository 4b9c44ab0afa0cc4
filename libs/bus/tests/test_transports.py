"""What both transports promise; every test runs on each."""

import asyncio
from typing import Any

import asyncpg
import pytest
from ovix_bus import Bus, BusUnavailable, Message, MessageRefused, Queue, TryLater, topic_matches
from ovix_testkit.inbox import Inbox, a_message, eventually


def messages(*names: str, key: str = "config.thing.created") -> list[Message]:
    return [a_message(name, key) for name in names]


async def test_an_exclusive_queue_gets_what_comes_from_now_on(bus: Bus) -> None:
    await bus.publish(messages("before"))
    inbox = Inbox()
    await bus.subscribe(Queue(None, ("config.#",)), inbox)
    await bus.publish(messages("first", "second"))
    await inbox.has("first", "second")


async def test_the_envelope_arrives_as_it_was_published(bus: Bus) -> None:
    inbox = Inbox()
    await bus.subscribe(Queue(None, ("#",)), inbox)
    sent = a_message("call_created", "calls.call.created")
    sent.body["data"] = {"name": "Éloïse “l'été”", "none": None, "nested": {"list": [1, 2.5, True]}}
    await bus.publish([sent])
    await inbox.has("call_created")
    assert inbox.messages == [sent]


PATTERNS = [
    ("#", "config.user.created", True),
    ("config.#", "config", True),
    ("config.#", "config.users.7.services.dnd.updated", True),
    ("config.#", "configuration.user", False),
    ("config.*.created", "config.user.created", True),
    ("config.*.created", "config.users.x.created", False),
    ("*", "config", True),
    ("*", "config.user", False),
    ("calls.call.created", "calls.call.created", True),
    ("calls.call.created", "callsxcall.created", False),
    ("config.#.updated", "config.updated", True),
    ("config.#.updated", "config.users.1.forwards.busy.updated", True),
    ("#.created", "calls.call.created", True),
    ("#.*", "calls", True),
    ("config.users.*.services.#", "config.users.a-b_c.services.dnd.updated", True),
]


@pytest.mark.parametrize(("pattern", "routing_key", "taken"), PATTERNS)
def test_a_pattern_takes_a_routing_key(pattern: str, routing_key: str, taken: bool) -> None:
    assert topic_matches((pattern,), routing_key) is taken


async def test_the_broker_reads_patterns_as_we_do(bus: Bus) -> None:
    inboxes: dict[str, Inbox] = {}
    for pattern in {pattern for pattern, _, _ in PATTERNS}:
        inboxes[pattern] = Inbox()
        await bus.subscribe(Queue(None, (pattern,)), inboxes[pattern])
    end = Inbox()
    await bus.subscribe(Queue(None, ("the.end",)), end)
    keys = dict.fromkeys(key for _, key, _ in PATTERNS)
    name_of = {**{key: key for key in keys}, "the.end": "end"}
    await bus.publish([a_message(key, key) for key in keys] + [a_message("end", "the.end")])
    await end.has("end")
    await inboxes["#"].has(*keys, "end")
    for pattern, inbox in inboxes.items():
        expected = [key for key in (*keys, "the.end") if topic_matches((pattern,), key)]
        await inbox.has(*(name_of[key] for key in expected))
        assert [message.routing_key for message in inbox.messages] == expected, pattern


async def test_several_bindings_deliver_a_message_once(bus: Bus) -> None:
    inbox = Inbox()
    await bus.subscribe(Queue(None, ("config.#", "#.created", "calls.#")), inbox)
    await bus.publish(messages("both") + messages("calls", key="calls.hold.created"))
    await inbox.has("both", "calls")


async def test_a_thousand_messages_keep_their_order(bus: Bus, queue_name: str) -> None:
    inbox = Inbox()
    await bus.subscribe(Queue(queue_name, ("order.#",)), inbox)
    names = [f"event{number}" for number in range(1000)]
    for start in range(0, 1000, 250):
        await bus.publish(messages(*names[start : start + 250], key="order.thing"))
    await inbox.has(*names)


async def test_a_durable_queue_keeps_what_came_while_its_consumer_was_away(
    bus: Bus, queue_name: str
) -> None:
    queue = Queue(queue_name, ("config.#",))
    first = Inbox()
    subscription = await bus.subscribe(queue, first)
    await bus.publish(messages("seen"))
    await first.has("seen")
    await subscription.close()
    await bus.publish(messages("missed", "missed too"))
    second = Inbox()
    await bus.subscribe(queue, second)
    await second.has("missed", "missed too")


async def test_two_queues_get_every_message_each(bus: Bus, queue_name: str) -> None:
    inboxes = [Inbox(), Inbox()]
    await bus.subscribe(Queue(queue_name, ("config.#",)), inboxes[0])
    await bus.subscribe(Queue(f"{queue_name}-b", ("config.#",)), inboxes[1])
    await bus.publish(messages("one", "two"))
    for inbox in inboxes:
        await inbox.has("one", "two")


async def test_two_consumers_of_one_queue_share_it_and_the_second_takes_over(
    bus: Bus, other_bus: Bus, queue_name: str
) -> None:
    queue = Queue(queue_name, ("config.#",))
    first, second = Inbox(), Inbox()
    subscription = await bus.subscribe(queue, first)
    await other_bus.subscribe(queue, second)
    await bus.publish(messages("one", "two"))
    await first.has("one", "two")
    assert second.names == []
    await subscription.close()
    await bus.publish(messages("three"))
    await second.has("three")
    assert first.names == ["one", "two"]


async def test_a_message_whose_handler_raises_comes_again_before_the_next(
    bus: Bus, queue_name: str
) -> None:
    inbox = Inbox(failures=2)
    await bus.subscribe(Queue(queue_name, ("config.#",), retry_delay_s=0.01), inbox)
    await bus.publish(messages("stubborn", "next"))
    await inbox.has("stubborn", "next")
    assert inbox.attempts == 4


async def test_a_message_that_never_succeeds_becomes_a_dead_letter(
    bus: Bus, queue_name: str, transport: Any
) -> None:
    inbox = Inbox(failures=99, only="poison")
    queue = Queue(queue_name, ("config.#",), max_attempts=3, retry_delay_s=0.01)
    await bus.subscribe(queue, inbox)
    await bus.publish(messages("poison", "good"))
    await inbox.has("good")
    assert inbox.attempts == 3
    assert await transport.dead_letters(queue_name) == ["poison"]


async def test_an_outage_behind_the_handler_costs_no_message(bus: Bus, queue_name: str) -> None:
    outages: list[Exception] = [
        TryLater("Asterisk is away"),
        ConnectionRefusedError("no database"),
        TimeoutError(),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.InterfaceError("connection is closed"),
    ]
    handled = Inbox()

    async def handler(message: Message) -> None:
        if outages:
            raise outages.pop()
        await handled(message)

    queue = Queue(queue_name, ("config.#",), max_attempts=2, retry_delay_s=0.01)
    await bus.subscribe(queue, handler)
    await bus.publish(messages("patient", "next"))
    await handled.has("patient", "next")


async def test_an_exclusive_queue_drops_a_message_that_never_succeeds(bus: Bus) -> None:
    inbox = Inbox(failures=99, only="poison")
    await bus.subscribe(Queue(None, ("config.#",), max_attempts=2, retry_delay_s=0.01), inbox)
    await bus.publish(messages("poison", "good"))
    await inbox.has("good")


async def test_the_attempts_at_a_message_are_counted_across_consumers(
    bus: Bus, queue_name: str
) -> None:
    queue = Queue(queue_name, ("config.#",), max_attempts=50, retry_delay_s=60)
    inbox = Inbox(failures=1)
    subscription = await bus.subscribe(queue, inbox)
    await bus.publish(messages("slow"))
    await eventually(lambda: inbox.attempts == 1)
    # Closing does not wait for the pause, and leaves the message in the queue.
    async with asyncio.timeout(30):
        await subscription.close()
    assert inbox.names == []


async def test_closing_waits_for_the_message_in_hand(bus: Bus, queue_name: str) -> None:
    started, release, done = asyncio.Event(), asyncio.Event(), []

    async def slow(message: Message) -> None:
        started.set()
        await release.wait()
        done.append(message.name)

    subscription = await bus.subscribe(Queue(queue_name, ("config.#",)), slow)
    await bus.publish(messages("in hand", "left"))
    await started.wait()
    closing = asyncio.create_task(subscription.close())
    await asyncio.sleep(0.05)
    release.set()
    await closing
    assert done == ["in hand"]
    rest = Inbox()
    await bus.subscribe(Queue(queue_name, ("config.#",)), rest)
    await rest.has("left")


async def test_a_message_that_can_never_be_published_is_named(bus: Bus) -> None:
    inbox = Inbox()
    await bus.subscribe(Queue(None, ("#",)), inbox)
    good, bad = a_message("good"), a_message("bad", "é" * 200)
    with pytest.raises(MessageRefused) as refusal:
        await bus.publish([good, bad])
    assert refusal.value.event_uuid == bad.event_uuid
    await bus.publish([good])
    await eventually(lambda: "good" in inbox.names)


async def test_consumers_come_back_after_the_broker_restarted(
    bus: Bus, queue_name: str, transport: Any
) -> None:
    durable, exclusive = Inbox(), Inbox()
    subscription = await bus.subscribe(Queue(queue_name, ("config.#",)), durable)
    other = await bus.subscribe(Queue(None, ("config.#",)), exclusive)
    await bus.publish(messages("before"))
    await durable.has("before")
    await transport.interrupt()
    await eventually(lambda: subscription.active and other.active, "the consumers come back")
    await publish_again_and_again(bus, messages("after"))
    for inbox in (durable, exclusive):
        await inbox.comes_to("after")
        # A kill forgets acknowledgements that were not on the disk: at least once.
        assert list(dict.fromkeys(inbox.names)) == ["before", "after"]


async def test_a_persistent_message_survives_the_restart_of_the_broker(
    bus: Bus, queue_name: str, transport: Any
) -> None:
    queue = Queue(queue_name, ("config.#",))
    subscription = await bus.subscribe(queue, Inbox())
    await subscription.close()
    await bus.publish(messages("kept"))
    await transport.interrupt()
    inbox = Inbox()
    await bus.subscribe(queue, inbox)
    await inbox.has("kept")


async def publish_again_and_again(bus: Bus, batch: list[Message]) -> None:
    """As the relay does until the bus takes it."""
    async with asyncio.timeout(60):
        while True:
            try:
                await bus.publish(batch)
            except BusUnavailable:
                await asyncio.sleep(0.1)
            else:
                return
