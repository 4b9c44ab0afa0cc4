"""Lines that are used from a browser: WebRTC, and unique accounts (features F-114, F-121).

A unique account is two devices of one line with one password. What was customised for it (codecs)
is the browser's; what is about a network or a login by another name is the desk phone's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ovix_telephony.line_devices import UNIQUE_ACCOUNT, browser_of
from ovix_telephony.pjsip_options import truth

from ovix_confgen.chan_sip import Device, options_of
from ovix_confgen.renderers.sip_general import BROWSERS_TRANSPORT, SipSettings
from ovix_confgen.rows import SipAccount, SipLine

OF_THE_BROWSER = ("allow", "disallow")
OF_THE_PHONE = ("nat", "transport", "username")
DEFAULTS = {
    "timers": "always",
    "timers_sess_expires": "300",
}
"""Source: reference/asterisk.md 4.4, HEAD's template; a browser that is closed says nothing."""


def devices_of(line: SipLine) -> Iterator[SipLine]:
    """The line as it is, or its desk phone and its browser."""
    account = line.account
    chosen = dict(options_of(account.native_options, account.extra_options))
    if chosen.get("webrtc") != UNIQUE_ACCOUNT:
        yield line
        return
    yield replace(line, account=_with(account, "no", without=OF_THE_BROWSER))
    browser = _with(account, "yes", without=OF_THE_PHONE)
    yield replace(
        line,
        account=replace(browser, username=browser_of(account.username), transport=None),
    )


def _with(account: SipAccount, webrtc: str, *, without: tuple[str, ...]) -> SipAccount:
    left_out = {"webrtc", *without}
    native = {name: text for name, text in account.native_options.items() if name not in left_out}
    extra = [pair for pair in account.extra_options if pair[0].strip() not in left_out]
    return replace(account, native_options={**native, "webrtc": webrtc}, extra_options=extra)


def is_browser(device: Device, chosen: Mapping[str, str]) -> bool:
    """Whether the device is one: by its own option, or else by a template."""
    own = chosen.get("webrtc")
    return device.get("endpoint", "webrtc") == "yes" if own is None else truth(own) is True


def prepare(device: Device, settings: SipSettings) -> None:
    """What browsers get unless a template or an option says otherwise."""
    device.put("endpoint", "webrtc", "yes")
    found = {**DEFAULTS, "allow": "!all," + ",".join(settings.browser_codecs)}
    if BROWSERS_TRANSPORT in settings.named_transports:
        found["transport"] = BROWSERS_TRANSPORT
    else:
        device.refuse("webrtc", "yes", "has no web socket to come by: OVIX_SIP_WS_PORT is 0")
    for option, text in found.items():
        if device.get("endpoint", option) is None:
            device.put("endpoint", option, text)


def finish(device: Device) -> None:
    """No browser speaks anything but DTLS, whatever was said of the line's encryption."""
    device.put("endpoint", "media_encryption", "dtls")


__all__ = ["devices_of", "finish", "is_browser", "prepare"]
