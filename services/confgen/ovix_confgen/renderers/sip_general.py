"""pjsip.conf: transports, global and system options; lines and trunks have files of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ovix_confgen.conf_text import Option, section, value
from ovix_confgen.renderers.options import PJSIP_GLOBAL, PJSIP_SYSTEM, Options, checked
from ovix_confgen.rows import Feature, Unsupported

FILE = "pjsip.conf"
LINES_FILE = "pjsip_lines.conf"
TRUNKS_FILE = "pjsip_trunks.conf"
BROWSERS_TRANSPORT = "transport-wss"
"""XiVO's name; browsers come by it whether Asterisk or a proxy before it speaks TLS."""
WEB_SOCKETS = ("ws", "wss")
SHIPPED_GLOBAL = {
    "user_agent": "Ovix",
    "endpoint_identifier_order": "auth_username,username,ip",
}
SHIPPED_SYSTEM = {"timer_t1": "500", "timer_b": "32000"}
"""What ``/asterisk/pjsip`` holds unless it was changed."""


@dataclass(frozen=True)
class SipSettings:
    """Where Asterisk listens for SIP, and what every device gets unless it says otherwise."""

    host: str = "0.0.0.0"
    port: int = 5060
    tcp: bool = False
    tls_port: int = 0
    """0: no TLS."""
    tls_certificate: str = ""
    tls_key: str = ""
    web_sockets: bool = False
    """Whether Asterisk's web server takes browsers."""
    external_address: str = ""
    """Our address as seen from beyond a NAT."""
    local_networks: Sequence[str] = ()
    codecs: Sequence[str] = ("alaw", "ulaw", "g722")
    video: bool = False
    """Whether a device has video unless it says otherwise."""
    browser_codecs: Sequence[str] = ("opus", "g722", "alaw", "ulaw")
    language: str = "fr_FR"
    qualify_frequency_s: int = 60
    session_limit_s: int = 36000
    """A channel this old is a ghost."""
    transport_more: Sequence[tuple[str, str, str]] = ()
    """Protocol (empty: any), option and value that ``/asterisk/sip/general`` adds."""
    named_transports: Sequence[str] = ()
    """Names of all that are served, with those that confd was told of."""

    @property
    def transports(self) -> tuple[str, ...]:
        """Protocols that are served; the transport of each is ``transport-<protocol>``."""
        optional = (("tcp", self.tcp), ("tls", bool(self.tls_port)))
        browsers = WEB_SOCKETS if self.web_sockets else ()
        return ("udp", *(name for name, on in optional if on), *browsers)

    def transport_named(self, text: str) -> str | None:
        """The transport that a device's option means: ``udp``, ``tcp,udp`` or its name."""
        if text in self.named_transports:
            return text
        for word in text.lower().split(","):
            protocol = word.strip().removeprefix("transport-")
            if protocol in self.transports:
                return f"transport-{protocol}"
        return None


def render(
    features: Iterable[Feature], transports: str, options: Options, system: Options
) -> tuple[str, list[Unsupported]]:
    """The whole of pjsip.conf; ``options`` are those of the global object."""
    own_box = next((feature.exten for feature in features if feature.feature == "vmusermsg"), None)
    default = {"default_voicemail_extension": own_box} if own_box else {}
    objects = (("global", {**default, **options}, PJSIP_GLOBAL), ("system", system, PJSIP_SYSTEM))
    parts: list[str] = []
    ignored: list[Unsupported] = []
    for name, given, kinds in objects:
        # The type is ours to write, and documented as an option.
        own = {option: text for option, text in given.items() if option != "type"}
        written, refused = checked(FILE, name, own, kinds)
        parts.append(section(name, [("type", name), *written]))
        ignored += refused
    parts += [transports, f'#include "{LINES_FILE}"\n', f'#include "{TRUNKS_FILE}"\n']
    return "".join(parts), ignored


def transport_options(settings: SipSettings, protocol: str) -> Iterable[Option]:
    """What the settings say of the transport of a protocol that is served."""
    if protocol in WEB_SOCKETS:
        # The web server listens; PJSIP wants an address all the same.
        yield from (("protocol", protocol), ("bind", "0.0.0.0"))
        return
    port = settings.tls_port if protocol == "tls" else settings.port
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    yield from (("protocol", protocol), ("bind", f"{host}:{port}"))
    yield "tos", "af31"
    if protocol == "tls":
        yield "cert_file", value(settings.tls_certificate)
        yield "priv_key_file", value(settings.tls_key)
        yield "method", "tlsv1_2"
    if settings.external_address:
        yield "external_signaling_address", value(settings.external_address)
        yield "external_media_address", value(settings.external_address)
    for network in settings.local_networks:
        yield "local_net", value(network)
