"""iax.conf: general options, call number limits and the peers of trunks.

chan_iax2 takes what it knows of a section and passes over the rest. It opens a port of its own, so
that it is loaded only where ``OVIX_IAX_PORT`` says which.
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from ovix_telephony.pjsip_options import SET_VAR

from ovix_confgen.chan_sip import options_of
from ovix_confgen.conf_text import (
    Option,
    Unwritable,
    comment,
    context_name,
    object_name,
    section,
    value,
)
from ovix_confgen.renderers.options import checked
from ovix_confgen.renderers.sip_devices import NOWHERE
from ovix_confgen.rows import IaxPeer, Section, Unsupported

FILE = "iax.conf"
NOT_SERVED = "IAX is not served: OVIX_IAX_PORT is not set"
_OWNED = ("type", "host", "context")
_HOST = re.compile(r"dynamic|[A-Za-z0-9.:_-]{1,255}")


def render_head(
    general: Section, limits: Iterable[Mapping[str, Any]], host: str, port: int
) -> tuple[str, list[Unsupported]]:
    """``[general]`` and ``[callnumberlimits]``; where to listen is what the environment says."""
    # In this order: chan_iax2 binds at once to the port that it has read by then.
    fixed = {"bindport": str(port), "bindaddr": value(host)}
    options = {
        name: text for name, text in general.options.items() if text.strip() and name not in fixed
    }
    chosen, ignored = checked(FILE, "general", options)
    written = [*fixed.items(), *chosen]
    for name, text in general.ordered:
        more, refused = checked(FILE, "general", {name: text})
        written += more
        ignored += refused
    numbers: list[Option] = []
    for limit in limits:
        network = f"{limit['ip_address']}/{limit['netmask']}"
        try:
            ip_address(limit["ip_address"])
            ip_network(network, strict=False)
        except ValueError as reason:
            told = Unsupported(FILE, "callnumberlimits", network, str(limit["limit"]), str(reason))
            ignored.append(told)
        else:
            numbers.append((network, str(limit["limit"])))
    return section("general", written) + section("callnumberlimits", numbers), ignored


def render_peer(peer: IaxPeer) -> tuple[str, list[Unsupported]]:
    """The section of a trunk's peer; without a password only a fixed address is let in."""
    name = f"endpoint {peer.name}"
    options = sorted(options_of(peer.native_options, ())) + options_of({}, peer.extra_options)
    written: list[Option] = []
    ignored: list[Unsupported] = []
    for option, text in options:
        try:
            if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", option):
                raise Unwritable("is no option")
            # chan_iax2 looks at no case.
            if option.lower() in _OWNED:
                raise Unwritable("is set by the platform")
            written.append((option, value(SET_VAR(text) if option.lower() == "setvar" else text)))
        except ValueError as reason:
            shown = "…" if "secret" in option else text
            ignored.append(Unsupported(FILE, name, option, shown, str(reason)))
    kind = peer.type
    access: list[Option] = []
    try:
        context = context_name(peer.context or NOWHERE)
        object_name(peer.name)
        if not _HOST.fullmatch(peer.host):
            raise Unwritable("has a host that is no address")
        if not _asks_for_password({option.lower(): text for option, text in written}):
            kind, access = _without_password(peer)
            if kind != peer.type:
                reason_text = "has no secret, and its host is no address: it is only called"
                ignored.append(Unsupported(FILE, name, "type", peer.type, reason_text))
    except Unwritable as reason:
        return comment(f"{name}: {reason}"), [Unsupported(FILE, name, "", "", str(reason))]
    head = [("type", kind), ("host", peer.host), ("context", context)]
    return section(peer.name, [*head, *access, *written]), ignored


def _asks_for_password(given: Mapping[str, str]) -> bool:
    """Whether a caller has to know something.

    A semicolon in a secret separates several, one of which may be empty; and where keys are not the
    only way the secret that is not there is an empty one.
    """
    if "secret" in given:
        return all(given["secret"].replace("\\;", ";").split(";"))
    return "inkeys" in given and given.get("auth", "rsa").lower() == "rsa"


def _without_password(peer: IaxPeer) -> tuple[str, list[Option]]:
    """The type of a peer without one, and who may call as it: ``host`` says whom *we* call."""
    if peer.host.lower() == "dynamic":
        raise Unwritable("has no secret: anyone could use it")
    if peer.type == "peer":
        return peer.type, []  # calls only go to it
    try:
        address = ip_address(peer.host)
    except ValueError:
        if peer.type == "user":
            raise Unwritable("has no secret: anyone could use it") from None
        return "peer", []
    # A rule of one family says nothing of addresses of the other.
    everybody = [("deny", "0.0.0.0/0"), ("deny", "::/0")]
    return peer.type, [*everybody, ("permit", f"{address}/{address.max_prefixlen}")]


def not_served(peer: IaxPeer) -> Unsupported:
    """What is told of a peer while there is no IAX."""
    return Unsupported(FILE, f"endpoint {peer.name}", "", "", NOT_SERVED)
