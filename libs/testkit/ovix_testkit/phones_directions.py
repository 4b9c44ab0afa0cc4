"""Calls a test phone makes, and calls it gets: the INVITE transaction of either side."""

import asyncio
from typing import TYPE_CHECKING

from .phones_calls import RETRANSMISSIONS_S, SDP, Call, PhoneError
from .phones_media import Session
from .phones_sip import Party, SipMessage, credentials, token

if TYPE_CHECKING:
    from .phones import Phone

CHALLENGES = {401: ("WWW-Authenticate", "Authorization")}
CHALLENGES[407] = ("Proxy-Authenticate", "Proxy-Authorization")


class OutgoingCall(Call):
    """A call this phone makes: it goes on by itself while the test waits for what it should do."""

    def __init__(self, phone: "Phone", number: str, headers: tuple[tuple[str, str], ...]) -> None:
        uri = f"sip:{number}@{phone.domain}"
        super().__init__(phone, token(), Party("", uri))
        self._local = f"{phone.identity};tag={token()}"
        self._peer = f"<{uri}>"
        self._uri = self._target = uri
        self._extra = headers
        self._invite: SipMessage | None = None
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False

    async def start(self) -> None:
        """Send the INVITE."""
        await self.media.open(self._phone.host)
        self._task = asyncio.create_task(self._reach())

    async def hangup(self) -> None:
        """End it: CANCEL while it rings, BYE once it is answered."""
        if self.is_over or 200 in self.statuses:
            await super().hangup()
            return
        self._cancelled = True
        async with self._waiting(5, "got no answer at all"), self._changed:
            # Before a provisional response a CANCEL may overtake its INVITE (RFC 3261, 9.1).
            await self._changed.wait_for(lambda: bool(self.statuses) or self._over)
        if self._invite is not None and not self.is_over:
            await self._phone.request(self._cancel(self._invite), self._address)
        await self.ended()

    def close(self) -> None:
        """Forget it, whatever its state."""
        if self._task is not None:
            self._task.cancel()
        self.media.close()

    async def _reach(self) -> None:
        try:
            await self._dial()
        except PhoneError:  # nobody answered the INVITE
            await self.finish(408)

    async def _dial(self) -> None:
        """Until the final response; a challenge is answered once."""
        authorization: tuple[tuple[str, str], ...] = ()
        while True:
            invite = self._invite = self.request("INVITE", [SDP, *self._extra, *authorization])
            invite.body = self.media.describe(self._phone.host)
            final = await self._final_response(invite)
            if final.status in CHALLENGES and not authorization and not self._cancelled:
                self._acknowledge(invite, final)
                asked, answered = CHALLENGES[final.status]
                value = credentials(
                    final.get(asked),
                    method="INVITE",
                    uri=self._uri,
                    username=self._phone.username,
                    secret=self._phone.secret,
                )
                authorization = ((answered, value),)
                continue
            break
        self.learn(final)
        if final.status >= 300:
            self._acknowledge(invite, final)
            await self.finish(final.status)
            return
        self._phone.send(self.request("ACK"), self._address)
        self._take_description(final)
        await self.note(final.status)
        if self._cancelled:  # the answer and the CANCEL met on the way
            await super().hangup()

    async def _final_response(self, invite: SipMessage) -> SipMessage:
        final: SipMessage | None = None
        async for answer in self._phone.transaction(invite, self._address):
            if answer.status >= 200:
                self._peer = answer.get("To")
                final = answer
                continue
            self.learn(answer)
            if answer.status == 183 and answer.body:
                self._take_description(answer)
            await self.note(answer.status)
        assert final is not None  # else the transaction raises
        return final

    def _acknowledge(self, invite: SipMessage, final: SipMessage) -> None:
        """The ACK of a refusal belongs to the INVITE's transaction (RFC 3261, 17.1.1.3)."""
        headers = [
            ("Via", invite.get("Via")),
            ("Max-Forwards", "70"),
            ("From", self._local),
            ("To", final.get("To")),
            ("Call-ID", self.call_id),
            ("CSeq", f"{invite.cseq[0]} ACK"),
        ]
        self._phone.send(SipMessage(f"ACK {self._uri} SIP/2.0", headers), self._address)
        self._peer = f"<{self._uri}>"

    def _cancel(self, invite: SipMessage) -> SipMessage:
        """The CANCEL of an INVITE (RFC 3261, 9.1): same transaction, same number."""
        kept = ("via", "from", "to", "call-id", "max-forwards")
        headers = [(name, value) for name, value in invite.headers if name.lower() in kept]
        headers.append(("CSeq", f"{invite.cseq[0]} CANCEL"))
        return SipMessage(f"CANCEL {self._uri} SIP/2.0", headers)


class IncomingCall(Call):
    """A call this phone gets; nothing is said to the caller until the test does."""

    def __init__(self, phone: "Phone", invite: SipMessage, address: tuple[str, int]) -> None:
        caller = Party.parse(invite.get("From"))
        super().__init__(phone, invite.get("Call-ID"), caller)
        self.called = invite.start.split(" ")[1]
        """URI the call was sent to."""
        self._invite = invite
        self._tag = token()
        self._local = f"{invite.get('To')};tag={self._tag}"
        self._peer = invite.get("From")
        self._address = address
        self._acknowledged = asyncio.Event()
        self._repeating: asyncio.Task[None] | None = None
        self.learn(invite)

    @property
    def caller(self) -> Party:
        """Who calls, as asserted by the server, else as in From."""
        return self.remote

    @property
    def diversion(self) -> Party | None:
        """Who forwarded the call here (RFC 5806)."""
        found = self._invite.get("Diversion")
        return Party.parse(found) if found else None

    @property
    def alert_info(self) -> str:
        """How the phone is asked to ring."""
        return self._invite.get("Alert-Info")

    async def ring(self) -> None:
        """180."""
        await self._respond(180)

    async def answer(self) -> None:
        """200 with our audio; returns when the other side has acknowledged it."""
        session = Session.parse(self._invite.body)
        await self.media.open(self._phone.host)
        if session is not None:
            self.media.send_to(session)
        await self._respond(
            200, [SDP], self.media.describe(self._phone.host, offer=self._invite.body)
        )
        async with self._waiting(8, "was not acknowledged"):
            await self._acknowledged.wait()

    async def reject(self, status: int = 486) -> None:
        """Any final refusal."""
        await self._respond(status)
        await self.finish(status)

    async def redirect(self, number: str) -> None:
        """302 to another number."""
        contact = f"<sip:{number}@{self._phone.domain}>"
        self._phone.answer(
            self._invite, 302, self._address, tag=self._tag, headers=[("Contact", contact)]
        )
        await self.finish(302)

    async def hangup(self) -> None:
        """End it: 603 while it rings, BYE once it is answered."""
        if self.is_over or 200 in self.statuses:
            await super().hangup()
        else:
            await self.reject(603)

    async def cancelled(self, cancel: SipMessage) -> None:
        """The caller gave up."""
        self._phone.answer(cancel, 200, self._address, tag=self._tag)
        if 200 not in self.statuses and not self.is_over:
            await self._respond(487)
            self.hung_up_by_peer = True
            self.learn(cancel)
            await self.finish(487)

    async def handle(self, request: SipMessage) -> None:
        """ACK of our answer, or what every call may get."""
        if request.method == "ACK":
            self._acknowledged.set()
            self._take_description(request)
        await super().handle(request)

    def close(self) -> None:
        """Forget it, whatever its state."""
        if self._repeating is not None:
            self._repeating.cancel()
        self.media.close()

    async def _respond(
        self, status: int, headers: list[tuple[str, str]] | None = None, body: bytes = b""
    ) -> None:
        contact = [("Contact", self._phone.contact)]
        datagram = self._phone.answer(
            self._invite,
            status,
            self._address,
            tag=self._tag,
            headers=[*contact, *(headers or [])],
            body=body,
        )
        if status == 200:
            self._repeating = asyncio.create_task(self._repeat(datagram))
        await self.note(status)

    async def _repeat(self, datagram: bytes) -> None:
        """A 2xx is repeated until its ACK comes; transactions care for the other answers."""
        for wait_s in RETRANSMISSIONS_S:
            try:
                await asyncio.wait_for(self._acknowledged.wait(), wait_s)
            except TimeoutError:
                self._phone.send_bytes(datagram, self._address)
            else:
                return
