"""Files about Asterisk itself whose values come from the settings or from what others read.

manager.conf, http.conf, cel.conf, cel_custom.conf, rtp.conf, features.conf and the general sections
of queues.conf and sccp.conf; the files without any value are packaged as they are in ``static/``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ovix_asterisk.cel_spool import APPLICATIONS, EVENTS, MAPPING
from ovix_asterisk.channel_variables import MANAGER_CHANNEL_VARIABLES

from ovix_confgen.conf_text import section, value
from ovix_confgen.renderers.options import (
    APPLICATION,
    FEATURE_MAP,
    FEATURES_GENERAL,
    Options,
    rendered,
)
from ovix_confgen.rows import Unsupported

SCCP_SHIPPED = {
    "directmedia": "no", "dialtimeout": "5", "keepalive": "10", "language": "en_US", "allow": "",
    "guest": "no", "max_guests": "100",
}  # fmt: skip
"""Source: reference/confd/settings-wizard-misc.md, "Defaults"."""
_SPOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class ManagerSettings:
    """The AMI, and who may use it."""

    address: str = "127.0.0.1"
    port: int = 5038
    username: str = "ovix"
    password: str = ""
    networks: Sequence[str] = ("127.0.0.1/32",)


def render_manager(settings: ManagerSettings) -> str:
    """manager.conf: one account for our services; no command line, no shell."""
    general = section(
        "general",
        [
            ("enabled", "yes"),
            ("webenabled", "no"),
            ("bindaddr", value(settings.address)),
            ("port", str(settings.port)),
            ("displayconnects", "no"),
            ("timestampevents", "no"),
            ("allowmultiplelogin", "yes"),
            ("authtimeout", "5"),
            ("authlimit", "20"),
            ("channelvars", ",".join(MANAGER_CHANNEL_VARIABLES)),
        ],
    )
    if not settings.password:
        return general
    account = section(
        value(settings.username),
        [
            ("secret", value(settings.password)),
            ("deny", "0.0.0.0/0.0.0.0"),
            *(("permit", value(network)) for network in settings.networks),
            ("read", "system,call,agent,user,config,dtmf,reporting,dialplan,cdr"),
            ("write", "system,call,agent,user,config,command,reporting,originate,dialplan"),
            ("writetimeout", "5000"),
            # Whole installations answer in one go (Status, hints): nothing of it may be dropped.
        ],
    )
    return general + account


@dataclass(frozen=True)
class WebSocketSettings:
    """Asterisk's web server, which is there for browsers that speak SIP."""

    host: str = "127.0.0.1"
    port: int = 0
    """0: nothing is served over HTTP."""
    tls_host: str = "0.0.0.0"
    tls_port: int = 0
    tls_certificate: str = ""
    tls_key: str = ""


MOST_BROWSERS = 5000
"""Web sockets at once; Asterisk's own limit of 100 would end at the hundredth browser."""


def render_http(settings: WebSocketSettings) -> str:
    """http.conf: ``/ws`` and nothing else, as everything that adds to it is not loaded."""
    if not settings.port:
        return section("general", [("enabled", "no")])
    options = [
        ("enabled", "yes"),
        ("servername", "Ovix"),
        ("bindaddr", value(settings.host)),
        ("bindport", str(settings.port)),
        ("sessionlimit", str(MOST_BROWSERS)),
        ("enable_static", "no"),
        ("enable_status", "no"),
    ]
    if settings.tls_port:
        options += [
            ("tlsenable", "yes"),
            ("tlsbindaddr", value(f"{settings.tls_host}:{settings.tls_port}")),
            ("tlscertfile", value(settings.tls_certificate)),
            ("tlsprivatekey", value(settings.tls_key)),
        ]
    return section("general", options)


def render_cel() -> str:
    """cel.conf: what is recorded; ``dateformat`` stays unset, calld reads seconds.microseconds."""
    return section(
        "general",
        [
            ("enable", "yes"),
            ("apps", ",".join(APPLICATIONS)),
            ("events", ",".join(EVENTS)),
        ],
    ) + section("manager", [("enabled", "no")])


def render_cel_custom(spool_name: str) -> str:
    """cel_custom.conf: the CSV file that calld reads; Asterisk puts it in its log directory."""
    if not _SPOOL_NAME.fullmatch(spool_name):
        raise ValueError(f"OVIX_CEL_SPOOL: '{spool_name}' is no name of a file")
    return f"[mappings]\n{spool_name} => {MAPPING}\n"


def render_rtp(
    general: Options, candidates: Options, start: int | None, end: int | None
) -> tuple[str, list[Unsupported]]:
    """rtp.conf; the ports of the settings win: containers and firewalls were opened for them."""
    ports = {"rtpstart": start, "rtpend": end}
    fixed = {name: str(port) for name, port in ports.items() if port is not None}
    text, ignored = rendered("rtp.conf", "general", {**general, **fixed})
    more, also_ignored = rendered("rtp.conf", "ice_host_candidates", candidates)
    return text + more, ignored + also_ignored


def render_features(
    general: Options, keys: Options, applications: Options
) -> tuple[str, list[Unsupported]]:
    """features.conf: keys pressed during a call, and picking up a colleague's phone."""
    file = "features.conf"
    parts = (
        rendered(file, "general", general, FEATURES_GENERAL),
        rendered(file, "featuremap", keys, FEATURE_MAP),
        rendered(file, "applicationmap", applications, APPLICATION),
    )
    return "".join(text for text, _ in parts), [each for _, ignored in parts for each in ignored]


def render_queues(general: Options) -> tuple[str, list[Unsupported]]:
    """queues.conf: what is true of every queue."""
    return rendered("queues.conf", "general", general)


def render_sccp(general: Options) -> tuple[str, list[Unsupported]]:
    """sccp.conf, for a chan_sccp of the operator's own: no Asterisk brings one (F-122)."""
    file, name = "sccp.conf", "general"
    given = {option: text for option, text in general.items() if text.strip()}
    text, ignored = rendered(file, name, given)
    told = [
        Unsupported(file, name, option, chosen, "is for SCCP, which Asterisk does not speak")
        for option, chosen in sorted(general.items())
        if SCCP_SHIPPED.get(option) != chosen
    ]
    return text, told or ignored
