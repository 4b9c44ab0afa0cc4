"""One call of a test phone, made or received: its dialog (RFC 3261, 12) and its audio."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from .phones_media import Media, Session
from .phones_sip import Party, SipMessage

if TYPE_CHECKING:
    from .phones import Phone

CALL_TIMEOUT_S = 60.0
"""Nothing takes so long; a machine that is busy with other tests may."""
RETRANSMISSIONS_S = (0.5, 1.0, 2.0, 4.0)
"""Waits before a 2xx is said again while no ACK comes (RFC 3261, 13.3.1.4)."""
SDP = ("Content-Type", "application/sdp")


class PhoneError(Exception):
    """A phone could not do, or did not see, what the test wanted."""


class CallFailed(PhoneError):
    """The call ended before it was answered."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"the call ended with {status}")


class Call:
    """A call from either side; ``remote`` is whom the display would show."""

    def __init__(self, phone: "Phone", call_id: str, remote: Party) -> None:
        self.call_id = call_id
        self.remote = remote
        self.media = Media(phone.tone_hz, encrypted=phone.encrypted, video=phone.video)
        self.status = 0
        """Latest status of the INVITE: 100, 180, 200, 486… 487 when cancelled."""
        self.statuses: list[int] = []
        self.hung_up_by_peer = False
        self.messages: list[SipMessage] = []
        """Every message of the call that came in."""
        self._phone = phone
        self._local = self._peer = ""
        self._target = ""
        self._address = phone.registrar
        self._cseq = 0
        self._described = 1
        self._changed = asyncio.Condition()
        self._over = False

    @property
    def is_answered(self) -> bool:
        """Whether somebody talks."""
        return self.status == 200 and not self._over

    @property
    def is_over(self) -> bool:
        """Whether it has ended, by whatever means."""
        return self._over

    def header(self, name: str) -> str:
        """The latest value of a header that came with this call, empty for none."""
        return next(
            (found for message in reversed(self.messages) if (found := message.get(name))), ""
        )

    @property
    def description(self) -> str:
        """The latest session description (SDP) of the peer, empty for none."""
        bodies = (message.body.decode(errors="replace") for message in reversed(self.messages))
        return next((body for body in bodies if body), "")

    async def ringing(self, timeout_s: float = CALL_TIMEOUT_S) -> None:
        """Return when the other side rings (180, or 183 with audio)."""
        await self._until(lambda: bool({180, 183} & {*self.statuses}), timeout_s, "did not ring")

    async def answered(self, timeout_s: float = CALL_TIMEOUT_S) -> None:
        """Return when it is answered; CallFailed when it ends instead."""
        await self._until(lambda: 200 in self.statuses, timeout_s, "was not answered")

    async def ended(self, timeout_s: float = CALL_TIMEOUT_S) -> int:
        """The status it ended with: 200 after a talk, else why there was none."""
        async with self._waiting(timeout_s, "did not end"), self._changed:
            await self._changed.wait_for(lambda: self._over)
        return self.status

    async def hears(self, hertz: int | None = None, timeout_s: float = CALL_TIMEOUT_S) -> None:
        """Return when audio from now on is no silence, or is this tone."""
        self.media.forget()
        async with self._waiting(timeout_s, f"heard nothing of {hertz or 'any'} Hz"):
            await self.media.hears(hertz)

    def heard_audio(self) -> bool:
        """Whether 200 ms that were no silence have come."""
        return self.media.loud >= 10

    async def send_dtmf(self, digits: str) -> None:
        """Press digits, as telephone events (RFC 4733)."""
        await self.media.press(digits)

    async def hangup(self) -> None:
        """End it, in whatever state it is."""
        if not self._over:
            await self._phone.request(self.request("BYE"), self._address)
            await self.finish(self.status)

    async def hold(self) -> None:
        """Put the other side on hold."""
        await self._describe_again("sendonly")

    async def resume(self) -> None:
        """Take it from hold."""
        await self._describe_again("sendrecv")

    async def transfer(self, number: str) -> int:
        """Blind transfer (RFC 3515); the status of the REFER."""
        to = f"sip:{number}@{self._phone.domain}"
        refer = self.request("REFER", [("Refer-To", f"<{to}>"), ("Referred-By", self._local)])
        return (await self._phone.request(refer, self._address)).status

    def request(self, method: str, headers: Sequence[tuple[str, str]] = ()) -> SipMessage:
        """A request inside this dialog."""
        if method != "ACK":
            self._cseq += 1
        return SipMessage(
            f"{method} {self._target} SIP/2.0",
            [
                ("Via", self._phone.via()),
                ("Max-Forwards", "70"),
                ("From", self._local),
                ("To", self._peer),
                ("Call-ID", self.call_id),
                ("CSeq", f"{self._cseq} {method}"),
                ("Contact", self._phone.contact),
                *headers,
            ],
        )

    async def handle(self, request: SipMessage) -> None:
        """A request of the peer inside this dialog."""
        self.learn(request)
        phone, address = self._phone, self._address
        if request.method in ("INVITE", "UPDATE"):
            self._take_description(request)
            offered = bool(request.body) or request.method == "INVITE"
            phone.answer(
                request,
                200,
                address,
                headers=[("Contact", phone.contact), *([SDP] if offered else [])],
                body=self.media.describe(phone.host, version=self._described, offer=request.body)
                if offered
                else b"",
            )
        elif request.method != "ACK":
            phone.answer(request, 200, address)
        if request.method == "BYE":
            self.hung_up_by_peer = True
            await self.finish(self.status)

    def learn(self, message: SipMessage) -> None:
        """Take over what a message tells about the peer."""
        self.messages.append(message)
        asserted = message.get("P-Asserted-Identity") or message.get("Remote-Party-ID")
        if asserted:
            self.remote = Party.parse(asserted)
        if message.get("Contact") and (message.is_request or message.status < 300):
            self._target = Party.parse(message.get("Contact")).uri

    async def note(self, status: int) -> None:
        """The INVITE has reached this status."""
        async with self._changed:
            self.status = status
            self.statuses.append(status)
            self._changed.notify_all()

    async def finish(self, status: int) -> None:
        """The call is over."""
        self.media.close()
        self._phone.calls.pop(self.call_id, None)
        async with self._changed:
            self.status = status
            self._over = True
            self._changed.notify_all()

    def _take_description(self, message: SipMessage) -> None:
        session = Session.parse(message.body)
        if session is not None:
            self.media.send_to(session)

    async def _describe_again(self, direction: str) -> None:
        self._described += 1
        invite = self.request("INVITE", [SDP])
        invite.body = self.media.describe(self._phone.host, direction, self._described)
        answer = await self._phone.request(invite, self._address)
        self._phone.send(self.request("ACK"), self._address)
        if answer.status != 200:
            raise CallFailed(answer.status)
        self.learn(answer)

    async def _until(self, reached: Callable[[], bool], timeout_s: float, failure: str) -> None:
        async with self._waiting(timeout_s, failure), self._changed:
            await self._changed.wait_for(lambda: reached() or self._over)
        if not reached():
            raise CallFailed(self.status)

    @asynccontextmanager
    async def _waiting(self, timeout_s: float, failure: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(timeout_s):
                yield
        except TimeoutError:
            story = f"the call {failure} in {timeout_s:g} s; it went {self.statuses}"
            raise PhoneError(story) from None
