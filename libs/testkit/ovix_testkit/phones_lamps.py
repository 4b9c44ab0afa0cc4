"""The lamp of a test phone's key: a subscription to what a number does (RFC 6665, RFC 4235)."""

import asyncio
import re
from typing import TYPE_CHECKING

from .phones_calls import PhoneError
from .phones_directions import CHALLENGES
from .phones_sip import Party, SipMessage, credentials, token

if TYPE_CHECKING:
    from .phones import Phone

SHOWS_WITHIN_S = 60.0
DARK, BLINKING, LIT = "terminated", "early", "confirmed"
"""States of a dialog, and what a phone shows for them."""
_STATE = re.compile(rb"<state[^>]*>\s*(\w+)\s*</state>")
_DOCUMENT = "application/dialog-info+xml"


class SubscriptionRefused(PhoneError):
    """The server refused; ``status`` tells how."""

    def __init__(self, number: str, status: int) -> None:
        self.status = status
        super().__init__(f"watching {number} was refused with {status}")


class Lamp:
    """What a key that watches ``number`` shows, from the moment ``watch`` returned."""

    def __init__(self, phone: "Phone", number: str) -> None:
        self.number = number
        self.call_id = token()
        self.state = ""
        """Latest state heard, empty before the first."""
        self.states: list[str] = []
        """All of them, each once as long as it lasted."""
        self._phone = phone
        self._target = f"sip:{number.replace('#', '%23')}@{phone.domain}"
        self._local = f"{phone.identity};tag={token()}"
        self._peer = f"<{self._target}>"
        self._cseq = 0
        self._changed = asyncio.Condition()

    async def subscribe(self, expires_s: int = 600) -> None:
        """Begin to watch, or go on; 0 s ends it. SubscriptionRefused if the server does."""
        authorization: list[tuple[str, str]] = []
        while True:
            request = self._request(expires_s, authorization)
            answer = await self._phone.request(request, self._phone.registrar)
            if answer.status in CHALLENGES and not authorization:
                asked, answered = CHALLENGES[answer.status]
                value = credentials(
                    answer.get(asked),
                    method="SUBSCRIBE",
                    uri=self._target,
                    username=self._phone.username,
                    secret=self._phone.secret,
                )
                authorization = [(answered, value)]
                continue
            break
        if answer.status >= 300:
            raise SubscriptionRefused(self.number, answer.status)
        self._peer = answer.get("To")
        if answer.get("Contact"):
            self._target = Party.parse(answer.get("Contact")).uri

    async def shows(self, state: str, timeout_s: float = SHOWS_WITHIN_S) -> None:
        """Return when it shows this; PhoneError if it does not in time."""
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: self.state == state)
        except TimeoutError:
            story = f"{self.number} did not become {state} in {timeout_s:g} s: {self.states}"
            raise PhoneError(story) from None

    async def stays(self, state: str, seconds: float = 1.0) -> None:
        """PhoneError if it shows anything else in that time."""
        await self.shows(state)
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self.state != state)
        except TimeoutError:
            return
        raise PhoneError(f"{self.number} became {self.state}")

    async def notified(self, request: SipMessage) -> None:
        """A NOTIFY of the subscription."""
        found = _STATE.search(request.body)
        if found is None:
            return  # the last one of a subscription has no document
        async with self._changed:
            self.state = found[1].decode()
            if self.states[-1:] != [self.state]:
                self.states.append(self.state)
            self._changed.notify_all()

    def _request(self, expires_s: int, authorization: list[tuple[str, str]]) -> SipMessage:
        self._cseq += 1
        return SipMessage(
            f"SUBSCRIBE {self._target} SIP/2.0",
            [
                ("Via", self._phone.via()),
                ("Max-Forwards", "70"),
                ("From", self._local),
                ("To", self._peer),
                ("Call-ID", self.call_id),
                ("CSeq", f"{self._cseq} SUBSCRIBE"),
                ("Contact", self._phone.contact),
                ("Event", "dialog"),
                ("Accept", _DOCUMENT),
                ("Expires", str(expires_s)),
                *authorization,
            ],
        )
