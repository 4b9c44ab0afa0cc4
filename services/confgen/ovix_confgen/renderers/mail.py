"""mail.conf: the SMTP servers and senders of ``/emails``, for our own sendmail (F-050)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ovix_confgen.conf_text import Option, Unwritable, one_line, section
from ovix_confgen.rows import Unsupported

FILE = "mail.conf"
SENDMAIL = "/usr/sbin/sendmail -t"
"""What XiVO ships: whatever program the system has under that name."""
_WORD = re.compile(r"[^\s=;\[\]#]{1,255}")
_SERVER = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")


def is_ours(emails: Mapping[str, Any], command: str) -> bool:
    """Whether our program sends the mails: a server is named, and no other program."""
    return bool(emails.get("smtp_host")) and command.strip() == SENDMAIL


def render(emails: Mapping[str, Any]) -> tuple[str, list[Unsupported]]:
    """Servers, domain and senders; what is no server or address is left out and told."""
    ignored: list[Unsupported] = []
    servers = _options(
        (
            ("host", emails.get("smtp_host")),
            ("fallback_host", emails.get("fallback_smtp_host")),
            ("domain", emails.get("from") or emails.get("domain_name")),
        ),
        _SERVER,
        ignored,
    )
    rules = emails.get("address_rewriting_rules") or ()
    senders = _options(((rule["match"], rule["replacement"]) for rule in rules), _WORD, ignored)
    return section("smtp", servers) + section("senders", senders), ignored


def _options(
    given: Iterable[tuple[str, str | None]], form: "re.Pattern[str]", ignored: list[Unsupported]
) -> list[Option]:
    written: dict[str, str] = {}
    for name, text in given:
        if not text:
            continue
        try:
            if not form.fullmatch(text) or not _WORD.fullmatch(name):
                raise Unwritable("is no address")
        except Unwritable as reason:
            ignored.append(Unsupported(FILE, "emails", one_line(name), text, str(reason)))
        else:
            # Names are compared without regard to case; the first rule counts.
            written.setdefault(name.lower(), text)
    return list(written.items())
