#!/usr/bin/env python3
"""Hands a mail to an SMTP server as ``sendmail -t`` does; Asterisk runs it for voicemail.

    ovix-sendmail FILE < mail

FILE is what confgen writes from ``/emails`` (mail.conf): the servers, the domain of addresses that
have none, and whose sender is rewritten (F-050). Needs nothing but Python, as it runs where
Asterisk does. A server that is away is asked again for a quarter of an hour; calls go on meanwhile.
"""

import configparser
import smtplib
import sys
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from email.utils import formataddr, getaddresses, parseaddr

PAUSES_S = (0, 15, 60, 240, 600)
TIMEOUT_S = 30.0
LARGEST_MAIL = 64 << 20
TEMPORARY_FAILURE, USAGE = 75, 64
"""sysexits.h"""


@dataclass(frozen=True)
class Settings:
    """Where mails go, and who they are from."""

    servers: tuple[str, ...]
    domain: str
    senders: dict[str, str]


def read_settings(path: str) -> Settings:
    """Of a file of confgen's; OSError or configparser.Error when it is none."""
    parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=(";",))
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as little as can be imported
        parser.read_file(file)
    hosts = (parser.get("smtp", name, fallback="") for name in ("host", "fallback_host"))
    senders = dict(parser.items("senders")) if parser.has_section("senders") else {}
    domain = parser.get("smtp", "domain", fallback="")
    return Settings(tuple(host for host in hosts if host), domain, senders)


def sender_of(address: str, settings: Settings) -> str:
    """Who the mail is from: rewritten by address or by user, else completed with the domain."""
    user = address.partition("@")[0]
    for known in (address, user):
        rewritten = settings.senders.get(known.lower())
        if rewritten:
            address = rewritten
            break
    return address if "@" in address or not settings.domain else f"{address}@{settings.domain}"


def prepared(content: bytes, settings: Settings) -> tuple[str, list[str], bytes]:
    """Sender, recipients and the mail as it is sent; ValueError when it has none of the two."""
    mail: Message = message_from_bytes(content, policy=policy.SMTP.clone(refold_source="none"))
    name, address = parseaddr(str(mail.get("From", "")))
    listed = [str(text) for header in ("To", "Cc", "Bcc") for text in mail.get_all(header, [])]
    recipients = [each for _, each in getaddresses(listed) if each]
    if not address or not recipients:
        raise ValueError("the mail has no sender or no recipient")
    sender = sender_of(address, settings)
    del mail["Bcc"]
    if sender != address:
        mail.replace_header("From", formataddr((name, sender)))
    return sender, recipients, mail.as_bytes()


def deliver(server: str, sender: str, recipients: list[str], content: bytes) -> None:
    """One attempt; OSError or smtplib.SMTPException."""
    host, _, port = server.rpartition(":")
    if not (host and port.isdecimal()):
        host, port = server, "25"
    with smtplib.SMTP(host.strip("[]"), int(port), timeout=TIMEOUT_S) as smtp:
        smtp.sendmail(sender, recipients, content)


def read_mail() -> bytes:
    """What comes in; the rest of a mail nobody could want is cut off."""
    return sys.stdin.buffer.read(LARGEST_MAIL)


def main(arguments: "list[str] | None" = None) -> int:
    """The program."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 1:
        sys.stderr.write("usage: ovix-sendmail FILE < mail\n")
        return USAGE
    try:
        settings = read_settings(arguments[0])
        mail = prepared(read_mail(), settings)
    except (OSError, ValueError, configparser.Error) as error:
        sys.stderr.write(f"ovix-sendmail: {error}\n")
        return USAGE
    for pause_s in PAUSES_S:
        time.sleep(pause_s)
        for server in settings.servers:
            try:
                deliver(server, *mail)
            except (OSError, smtplib.SMTPException) as error:
                sys.stderr.write(f"ovix-sendmail: {server}: {error}\n")
            else:
                return 0
    return TEMPORARY_FAILURE


if __name__ == "__main__":
    sys.exit(main())
