"""An office of people with phones, and those who watch it: what the end-to-end scenarios need."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection

from .integrator import Integrator, Person
from .phones import Phone
from .phones_calls import PhoneError

CONTEXT = "default"
RENDERED_WITHIN_S = 60.0
NEVER = "1970-01-01T00:00:00+00:00"
TONES = (450, 600, 800, 1000)
"""One per phone of a scenario, so that it can be told who is heard."""
_numbers = count(1001)


@dataclass
class Desk:
    """A person with a registered phone."""

    person: Person
    phone: Phone

    @property
    def number(self) -> str:
        """What others dial."""
        return self.person.number


@dataclass
class Office:
    """People with phones, each new: scenarios do not meet."""

    admin: Integrator
    stack: AsyncExitStack
    desks: list[Desk] = field(default_factory=list)

    async def hire(
        self,
        firstname: str,
        *,
        registered: bool = True,
        options: Sequence[Sequence[str]] = (),
        encrypted: bool = False,
        video: bool = False,
        **fields: Any,
    ) -> Desk:
        """Somebody with a phone that can be called; ``options`` are those of the line."""
        person = await self.admin.person(firstname, str(next(_numbers)), CONTEXT, options, **fields)
        phone = await self.stack.enter_async_context(
            Phone(
                ("127.0.0.1", self.admin.stack.ports["sip"]),
                person.sip_username,
                person.sip_secret,
                display_name=firstname,
                tone_hz=TONES[len(self.desks) % len(TONES)],
                encrypted=encrypted,
                video=video,
            )
        )
        desk = Desk(person, phone)
        self.desks.append(desk)
        if registered:
            await registered_phone(phone)
        await self.reloads_done()
        return desk

    async def reloads_done(self) -> None:
        """Return once Asterisk has read everything that is configured by now.

        It takes the phones first and the numbers then. When our change's event is heard nobody
        tells, so all files are asked for: a rendering that began since then has the change.
        """
        url = f"{self.admin.stack.url('confgen')}/1.0"
        asked_at = datetime.now(UTC)
        await self.admin.call("POST", f"{url}/render")
        async with asyncio.timeout(RENDERED_WITHIN_S):
            while True:
                found = await self.admin.call("GET", f"{url}/files")
                rendered_at = min(
                    datetime.fromisoformat(each["rendered_at"] or NEVER) for each in found["items"]
                )
                took = timedelta(seconds=sum(each["seconds"] for each in found["items"]))
                if rendered_at - took < asked_at:
                    if rendered_at > asked_at:  # by a rendering that ran already
                        await self.admin.call("POST", f"{url}/render")
                elif not found["pending_reloads"]:
                    return
                await asyncio.sleep(0.05)

    async def client_of(self, desk: Desk) -> Integrator:
        """The API with the token that the person himself gets."""
        token = await self.admin.stack.token(
            desk.person.login, desk.person.password, backend="xivo_user"
        )
        client = Integrator(self.admin.stack, token)
        self.stack.push_async_callback(client.close)
        return client


async def registered_phone(phone: Phone) -> None:
    """Register as soon as Asterisk has been told of the phone."""
    deadline = asyncio.get_running_loop().time() + RENDERED_WITHIN_S
    while True:
        try:
            await phone.register()
        except PhoneError:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            return


Event = dict[str, Any]


@dataclass
class Watcher:
    """A websocket client that remembers what it heard."""

    connection: ClientConnection
    events: list[Event] = field(default_factory=list)

    async def until(self, what: str, found: Callable[[Event], bool], within_s: float = 60) -> Event:
        """The first event, heard already or to come, that is looked for."""
        for event in self.events:
            if found(event):
                return event
        try:
            async with asyncio.timeout(within_s):
                while True:
                    heard: Event = json.loads(await self.connection.recv())
                    self.events.append(heard)
                    if found(heard):
                        return heard
        except TimeoutError:
            names = [event["name"] for event in self.events]
            raise AssertionError(f"no {what} within {within_s} s, but {names}") from None

    async def call(self, name: str, user_uuid: str, **data: Any) -> Event:
        """A call event of a user whose data has these values."""

        def found(event: Event) -> bool:
            given = event["data"]
            return (
                event["name"] == name
                and given.get("user_uuid") == user_uuid
                and all(given.get(key) == value for key, value in data.items())
            )

        return await self.until(f"{name} {data}", found)


Watch = Callable[[str], Awaitable[Watcher]]


@dataclass(frozen=True)
class LoggedCall:
    """A row of the call log's CSV."""

    caller: str
    called: str
    period: str
    user_field: str


Logged = Callable[[Desk], Awaitable[list[LoggedCall]]]
