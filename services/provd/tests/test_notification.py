"""Phones are told by the first Asterisk that can: those that are down are passed over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from ovix_provd.notification import SipNotifier
from ovix_provd.notification import asterisk as notifier_of
from ovix_provd.plugins import PluginError
from ovix_provd.settings import ProvdSettings
from pydantic import ValidationError

from .asterisks import Listener
from .conftest import NotingManager

ZOE = {"id": "d", "remote_state_sip_username": "zoe"}
CHECK_SYNC = ["Event=check-sync"]
PATIENCE_S = 60


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110 - the condition is whatever a test looks at
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def both() -> AsyncIterator[tuple[Listener, Listener]]:
    async with Listener() as first, Listener() as second:
        yield first, second


@pytest_asyncio.fixture
async def notifying() -> AsyncIterator[Callable[..., SipNotifier]]:
    async with AsyncExitStack() as stack:

        def made(*listeners: Listener) -> SipNotifier:
            notifier = notifier_of(*(each.account() for each in listeners))
            stack.push_async_callback(notifier.close)
            return notifier

        yield made


async def test_j5_the_second_manager_is_used_while_the_first_is_down(
    both: tuple[Listener, Listener], notifying: Callable[..., SipNotifier]
) -> None:
    """And the first again once it is up."""
    first, second = both
    notifier = notifying(first, second)
    await notifier.notify(ZOE, CHECK_SYNC)
    assert (first.notified, second.notified) == (["zoe"], [])
    await first.stop()
    await notifier.notify(ZOE, CHECK_SYNC)
    assert (first.notified, second.notified) == (["zoe"], ["zoe"])
    await first.start()

    async def by_the_first() -> bool:
        await notifier.notify(ZOE, CHECK_SYNC)
        return len(first.notified) > 1

    await eventually(by_the_first)
    after = len(second.notified)
    await notifier.notify(ZOE, CHECK_SYNC)
    assert (len(first.notified), len(second.notified)) == (3, after)


async def test_a_first_manager_that_never_was_up_is_passed_over(
    both: tuple[Listener, Listener], notifying: Callable[..., SipNotifier]
) -> None:
    first, second = both
    await first.stop()
    await notifying(first, second).notify(ZOE, CHECK_SYNC)
    assert second.notified == ["zoe"]


async def test_the_first_manager_is_waited_for_though_another_answers_sooner() -> None:
    first, second = NotingManager(away=True), NotingManager()

    async def connects_late() -> None:
        first.away = False

    first.wait_tried = connects_late  # type: ignore[method-assign] # as slow as it likes
    second.away = True
    await SipNotifier(first, second).notify(ZOE, CHECK_SYNC)
    assert (len(first.sent), len(second.sent)) == (1, 0)


async def test_who_refuses_an_endpoint_leaves_it_to_the_next(
    both: tuple[Listener, Listener], notifying: Callable[..., SipNotifier]
) -> None:
    """A phone may be registered at the other one alone."""
    first, second = both
    first.endpoints, second.endpoints = ("max",), ("zoe",)
    notifier = notifying(first, second)
    await notifier.notify(ZOE, CHECK_SYNC)
    assert (first.notified, second.notified) == ([], ["zoe"])
    with pytest.raises(PluginError, match="no"):
        await notifier.notify({"id": "d", "remote_state_sip_username": "ida"}, CHECK_SYNC)


async def test_with_all_managers_down_a_phone_is_not_told() -> None:
    away = [NotingManager(away=True), NotingManager(away=True)]
    with pytest.raises(PluginError, match="no Asterisk"):
        await SipNotifier(*away).notify(ZOE, CHECK_SYNC)
    assert await SipNotifier(*away).addresses_of("zoe") == set()


async def test_addresses_are_asked_of_the_first_that_knows() -> None:
    first = NotingManager(away=True, registered={"zoe": ["sip:zoe@192.0.2.1"]})
    second = NotingManager(registered={"zoe": ["sip:zoe@192.0.2.2:5060"]})
    assert await SipNotifier(first, second).addresses_of("zoe") == {"192.0.2.2"}
    first.away = False
    assert await SipNotifier(first, second).addresses_of("zoe") == {"192.0.2.1"}


def test_managers_are_set_in_order_and_take_the_rest_from_the_common_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OVIX_AMI_HOST", "192.0.2.1")
    monkeypatch.setenv("OVIX_AMI_PASSWORD", "common")
    common = {"port": 5038, "username": "ovix", "password": "common"}
    assert ProvdSettings().ami_accounts() == [{"host": "192.0.2.1", **common}]
    monkeypatch.setenv(
        "OVIX_PROVD_AMI_SERVERS",
        '[{"host": "a"}, {"host": "b", "port": 5039, "username": "u", "password": "own"}]',
    )
    own = {"host": "b", "port": 5039, "username": "u", "password": "own"}
    assert ProvdSettings().ami_accounts() == [{"host": "a", **common}, own]
    assert "own" not in repr(ProvdSettings().ami_servers)


@pytest.mark.parametrize(
    "servers",
    ['[{"host": "a", "secret": "5ecret"}]', '[{"password": "5ecret"}]', '{"password": "5ecret"}',
     '[{"host": "a", "port": "5ecret"}]'],
)  # fmt: skip
def test_managers_that_can_not_be_read_are_refused_without_showing_passwords(
    monkeypatch: pytest.MonkeyPatch, servers: str
) -> None:
    monkeypatch.setenv("OVIX_PROVD_AMI_SERVERS", servers)
    with pytest.raises(ValidationError) as refused:
        ProvdSettings()
    told: Any = str(refused.value)
    assert "5ecret" not in told
