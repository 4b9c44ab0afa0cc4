"""SIP phones for tests: register, call, be called, talk, press keys, and tell what was heard.

    async with Phone(("127.0.0.1", 5060), "alice", "secret") as phone:
        await phone.register()
        call = await phone.call("1001")
        await call.answered()
        await call.hears(440)
        await call.hangup()

UDP, one server, G.711 µ-law; enough of RFC 3261 for what desk phones do with Asterisk.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeAlias, cast

from .phones_calls import Call, CallFailed, PhoneError
from .phones_directions import CHALLENGES, IncomingCall, OutgoingCall
from .phones_lamps import Lamp
from .phones_sip import SipMessage, credentials, response, token

__all__ = ["Call", "CallFailed", "IncomingCall", "Lamp", "OutgoingCall", "Phone", "PhoneError"]

Address: TypeAlias = tuple[str, int]
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 4.0
"""T1 and T2 (RFC 3261, 17.1.2.1): between two copies of a request."""
REQUEST_TIMEOUT_S = 32.0
"""Timers B and F."""
CALL_WITHIN_S = 60.0
INVITE_TIMEOUT_S = 120.0
ANSWERS_KEPT = 200
ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, UPDATE, INFO, REFER"


class RegistrationRefused(PhoneError):
    """The registrar refused; ``status`` tells how."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"the registration was refused with {status}")


class Phone(asyncio.DatagramProtocol):
    """One phone with one account; each phone of a test should have a tone of its own."""

    def __init__(
        self,
        registrar: Address,
        username: str,
        secret: str,
        *,
        display_name: str = "",
        tone_hz: int = 450,
        encrypted: bool = False,
        video: bool = False,
        host: str = "127.0.0.1",
    ) -> None:
        self.registrar = registrar
        self.username, self.secret = username, secret
        self.display_name = display_name
        self.tone_hz = tone_hz
        self.encrypted, self.video = encrypted, video
        """Whether it speaks by SRTP only, and whether it has a camera."""
        self.host = host
        self.calls: dict[str, OutgoingCall | IncomingCall] = {}
        self.lamps: dict[str, Lamp] = {}
        """What it watches, by Call-ID."""
        self.notifications: list[SipMessage] = []
        """NOTIFYs outside calls and lamps: waiting messages, check-sync."""
        self._registered = False
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: dict[tuple[str, str], asyncio.Queue[SipMessage]] = {}
        self._given: dict[tuple[str, str], bytes] = {}
        self._waiting: asyncio.Queue[IncomingCall] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._register_id, self._register_number = token(), 0

    async def __aenter__(self) -> "Phone":
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=(self.host, 0)
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def port(self) -> int:
        """Local SIP port."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    @property
    def domain(self) -> str:
        """The server, as URIs name it."""
        return f"{self.registrar[0]}:{self.registrar[1]}"

    @property
    def identity(self) -> str:
        """Our From, without tag."""
        name = f'"{self.display_name}" ' if self.display_name else ""
        return f"{name}<sip:{self.username}@{self.registrar[0]}>"

    @property
    def contact(self) -> str:
        """Where we are reached."""
        return f"<sip:{self.username}@{self.host}:{self.port}>"

    def via(self) -> str:
        """The Via of a new transaction."""
        return f"SIP/2.0/UDP {self.host}:{self.port};rport;branch=z9hG4bK{token()}"

    async def register(self, expires_s: int = 3600) -> None:
        """Register our address; 0 s takes it back. RegistrationRefused if the registrar does."""
        uri = f"sip:{self.domain}"
        tag = token()
        authorization: list[tuple[str, str]] = []
        while True:
            self._register_number += 1
            message = SipMessage(
                f"REGISTER {uri} SIP/2.0",
                [
                    ("Via", self.via()),
                    ("Max-Forwards", "70"),
                    ("From", f"{self.identity};tag={tag}"),
                    ("To", self.identity),
                    ("Call-ID", self._register_id),
                    ("CSeq", f"{self._register_number} REGISTER"),
                    ("Contact", self.contact),
                    ("Expires", str(expires_s)),
                    *authorization,
                ],
            )
            answer = await self.request(message, self.registrar)
            if answer.status in CHALLENGES and not authorization:
                asked, answered = CHALLENGES[answer.status]
                value = credentials(
                    answer.get(asked),
                    method="REGISTER",
                    uri=uri,
                    username=self.username,
                    secret=self.secret,
                )
                authorization = [(answered, value)]
                continue
            if answer.status != 200:
                raise RegistrationRefused(answer.status)
            self._registered = expires_s > 0
            return

    async def call(self, number: str, headers: Sequence[tuple[str, str]] = ()) -> OutgoingCall:
        """Dial; the call is then on its way."""
        call = OutgoingCall(self, number, tuple(headers))
        self.calls[call.call_id] = call
        await call.start()
        return call

    async def incoming(self, timeout_s: float = CALL_WITHIN_S) -> IncomingCall:
        """The next call that comes in; PhoneError if none does."""
        try:
            return await asyncio.wait_for(self._waiting.get(), timeout_s)
        except TimeoutError:
            raise PhoneError(f"no call came in {timeout_s:g} s") from None

    async def watch(self, number: str) -> Lamp:
        """A key that watches a number; SubscriptionRefused where there is nothing to watch."""
        lamp = Lamp(self, number)
        self.lamps[lamp.call_id] = lamp
        await lamp.subscribe()
        return lamp

    async def stays_silent(self, seconds: float = 1.0) -> None:
        """PhoneError if a call comes in that time."""
        try:
            call = await asyncio.wait_for(self._waiting.get(), seconds)
        except TimeoutError:
            return
        raise PhoneError(f"a call of {call.caller} came in")

    async def close(self) -> None:
        """Hang up, unregister, vanish."""
        if self._transport is None:
            return
        for call in tuple(self.calls.values()):
            await call.hangup()
            call.close()
        if self._registered:
            await self.register(0)
        for lamp in self.lamps.values():
            with suppress(PhoneError):  # the server may have forgotten it in a restart
                await lamp.subscribe(0)
        for task in self._tasks:
            task.cancel()
        self._transport.close()
        self._transport = None

    def vanish(self) -> None:
        """Lose the network: nothing is sent or heard any more, nobody is told."""
        for call in self.calls.values():
            call.close()
        self.calls.clear()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def request(self, message: SipMessage, address: Address) -> SipMessage:
        """Send a request and give its final response."""
        return [answer async for answer in self.transaction(message, address)][-1]

    async def transaction(self, message: SipMessage, address: Address) -> AsyncIterator[SipMessage]:
        """Send a request until it is answered; its responses, up to the final one."""
        key = (message.branch, message.method)
        answers = self._answers[key] = asyncio.Queue()
        invites = message.method == "INVITE"
        deadline = asyncio.get_running_loop().time() + (
            INVITE_TIMEOUT_S if invites else REQUEST_TIMEOUT_S
        )
        wait_s, heard = FIRST_WAIT_S, False
        try:
            while True:
                if not (heard and invites):
                    self.send(message, address)
                try:
                    while True:
                        left_s = deadline - asyncio.get_running_loop().time()
                        patience_s = left_s if heard and invites else min(wait_s, left_s)
                        answer = await asyncio.wait_for(answers.get(), max(patience_s, 0.001))
                        heard = True
                        yield answer
                        if answer.status >= 200:
                            return
                except TimeoutError:
                    if asyncio.get_running_loop().time() >= deadline:
                        raise PhoneError(f"no answer to {message.start}") from None
                    wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        finally:
            del self._answers[key]

    def send(self, message: SipMessage, address: Address) -> None:
        """Send a message once."""
        self.send_bytes(message.encode(), address)

    def send_bytes(self, datagram: bytes, address: Address) -> None:
        """Send a datagram, unless we have vanished."""
        if self._transport is not None:
            self._transport.sendto(datagram, address)

    def answer(
        self,
        request: SipMessage,
        status: int,
        address: Address,
        *,
        tag: str = "",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> bytes:
        """Answer a request; copies of it get the same answer again."""
        datagram = response(
            request, status, tag=tag, headers=[("Allow", ALLOWED), *headers], body=body
        ).encode()
        if len(self._given) >= ANSWERS_KEPT:
            del self._given[next(iter(self._given))]
        self._given[request.branch, request.method] = datagram
        self.send_bytes(datagram, address)
        return datagram

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's by behaviour only.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if not data.strip():
            return  # keep-alive
        message = SipMessage.parse(data)
        if not message.is_request:
            self._answered(message, addr)
        elif (given := self._given.get((message.branch, message.method))) is not None:
            self.send_bytes(given, addr)
        else:
            self._asked(message, addr)

    def _answered(self, message: SipMessage, address: Address) -> None:
        queue = self._answers.get((message.branch, message.method))
        if queue is not None:
            queue.put_nowait(message)
            return
        call = self.calls.get(message.get("Call-ID"))
        if message.method == "INVITE" and message.status == 200 and call is not None:
            # A copy of a 2xx: our ACK was lost (RFC 3261, 13.2.2.4).
            self.send(call.request("ACK"), address)

    def _asked(self, message: SipMessage, address: Address) -> None:
        call = self.calls.get(message.get("Call-ID"))
        if call is None and message.method == "INVITE":
            call = IncomingCall(self, message, address)
            self.calls[call.call_id] = call
            self.answer(message, 100, address)
            self._waiting.put_nowait(call)
        elif message.method == "CANCEL":
            if isinstance(call, IncomingCall):
                self._begin(call.cancelled(message))
            else:
                self.answer(message, 481, address, tag=token())
        elif call is not None:
            self._begin(call.handle(message))
        elif message.method == "NOTIFY" and message.get("Call-ID") in self.lamps:
            self.answer(message, 200, address)
            self._begin(self.lamps[message.get("Call-ID")].notified(message))
        elif message.method == "NOTIFY":
            self.notifications.append(message)
            self.answer(message, 200, address, tag=token())
        elif message.method == "OPTIONS":
            self.answer(message, 200, address, tag=token(), headers=[("Contact", self.contact)])
        elif message.method != "ACK":
            self.answer(message, 481, address, tag=token())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
