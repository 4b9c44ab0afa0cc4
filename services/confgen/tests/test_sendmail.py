"""Our sendmail: from Asterisk's mail on its standard input to an SMTP server (F-050, F-217)."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ovix_confgen import sendmail
from ovix_confgen.renderers import mail
from ovix_testkit.mail_sink import MailSink

VOICEMAIL = """From: "Ovix" <Ovix@pbx>
To: "Zoé" <zoe@example.org>
Bcc: copy@example.org
Subject: =?UTF-8?Q?Nouveau_message?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="--b"

----b
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

Bonjour Zoé,

----b
Content-Type: audio/x-wav; name="msg0000.wav"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="msg0000.wav"

UklGRgAA
----b--
"""

Configured = Callable[..., Path]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """Writes mail.conf as confgen does."""

    def write(**emails: object) -> Path:
        text, ignored = mail.render(emails)
        assert ignored == []
        (tmp_path / "mail.conf").write_text("; Written by Ovix.\n\n" + text)
        return tmp_path / "mail.conf"

    return write


async def sent(path: Path, content: str = VOICEMAIL) -> tuple[int, str]:
    """Exit status and complaints of the program."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, sendmail.__file__, str(path),
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, complaints = await process.communicate(content.encode())
    return process.returncode or 0, complaints.decode()


async def test_a_mail_reaches_the_server_with_its_attachment(configured: Configured) -> None:
    async with MailSink() as sink:
        assert await sent(configured(smtp_host=f"127.0.0.1:{sink.port}")) == (0, "")
        (received,) = sink.mails
    assert received.sender == "Ovix@pbx"
    assert received.recipients == ("zoe@example.org", "copy@example.org")
    assert received.message["Bcc"] is None
    assert received.message["Subject"] == "Nouveau message"
    body = received.message.get_body()
    assert body is not None
    assert body.get_content().startswith("Bonjour Zoé,")
    assert received.attachments() == {"msg0000.wav": b"RIFF\0\0"}


async def test_the_sender_is_rewritten_by_address_or_by_user(configured: Configured) -> None:
    for match in ("ovix", "Ovix@pbx"):
        rules = [{"match": match, "replacement": "pbx@example.org"}]
        async with MailSink() as sink:
            path = configured(smtp_host=f"127.0.0.1:{sink.port}", address_rewriting_rules=rules)
            assert await sent(path) == (0, "")
        assert sink.mails[0].sender == "pbx@example.org"
        assert sink.mails[0].message["From"] == "Ovix <pbx@example.org>"


async def test_the_second_server_is_asked_when_the_first_is_away(configured: Configured) -> None:
    async with MailSink() as sink:
        path = configured(smtp_host="127.0.0.1:1", fallback_smtp_host=f"127.0.0.1:{sink.port}")
        status, complaints = await sent(path)
    assert (status, len(sink.mails)) == (0, 1)
    assert "127.0.0.1:1" in complaints


def test_a_server_that_comes_back_gets_the_mail(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = iter([OSError("away"), OSError("away"), None])
    waited: list[float] = []

    def deliver(*_mail: object) -> None:
        if (outcome := next(outcomes)) is not None:
            raise outcome

    monkeypatch.setattr(sendmail, "deliver", deliver)
    monkeypatch.setattr("ovix_confgen.sendmail.time.sleep", waited.append)
    monkeypatch.setattr(sendmail, "read_mail", lambda: VOICEMAIL.encode())
    assert sendmail.main([str(configured(smtp_host="127.0.0.1"))]) == 0
    assert waited == [0, 15, 60]


def test_an_address_without_domain_gets_that_of_the_company() -> None:
    settings = sendmail.Settings((), "example.org", {})
    assert sendmail.sender_of("asterisk", settings) == "asterisk@example.org"
    assert sendmail.sender_of("a@b", settings) == "a@b"


@pytest.mark.parametrize("content", ["", "Subject: x\n\n", "From: a@b\n\nhello", "To: a@b\n\n"])
async def test_a_mail_from_or_to_nobody_is_refused(configured: Configured, content: str) -> None:
    status, complaints = await sent(configured(smtp_host="127.0.0.1:1"), content)
    assert (status, "no sender or no recipient" in complaints) == (64, True)


async def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    status, complaints = await sent(tmp_path / "none.conf")
    assert (status, "none.conf" in complaints) == (64, True)
