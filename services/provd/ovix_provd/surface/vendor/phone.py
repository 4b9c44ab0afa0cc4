"""What a phone is to be set to, with every default and inheritance resolved: templates' ``phone``.

Source: reference/provd/data-model.md, 3. Texts come here written for the format (`text`), so what
templates put into a file can't be anything but a value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from ..devices.config import no_server
from .zones import Zone

Document = Mapping[str, Any]
Transport = Literal["udp", "tcp", "tls"]
Srtp = Literal["disabled", "preferred", "required"]

SIP_PORT = 5060
SIPS_PORT = 5061
MOST_POSITIONS = 1000
"""Lines and keys beyond are no phone's: templates count up to the last one."""
CODECS = ("PCMA", "PCMU", "G722", "G729")
"""What phones offer, best first, unless the configuration has ``X_codecs``."""


@dataclass(frozen=True, slots=True)
class Server:
    """A SIP server."""

    host: str
    port: int
    """As given, else the transport's own."""


@dataclass(frozen=True, slots=True)
class Line:
    """A SIP account."""

    position: int
    """From 1."""
    username: str
    auth_username: str
    password: str
    display_name: str
    number: str
    proxy: Server
    backup_proxy: Server | None
    registrar: Server
    backup_registrar: Server | None
    outbound_proxy: Server | None
    transport: Transport
    srtp: Srtp
    dtmf: str | None
    """``RTP-in-band``, ``RTP-out-of-band``, ``SIP-INFO``; None: the phone chooses."""
    voicemail: str | None
    """The number that reads it."""
    subscribe_mwi: bool

    @property
    def label(self) -> str:
        """What stands beside the line's key."""
        return self.number or self.display_name or self.username

    @property
    def route(self) -> Server | None:
        """Where its requests go first, where that isn't the registrar."""
        return self.outbound_proxy or (self.proxy if self.proxy != self.registrar else None)

    @property
    def backup_route(self) -> Server | None:
        """The same beside the backup registrar."""
        other = self.backup_proxy if self.backup_proxy != self.backup_registrar else None
        return self.outbound_proxy or other


@dataclass(frozen=True, slots=True)
class Key:
    """A function key."""

    position: int
    type: str
    """``speeddial``, ``blf``, ``park``."""
    value: str
    """What it dials; for ``park`` without one, the code that parks."""
    label: str
    line: int
    """The position of the account that it uses."""


@dataclass(frozen=True, slots=True)
class Vlan:
    id: int
    """0: frames carry a priority only."""
    priority: int | None
    pc_port_id: int | None
    """Of the port for a computer; None: untagged."""


@dataclass(frozen=True, slots=True)
class Syslog:
    host: str
    port: int
    level: str
    """``critical``, ``error``, ``warning``, ``info``, ``debug``."""


@dataclass(frozen=True, slots=True)
class Account:
    """Of the phone's own web pages and menus; what is None stays as it is."""

    username: str | None
    password: str | None


@dataclass(frozen=True, slots=True)
class Phone:
    mac: str
    """12 hexadecimal digits, lower case; upper case is ``MAC``."""
    model: str
    server_url: str
    """Where the phone's files are: no trailing slash."""
    transport: Transport
    lines: tuple[Line, ...]
    keys: tuple[Key, ...]
    codecs: tuple[str, ...]
    """By their names in SDP, upper case, best first; templates leave out what the phone hasn't."""
    zone: Zone | None
    language: str | None
    """``fr``."""
    country: str | None
    """``FR``."""
    dns: str | None
    ntp: str | None
    vlan: Vlan | None
    syslog: Syslog | None
    admin: Account
    user: Account
    phonebook_url: str | None
    has_authorities: bool
    """Certificates of authorities to trust were given: they are in the plugin's file for them."""
    has_identity: bool
    """So were the phone's own certificate and key."""
    capacity: Mapping[str, Any]
    """The capabilities of the model: lines, function_keys, expansion_modules…"""

    @property
    def MAC(self) -> str:
        return self.mac.upper()

    def line(self, position: int) -> Line | None:
        """The account of that position."""
        return next((line for line in self.lines if line.position == position), None)

    def key(self, position: int) -> Key | None:
        """The function key of that position."""
        return next((key for key in self.keys if key.position == position), None)

    @property
    def line_places(self) -> int:
        """How many accounts there are to set or to clear."""
        last = self.lines[-1].position if self.lines else 0
        return int(self.capacity.get("lines", last or 1))

    @property
    def key_places(self) -> int:
        """How many function keys there are to set or to clear; those of modules only as needed."""
        last = self.keys[-1].position if self.keys else 0
        own = int(self.capacity.get("function_keys", last))
        modules = int(self.capacity.get("expansion_modules", 0))
        return max(own, min(last, own + modules * int(self.capacity.get("module_keys", 0))))

    def places(self) -> dict[int, Line | Key]:
        """What is where on a phone whose accounts can't be used without a key of the same row.

        An account stands where its position is, and so does a function key; one whose place is
        an account's moves to the first free one. On other phones a function key is the key of its
        number whatever accounts there are, as the reference numbers keys and knows no exception.
        """
        found: dict[int, Line | Key] = {line.position: line for line in self.lines}
        homeless = [key for key in self.keys if key.position in found]
        found |= {key.position: key for key in self.keys if key.position not in found}
        free = (place for place in count(1) if place not in found)
        for key in homeless:
            found[next(free)] = key
        return found


def phone_of(
    device: Document,
    raw_config: Document,
    *,
    mac: str,
    zone: Zone | None,
    capacity: Mapping[str, Any],
) -> Phone:
    """The settings of a device whose texts are written already; raises `RawConfigError`."""
    language, _, country = str(raw_config.get("locale") or "").partition("_")
    return Phone(
        mac=mac,
        model=str(device.get("model") or ""),
        server_url=server_url(raw_config),
        transport=_transport(raw_config),
        lines=tuple(
            _line(position, line, raw_config)
            for position, line in _numbered(raw_config.get("sip_lines"))
        ),
        keys=tuple(
            key
            for position, document in _numbered(raw_config.get("funckeys"))
            if (key := _key(position, document, raw_config)) is not None
        ),
        codecs=_codecs(raw_config.get("X_codecs")),
        zone=zone,
        language=language or None,
        country=country or None,
        dns=raw_config.get("dns_ip") if raw_config.get("dns_enabled") else None,
        ntp=raw_config.get("ntp_ip") if raw_config.get("ntp_enabled") else None,
        vlan=_vlan(raw_config),
        syslog=_syslog(raw_config),
        admin=_account(raw_config, "admin"),
        user=_account(raw_config, "user"),
        phonebook_url=raw_config.get("XX_xivo_phonebook_url"),
        has_authorities=bool(raw_config.get("sip_servers_root_and_intermediate_certificates")),
        has_identity=bool(
            raw_config.get("sip_local_certificate") and raw_config.get("sip_local_key")
        ),
        capacity=capacity,
    )


def server_url(raw_config: Document) -> str:
    """Where phones' files are."""
    url = raw_config.get("http_base_url")
    if url is None:
        return f"http://{raw_config['ip']}:{raw_config['http_port']}"
    return str(url).rstrip("/")


def _numbered(documents: Any) -> list[tuple[int, Document]]:
    """The objects whose names are numbers from 1 up, in their order."""
    found = documents.items() if isinstance(documents, Mapping) else ()
    numbered = [
        (int(name), document)
        for name, document in found
        if re.fullmatch("0*[1-9][0-9]{0,3}", name) and isinstance(document, Mapping)
    ]
    bounded = (one for one in numbered if one[0] <= MOST_POSITIONS)
    return sorted(bounded, key=lambda one: one[0])


def _line(position: int, line: Document, raw_config: Document) -> Line:
    transport = _transport(raw_config)
    proxy = _server("proxy", transport, line, raw_config)
    if proxy is None:
        raise no_server(position)
    backup_proxy = _server("backup_proxy", transport, line, raw_config)
    username = _word(line.get("username"))
    mode = raw_config.get("sip_srtp_mode")
    return Line(
        position=position,
        username=username,
        auth_username=_word(line.get("auth_username")) or username,
        password=_word(line.get("password")),
        display_name=_word(line.get("display_name")),
        number=_word(line.get("number")),
        proxy=proxy,
        backup_proxy=backup_proxy,
        registrar=_server("registrar", transport, line, raw_config, proxy) or proxy,
        backup_registrar=_server("backup_registrar", transport, line, raw_config, backup_proxy)
        or backup_proxy,
        outbound_proxy=_server("outbound_proxy", transport, line, raw_config),
        transport=transport,
        srtp=_srtp(line.get("srtp_mode", mode)),
        dtmf=line.get("dtmf_mode", raw_config.get("sip_dtmf_mode")) or None,
        voicemail=_word(line.get("voicemail") or raw_config.get("exten_voicemail")) or None,
        subscribe_mwi=bool(raw_config.get("sip_subscribe_mwi")),
    )


def _server(
    name: str, transport: Transport, line: Document, above: Document, twin: Server | None = None
) -> Server | None:
    """The line's own, else that of all lines; where ``twin`` is the same host, its port too."""
    host, port = line.get(f"{name}_ip"), line.get(f"{name}_port")
    if not host:
        host, port = above.get(f"sip_{name}_ip"), port or above.get(f"sip_{name}_port")
    if not host:
        return None
    if not port and twin is not None and twin.host == host:
        return twin
    return Server(str(host), int(port or (SIPS_PORT if transport == "tls" else SIP_PORT)))


def _key(position: int, key: Document, raw_config: Document) -> Key | None:
    kind, value = _word(key.get("type")), _word(key.get("value"))
    if kind == "park" and not value:
        value = _word(raw_config.get("exten_park"))
    if kind not in ("speeddial", "blf", "park") or not value:
        return None
    line = key.get("line")
    return Key(position, kind, value, _word(key.get("label")) or value, int(line or 1))


def _codecs(names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or not names:
        return CODECS
    return tuple(dict.fromkeys(str(name).upper() for name in names))


def _transport(raw_config: Document) -> Transport:
    transport = raw_config.get("sip_transport")
    return transport if transport in ("tcp", "tls") else "udp"


def _srtp(mode: Any) -> Srtp:
    return mode if mode in ("preferred", "required") else "disabled"


def _vlan(raw_config: Document) -> Vlan | None:
    if not raw_config.get("vlan_enabled"):
        return None
    return Vlan(
        int(raw_config["vlan_id"]),
        raw_config.get("vlan_priority"),
        raw_config.get("vlan_pc_port_id"),
    )


def _syslog(raw_config: Document) -> Syslog | None:
    host = raw_config.get("syslog_ip") if raw_config.get("syslog_enabled") else None
    if not host:
        return None
    level = raw_config.get("syslog_level") or "warning"
    return Syslog(str(host), int(raw_config.get("syslog_port") or 514), str(level))


def _account(raw_config: Document, whose: str) -> Account:
    return Account(
        raw_config.get(f"{whose}_username") or None, raw_config.get(f"{whose}_password") or None
    )


def _word(value: Any) -> str:
    """A text; what templates of configurations wrote as a number is one too."""
    if value is None or isinstance(value, bool):
        return ""
    return value if isinstance(value, str) else str(value)
