"""voicemail.conf: general options, zone messages and the boxes (reference/asterisk.md 3.4)."""

import re
from collections.abc import Iterable

from ovix_telephony import voicemail_options

from ovix_confgen.conf_text import Unwritable, comment, context_name, one_line, section, value
from ovix_confgen.renderers.options import Options, rendered
from ovix_confgen.rows import Mailbox, Unsupported, Zone

FILE = "voicemail.conf"
_NUMBER = re.compile(r"[0-9*#]{1,80}")
_ZONE = re.compile(r"[A-Za-z0-9_.+/-]{1,128}")
_OPTION = re.compile(r"[A-Za-z0-9_-]{1,64}")


def render_head(
    options: Options, zones: Iterable[Zone], fixed: Options
) -> tuple[str, list[Unsupported]]:
    """``[general]`` and ``[zonemessages]``; what is fixed wins.

    Programs that hear of new passwords are left out: ours is the one that stores them.
    """
    given = {name: _escaped(text) for name, text in options.items()}
    others = {name: given.pop(name) for name in ("externpass", "externpassnotify") if name in given}
    general, ignored = rendered(FILE, "general", {**given, **fixed})
    ignored += [
        Unsupported(FILE, "general", name, text, "is set by the platform: it stores passwords")
        for name, text in others.items()
    ]
    lines: list[tuple[str, str]] = []
    for zone in zones:
        try:
            if not _ZONE.fullmatch(zone.name) or not _ZONE.fullmatch(zone.timezone):
                raise Unwritable("has a name that is none")
            message = "" if zone.message is None else "|" + value(zone.message.strip())
        except Unwritable as reason:
            ignored.append(Unsupported(FILE, f"zone {zone.name}", "", "", str(reason)))
            continue
        lines.append((zone.name, zone.timezone + message))
    return general + section("zonemessages", lines), ignored


def render_context(name: str) -> str:
    """The head of a context's boxes."""
    return f"[{context_name(name)}]\n"


def render_mailbox(mailbox: Mailbox) -> tuple[str, list[Unsupported]]:
    """``number => password,name,email,pager,options``."""
    name = f"voicemail {mailbox.number}@{mailbox.context}"
    if not _NUMBER.fullmatch(mailbox.number):
        return comment(f"{name}: is no number"), [
            Unsupported(FILE, name, "number", mailbox.number, "is no number")
        ]
    options, ignored = _options(mailbox, name)
    fields = (
        re.sub(r"[^0-9*#]", "", mailbox.password or ""),
        _field(mailbox.name),
        _field(mailbox.email),
        _field(mailbox.pager),
        "|".join(options),
    )
    try:
        line = value(",".join(fields).strip())
    except Unwritable as reason:
        return comment(f"{name}: {reason}"), [
            *ignored,
            Unsupported(FILE, name, "options", "", str(reason)),
        ]
    return f"{mailbox.number} = {line}\n", ignored


def _options(mailbox: Mailbox, name: str) -> tuple[list[str], list[Unsupported]]:
    given: list[tuple[str, str]] = []
    if mailbox.language:
        given.append(("language", mailbox.language))
    if mailbox.zone:
        given.append(("tz", mailbox.zone))
    if mailbox.attach_audio is not None:
        given.append(("attach", _yes_no(mailbox.attach_audio)))
    given.append(("deletevoicemail", _yes_no(mailbox.delete_messages)))
    if mailbox.max_messages is not None:
        given.append(("maxmsg", str(mailbox.max_messages)))
    given += [(str(pair[0]), str(pair[1])) for pair in mailbox.options if len(pair) == 2]
    ignored: list[Unsupported] = []
    written: list[str] = []
    for option, text in given:
        try:
            if not _OPTION.fullmatch(option):
                raise Unwritable("is no option")
            voicemail_options.check(option, text)
        except ValueError as reason:
            ignored.append(Unsupported(FILE, name, option, text, str(reason)))
            continue
        plain = one_line(_escaped(text)).replace("|", "").replace(",", " ")
        written.append(f"{option}={plain}")
    return written, ignored


def _escaped(text: str) -> str:
    """Line ends and tabs as the mails' texts have them in the file."""
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")


def _yes_no(flag: bool) -> str:
    return "yes" if flag else "no"


def _field(text: str | None) -> str:
    """A field of the comma-separated line; Asterisk knows no way to escape a comma there."""
    return one_line(text or "").replace(",", " ").replace("|", " ")
