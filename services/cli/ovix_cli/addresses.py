"""Which service listens where, and whether those ports are free before anything starts."""

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["tcp", "udp"]


@dataclass(frozen=True)
class Port:
    """A port of one service; ``variable`` is the environment variable that moves it."""

    service: str
    variable: str
    default: int
    purpose: str
    kind: Kind = "tcp"

    @property
    def number(self) -> int:
        return int(os.environ.get(self.variable, self.default))


AUTH = Port("auth", "OVIX_AUTH_PORT", 9497, "tokens and accounts")
CONFD = Port("confd", "OVIX_CONFD_PORT", 9486, "configuration")
PROVD = Port("provd", "OVIX_PROVD_PORT", 8666, "phones and their configurations")
PHONES_HTTP = Port("provd", "OVIX_PROVD_HTTP_PORT", 8667, "phones' files by HTTP")
PHONES_TFTP = Port("provd", "OVIX_PROVD_TFTP_PORT", 69, "phones' files by TFTP", kind="udp")
DIRD = Port("dird", "OVIX_DIRD_PORT", 9489, "directories")
PHONES_DIRECTORY = Port("dird", "OVIX_DIRD_PHONES_PORT", 9498, "phones' directory by HTTP")
PHONES_DIRECTORY_TLS = Port("dird", "OVIX_DIRD_PHONES_TLS_PORT", 9499, "phones' directory by HTTPS")
CALLD = Port("calld", "OVIX_CALLD_PORT", 9500, "calls and call logs")
WEBSOCKET = Port("calld", "OVIX_CALLD_WEBSOCKET_PORT", 9502, "events by websocket")
CONFGEN = Port("confgen", "OVIX_CONFGEN_PORT", 9669, "Asterisk's files")
AGID = Port("agid", "OVIX_AGID_PORT", 4573, "Asterisk's questions (FastAGI)")
AGID_HTTP = Port("agid", "OVIX_AGID_HTTP_PORT", 4574, "health and metrics of agid")
AMI = Port("asterisk", "OVIX_AMI_PORT", 5038, "Asterisk's manager interface")
SIP = Port("asterisk", "OVIX_SIP_PORT", 5060, "phones (SIP)", kind="udp")

SIP_WS = Port("asterisk", "OVIX_SIP_WS_PORT", 5039, "browsers (SIP by websocket)")

SERVICE_PORTS = (
    AUTH, CONFD, PROVD, PHONES_HTTP, PHONES_TFTP, DIRD, PHONES_DIRECTORY, PHONES_DIRECTORY_TLS,
    CALLD, WEBSOCKET, CONFGEN, AGID, AGID_HTTP,
)  # fmt: skip
ASTERISK_PORTS = (AMI, SIP, SIP_WS)
HTTP_PORTS: Mapping[str, Port] = {
    "auth": AUTH,
    "confd": CONFD,
    "provd": PROVD,
    "dird": DIRD,
    "calld": CALLD,
    "confgen": CONFGEN,
    "agid": AGID_HTTP,
}
"""Where each service answers ``/status``, ``/metrics`` and the health checks."""
VERSIONS = {
    "auth": "0.1", "confd": "1.1", "provd": "provd", "dird": "0.1", "calld": "1.0",
    "confgen": "1.0",
}  # fmt: skip
"""The path prefix of each public API."""


def taken(ports: Iterable[Port], host: str) -> list[Port]:
    """The ports of this list that another program holds already.

    ``host`` is where the APIs listen; phones come from anywhere.
    """
    return [port for port in ports if not _is_free(port, _where(port, host))]


def may_serve_tftp() -> bool:
    """Whether this user may open phones' TFTP port: below 1024 it needs a right."""
    host = _where(PHONES_TFTP, "0.0.0.0")
    with socket.socket(_family(host), socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, PHONES_TFTP.number))
        except PermissionError:
            return False
        except OSError:
            return True
    return True


def _where(port: Port, host: str) -> str:
    variables = {SIP: "OVIX_SIP_HOST"}
    variables |= dict.fromkeys((PHONES_HTTP, PHONES_TFTP), "OVIX_PROVD_PHONES_HOST")
    variables |= dict.fromkeys((PHONES_DIRECTORY, PHONES_DIRECTORY_TLS), "OVIX_DIRD_PHONES_HOST")
    return (os.environ.get(variables[port]) or "0.0.0.0") if port in variables else host


def explain(conflicts: Iterable[Port]) -> str:
    """What to tell the user about ports that are taken."""
    lines = [
        f"  {port.kind} port {port.number} ({port.service}: {port.purpose})"
        f" is taken; choose another with {port.variable}=…"
        for port in conflicts
    ]
    hint = "Stop the programs that hold them (is another 'ovix up' running?) or move Ovix."
    return "\n".join(["Some ports are not free:", *lines, hint])


def base_url(service: str, host: str = "127.0.0.1") -> str:
    """``http://host:port`` of a service's HTTP side."""
    return f"http://{host}:{HTTP_PORTS[service].number}"


def own_address() -> str:
    """The address under which others in the network find this machine, as far as it is known."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: this only asks the kernel which address it would use (RFC 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _is_free(port: Port, host: str) -> bool:
    kind = socket.SOCK_DGRAM if port.kind == "udp" else socket.SOCK_STREAM
    with socket.socket(_family(host), kind) as probe:
        if port.kind == "tcp":
            # Connections of the last run that linger in TIME_WAIT do not hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port.number))
        except PermissionError:
            return True  # nobody may have it; that is told elsewhere
        except OSError:
            return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
