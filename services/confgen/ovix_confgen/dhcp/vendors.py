"""What phones of each vendor are told: one table, which both servers' syntaxes are made of.

Source: reference/provd/vendors.md, 7 and 8; Polycom's option 160 from its administrator's guide.
No phone is told by two classes: where a vendor's prefixes and its class identifiers ask for
different values, the class of the prefixes excludes phones that send an identifier.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

SERVER, FILE, URL = 66, 67, 114
VENDOR, SIP_SERVERS, TFTP_SERVERS, BOOT_SERVER = 43, 120, 150, 160

HTTP, TFTP_NAME = "{http}", "{tftp_name}"
"""What stands in a value for the address of provd, in the form that is wanted."""

# ---- how phones are recognised ----


@dataclass(frozen=True)
class Starts:
    """The vendor class identifier (option 60) starts so."""

    text: str


@dataclass(frozen=True)
class Is:
    """The vendor class identifier is this."""

    text: str


@dataclass(frozen=True)
class Ends:
    """The vendor class identifier ends so."""

    text: str


@dataclass(frozen=True)
class UserClassEnds:
    """The user class (option 77) ends so: with the length before it (RFC 3004) or without."""

    text: str


@dataclass(frozen=True)
class Made:
    """The first three bytes of an Ethernet address (hardware type 1) are these."""

    prefix: str


@dataclass(frozen=True)
class Identified:
    """There is a vendor class identifier."""


Condition: TypeAlias = Starts | Is | Ends | UserClassEnds | Made | Identified

# ---- what they are told ----


@dataclass(frozen=True)
class Parts:
    """Encapsulated options (RFC 2132, 8.4): a text or the bytes for each code."""

    values: tuple[tuple[int, str | bytes], ...]


Value: TypeAlias = str | Parts
"""A text with the addresses left open, or encapsulated ones."""


@dataclass(frozen=True)
class VendorClass:
    """Phones that get the same: any of the conditions holds, and none of the exceptions."""

    name: str
    any_of: tuple[Condition, ...]
    none_of: tuple[Condition, ...] = ()
    options: Mapping[int, Value] = field(default_factory=dict)
    boot_file: str | None = None
    """In the header, with provd's TFTP as the next server."""


def made(*prefixes: str) -> tuple[Made, ...]:
    """Any of these prefixes of hardware addresses."""
    return tuple(Made(prefix) for prefix in prefixes)


AASTRA = made("00:08:5d", "08:00:0f", "14:00:e9")
CISCO = made("d0:ec:35")
CISCO_SMALL_BUSINESS = made("00:26:99", "50:3d:e5", "00:e1:6d", "00:da:55", "10:bd:18")
LINKSYS = made(
    "00:0c:41", "00:0e:08", "00:0f:66", "00:12:17", "00:13:10", "00:14:bf", "00:16:b6", "00:18:39",
    "00:18:f8", "00:1a:70", "00:1c:10", "00:1d:7e", "00:1e:e5", "00:21:29", "00:22:6b", "00:23:69",
    "00:25:9c", "20:aa:4b", "58:6d:8f", "68:7f:74", "d0:c7:89", "bc:67:1c", "c4:72:95", "54:7c:69",
    "70:1f:53",
)  # fmt: skip
YEALINK = made(
    "00:15:65", "24:9a:d8", "34:97:d7", "44:db:d2", "64:4f:56", "80:5e:0c", "80:5e:c0", "b0:61:a9",
    "c4:fc:22", "e4:34:d7", "ec:1d:a9", "f0:16:53",
)  # fmt: skip

_CISCO_PHONE = "Cisco Systems, Inc. IP Phone "
_CISCO_SPA = (Starts("Cisco SPA"), Starts("CISCO SPA"), Starts(f"{_CISCO_PHONE}SPA"))
_CISCO_3PCC = (Ends("-3PCC\0"), Ends("-3PCC"))
_CISCO_7920 = Starts("Cisco Systems Inc. Wireless Phone 7920")
_PATTON = tuple(
    Starts(model)
    for model in ("SN4112", "SN4114", "SN4116", "SN4118", "SN4316", "SN4324", "SN4332")
)

_TOLD_APART: Sequence[VendorClass] = (
    VendorClass(
        "aastra",
        (Starts("AastraIPPhone"),),
        options={VENDOR: Parts(((2, f"{HTTP}/Aastra"), (3, b"\0")))},
    ),
    VendorClass(
        "aastra-prefix",
        AASTRA,
        none_of=(Starts("AastraIPPhone"),),
        options={SERVER: f"{HTTP}/Aastra"},
    ),
    VendorClass("alcatel-noe", (Is("alcatel.noe.0"),), boot_file="sipconfig.txt"),
    VendorClass("alcatel-sip", (Is("alcatel.sip.0"),), options={VENDOR: Parts(((67, HTTP),))}),
    VendorClass(
        "alcatel-myriad",
        (Is("aledevice"), Is("ictouch.0"), Is("alcatel.ictouch.0")),
        options={VENDOR: Parts(((66, HTTP),))},
    ),
    VendorClass("audiocodes", made("00:90:8f")),
    VendorClass(
        "cisco",
        (
            Starts(_CISCO_PHONE),
            Starts("Cisco Systems Inc. Wireless Phone "),
            Starts("CISCO ATA190"),
            Starts("CISCO ATA191"),
            Starts("CISCO ATA192"),
        ),
        none_of=(*_CISCO_3PCC, *_CISCO_SPA, _CISCO_7920),
        options={SERVER: TFTP_NAME},
    ),
    VendorClass("cisco-7920", (_CISCO_7920,), options={SERVER: TFTP_NAME, TFTP_SERVERS: TFTP_NAME}),
    VendorClass("cisco-3pcc", _CISCO_3PCC, options={SERVER: HTTP}),
    VendorClass("cisco-prefix", CISCO, none_of=(Identified(),), options={SERVER: HTTP}),
    VendorClass(
        "ciscosmb", _CISCO_SPA, none_of=_CISCO_3PCC, options={SERVER: f"{HTTP}/spa$PSN.cfg"}
    ),
    VendorClass(
        "ciscosmb-prefix",
        CISCO_SMALL_BUSINESS,
        none_of=(Identified(),),
        options={SERVER: f"{HTTP}/spa$PSN.cfg"},
    ),
    VendorClass("digium", (Starts("digium_D"),), options={SERVER: f"{HTTP}/Digium"}),
    VendorClass("doro", made("00:1d:29"), options={SERVER: TFTP_NAME}),
    VendorClass(
        "fanvil",
        made("00:a8:59", "0c:38:3e"),
        none_of=(Identified(),),
        options={SERVER: f"{HTTP}/Fanvil/$mac.cfg", VENDOR: f"{HTTP}/Fanvil/$mac.cfg"},
    ),
    VendorClass(
        "gigaset",
        (Starts("Gigaset_N720_DM_PRO"), *made("7c:2f:80", "00:21:04", "58:9e:c6")),
        options={URL: HTTP},
    ),
    VendorClass(
        "grandstream",
        made("00:0b:82", "c0:74:ad", "ec:74:d7"),
        options={SERVER: f"{HTTP}/Grandstream"},
    ),
    VendorClass("htek", made("00:1f:c1"), options={SERVER: HTTP}),
    VendorClass("kirk", made("00:90:33")),
    VendorClass(
        "linksys",
        (Starts("LINKSYS "), *LINKSYS),
        none_of=(Starts("Cisco"), Starts("CISCO"), *_CISCO_3PCC),
        options={SERVER: TFTP_NAME},
    ),
    VendorClass(
        "nortel",
        (Starts("Nortel-i"), *made("00:24:00")),
        none_of=(Starts("Nortel-SIP"),),
        options={SERVER: TFTP_NAME},
    ),
    VendorClass("nortel-sip", (Starts("Nortel-SIP"),), options={SERVER: HTTP}),
    VendorClass("panasonic", (Starts("Panasonic"),), options={SERVER: f"{HTTP}/"}),
    VendorClass("patton", _PATTON, options={SERVER: HTTP}),
    VendorClass(
        "patton-prefix",
        made("00:a0:ba"),
        none_of=(Identified(),),
        options={SERVER: f"{HTTP}/$(system.mac).cfg"},
    ),
    VendorClass(
        "polycom",
        made("00:04:f2", "64:16:7f", "48:25:67"),
        options={SERVER: f"{HTTP}/000000000000.cfg", BOOT_SERVER: f"{HTTP}/000000000000.cfg"},
    ),
    VendorClass("siemens", made("00:01:e3", "00:13:a9")),
    VendorClass("snom", (Starts("snom"),), options={SERVER: HTTP}),
    VendorClass(
        "snom-prefix", made("00:04:13", "00:08:7b"), none_of=(Identified(),), options={SERVER: HTTP}
    ),
    VendorClass(
        "swissvoice", made("00:05:90"), options={SERVER: TFTP_NAME, FILE: "swupdate_ip10.inf"}
    ),
    *(
        VendorClass(
            f"thomson-{model.lower()}",
            (UserClassEnds(f"Thomson {model}"),),
            options={VENDOR: f"{HTTP}/{model}.inf"},
        )
        for model in ("ST2022S", "ST2030S", "TB30S")
    ),
    VendorClass("unidata", made("00:03:2a")),
    VendorClass("yealink", YEALINK, options={SERVER: HTTP}),
    VendorClass("zenitel", made("00:13:cb"), options={SERVER: TFTP_NAME}),
)
KNOWN_PREFIX = VendorClass(
    "known-prefix",
    tuple(each for known in _TOLD_APART for each in known.any_of if isinstance(each, Made)),
)
"""Known makers' phones get an address even when they say to be of a class that nobody knows."""
VENDOR_CLASSES: Sequence[VendorClass] = (*_TOLD_APART, KNOWN_PREFIX)
"""Phones of any other kind get no address, unless the operator says so."""


@dataclass(frozen=True)
class Addresses:
    """Where provd is."""

    http: str
    """``http://host:port``, without a slash at the end."""
    tftp_name: str
    tftp_ip: str | None
    """None: ``tftp_name`` is no address, and options that need one are left out."""


def told(vendor_class: VendorClass, addresses: Addresses) -> Iterator[tuple[int, str | bytes]]:
    """The options of a class by their code: a text, or bytes where it is none."""
    for code, value in vendor_class.options.items():
        if isinstance(value, Parts):
            yield code, b"".join(_part(*each, addresses) for each in value.values)
        elif code == TFTP_SERVERS:
            if addresses.tftp_ip is not None:
                yield code, bytes(int(part) for part in addresses.tftp_ip.split("."))
        else:
            yield code, filled(value, addresses)


def filled(text: str, addresses: Addresses) -> str:
    """A value with provd's address in it."""
    return text.replace(HTTP, addresses.http).replace(TFTP_NAME, addresses.tftp_name)


def _part(code: int, value: str | bytes, addresses: Addresses) -> bytes:
    content = value if isinstance(value, bytes) else filled(value, addresses).encode()
    return bytes((code, len(content))) + content
