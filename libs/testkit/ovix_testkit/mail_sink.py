"""An SMTP server that keeps what it is sent, for tests that look at mails."""

import asyncio
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass(frozen=True)
class Mail:
    """A mail as it came: its envelope, and its content parsed."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    def attachments(self) -> dict[str, bytes]:
        """Contents by file name."""
        return {
            part.get_filename() or "": part.get_content()
            for part in self.message.iter_attachments()
        }


@dataclass
class MailSink:
    """``async with MailSink() as sink: … mail = await sink.mail()``."""

    mails: list[Mail] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> "MailSink":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """What aiosmtpd calls for each mail."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(Mail(envelope.mail_from, tuple(envelope.rcpt_tos), message))
        self._arrived.set()
        return "250 OK"

    async def mail(self, within_s: float = 60.0) -> Mail:
        """The first mail; TimeoutError if none comes."""
        async with asyncio.timeout(within_s):
            await self._arrived.wait()
        return self.mails[0]
