"""What ``ovix up`` prints when everything runs: where to go, and three lines to try."""

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from .addresses import (
    PHONES_HTTP,
    PHONES_TFTP,
    SIP,
    VERSIONS,
    WEBSOCKET,
    base_url,
    may_serve_tftp,
    own_address,
)
from .company import INTERNAL, Phone

NEWCOMER = "1500"
CREATE = """\
USER_UUID=$(curl -s {confd}/1.1/users -H "X-Auth-Token: $TOKEN" \
-H 'Content-Type: application/json' \
-d '{{"firstname": "Zoé", "lines": [{{"context": "{context}", "extensions": [{{"exten": "{exten}", \
"context": "{context}"}}], "endpoint_sip": {{"username": "zoe", "secret": "ring-ring"}}}}]}}' \
| grep -o '"uuid": *"[^"]*"' | head -n 1 | cut -d '"' -f 4); echo $USER_UUID"""
CALL = """\
curl -s {calld}/1.0/calls -H "X-Auth-Token: $TOKEN" -H 'Content-Type: application/json' \
-d '{{"source": {{"user": "'$USER_UUID'"}}, "destination": {{"context": "{context}", \
"extension": "1001", "priority": 1}}}}'"""
LOOK_UP = """\
Who is that? (docs/directories.md)
  curl "{dird}/0.1/directories/lookup/default?term=mar" -H "X-Auth-Token: $TOKEN\""""
WATCH = """curl -sN {calld}/1.0/events -H "X-Auth-Token: $TOKEN\""""


def three_lines() -> tuple[tuple[str, str], ...]:
    """What each line does, and the line."""
    places = {
        "confd": base_url("confd"),
        "calld": base_url("calld"),
        "context": INTERNAL,
        "exten": NEWCOMER,
    }
    return (
        (
            f"create a user with a phone (number {NEWCOMER}, SIP user zoe, password ring-ring)",
            CREATE.format(**places),
        ),
        (
            "call from it: the phone rings first, then it calls 1001",
            CALL.format(**places),
        ),
        ("watch the events", WATCH.format(**places)),
    )


def phone_table(phones: Iterable[Phone]) -> Table:
    """SIP accounts, as one types them into a softphone."""
    table = Table("Number", "Name", "SIP user", "SIP password", box=None, padding=(0, 2))
    for phone in phones:
        table.add_row(phone.number, phone.name, phone.username, phone.password)
    return table


def provisioning(plugins: list[str]) -> str:
    """Where phones find their files, and which phones are known."""
    address = own_address()
    places = [f"http://{address}:{PHONES_HTTP.number}/"]
    if may_serve_tftp() and PHONES_TFTP.number == PHONES_TFTP.default:
        places.append(f"tftp://{address}/")
    known = ", ".join(plugins) or "none: see docs/installing-plugins.md"
    return (
        f"Phones configure themselves from {' or '.join(places)} (DHCP options 66 and 160, or by"
        f" hand).\nTheir plugins: {known}.\nA first phone: docs/provisioning.md."
    )


def welcome(
    *,
    token: str,
    phones: list[Phone],
    plugins: list[str],
    asterisk: str | None,
    secrets_file: str,
) -> RenderableType:
    """The whole page."""
    places = Table(box=None, show_header=False, padding=(0, 2))
    for service, version in VERSIONS.items():
        places.add_row(service, f"{base_url(service)}/{version}/api/", "swagger")
    places.add_row("events", f"ws://127.0.0.1:{WEBSOCKET.number}/", "websocket")
    if asterisk:
        places.add_row("phones", f"sip:{own_address()}:{SIP.number}", f"Asterisk {asterisk}, UDP")
    else:
        places.add_row("phones", "none", "no Asterisk is installed here: make asterisk")
    parts: list[RenderableType] = [Text("Ovix is running.", style="bold green"), places]
    if phones:
        parts += [Text("\nPhones of the demo company:"), phone_table(phones)]
    parts.append(Text("\n" + provisioning(plugins)))
    parts.append(Text("\n" + LOOK_UP.format(dird=base_url("dird"))))
    parts.append(Text(f"\nThe administrator is root; the password is in {secrets_file}."))
    parts.append(Text("A token for a day, and three lines to try in another terminal:\n"))
    lines = [f"TOKEN={token}", ""]
    for what, line in three_lines():
        lines += [f"# {what}", line, ""]
    lines.append("Ctrl-C here stops everything.")
    parts.append(Text("\n".join(lines)))
    return Group(*parts)


def show(page: RenderableType) -> None:
    """Print it; long lines stay whole, so that they can be copied."""
    Console(soft_wrap=True).print(page, highlight=False)
