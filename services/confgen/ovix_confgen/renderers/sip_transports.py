"""Transports of pjsip.conf: those of the settings, and those that confd was told of.

A stored transport of the name of one of ours adds its options to it; any other one is a section of
its own, if it says where to listen.
"""

from collections.abc import Iterable

from ovix_confgen.chan_sip import Device
from ovix_confgen.conf_text import Option, Unwritable, object_name, section
from ovix_confgen.renderers.sip_general import WEB_SOCKETS, SipSettings, transport_options
from ovix_confgen.rows import SipTransport, Unsupported

FILE = "pjsip.conf"


def render(
    settings: SipSettings, stored: Iterable[SipTransport]
) -> tuple[str, list[str], list[Unsupported]]:
    """The sections, the names of the transports that are served, and what is not."""
    ours = {f"transport-{protocol}": protocol for protocol in settings.transports}
    told = {transport.name: transport for transport in stored}
    parts, names, ignored = [], [], []
    for name in (*ours, *(name for name in told if name not in ours)):
        device = Device()
        if name in ours:
            device.objects["transport"] = list(transport_options(settings, ours[name]))
            for protocol, option, text in settings.transport_more:
                if protocol in ("", ours[name]):
                    _put(device, option, text, owned=True)
        for option, text in told[name].options if name in told else ():
            _put(device, option, text, owned=name in ours)
        try:
            object_name(name)
            _listens(device, settings)
        except Unwritable as reason:
            device.refuse("", "", str(reason))
        else:
            names.append(name)
            options: list[Option] = [("type", "transport"), *device.objects["transport"]]
            parts.append(section(name, options))
        ignored += [
            Unsupported(FILE, f"transport {name}", *refused) for refused in device.unsupported
        ]
    return "".join(parts), names, ignored


def _put(device: Device, option: str, text: str, *, owned: bool) -> None:
    if owned and option == "protocol":
        return
    try:
        device.put("transport", option, text)
    except Unwritable as reason:
        device.refuse(option, text, str(reason))


def _listens(device: Device, settings: SipSettings) -> None:
    protocol = device.get("transport", "protocol")
    if protocol in WEB_SOCKETS and not settings.web_sockets:
        raise Unwritable("needs the web server of Asterisk: OVIX_SIP_WS_PORT is 0")
    if protocol is None or device.get("transport", "bind") is None:
        raise Unwritable("does not say where to listen: protocol and bind")
