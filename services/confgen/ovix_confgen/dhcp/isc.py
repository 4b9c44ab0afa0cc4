"""dhcpd.conf of ISC's server (dhcpd.conf(5), dhcp-eval(5), dhcp-options(5))."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ovix_confgen.dhcp.network import Plan
from ovix_confgen.dhcp.vendors import (
    BOOT_SERVER,
    FILE,
    SERVER,
    SIP_SERVERS,
    TFTP_SERVERS,
    URL,
    VENDOR,
    VENDOR_CLASSES,
    Addresses,
    Condition,
    Ends,
    Identified,
    Is,
    Made,
    Starts,
    UserClassEnds,
    VendorClass,
    told,
)

FILE_NAME, INTERFACES_FILE = "dhcpd.conf", "dhcpd-interfaces"
CUSTOM = "custom"
CUSTOM_GLOBAL, CUSTOM_SUBNET, CUSTOM_POOL = "dhcpd.conf", "subnet.conf", "pool.conf"

_IDENTIFIER = "option vendor-class-identifier"
_NAMES = {
    SERVER: "tftp-server-name",
    FILE: "bootfile-name",
    URL: "default-url",
    VENDOR: "vendor-encapsulated-options",
    SIP_SERVERS: "ovix-sip-servers",
    TFTP_SERVERS: "ovix-tftp-servers",
    BOOT_SERVER: "ovix-boot-server",
}
_DECLARED = f"""\
option {_NAMES[SIP_SERVERS]} code {SIP_SERVERS} = string;
option {_NAMES[TFTP_SERVERS]} code {TFTP_SERVERS} = string;
option {_NAMES[BOOT_SERVER]} code {BOOT_SERVER} = text;
"""


def render(plan: Plan, directory: Path) -> str:
    """The whole file; ``directory`` is where the operator's own parts lie, in ``custom``."""
    custom = directory / CUSTOM
    parts = [_DECLARED, _general(plan), *(_class(each, plan.addresses) for each in VENDOR_CLASSES)]
    parts.append(f'include "{custom / CUSTOM_GLOBAL}";\n')
    parts.append(_subnet(plan, custom) if plan.active else "# DHCP is not active: see /1.1/dhcp.\n")
    return "\n".join(parts)


def render_interfaces(plan: Plan) -> str:
    """What the service's start script reads; empty: every interface that has a subnet here."""
    return f'INTERFACESv4="{" ".join(plan.interfaces)}"\nINTERFACESv6=""\n'


def _general(plan: Plan) -> str:
    lines = [
        "ddns-update-style none;",
        f"default-lease-time {plan.lease_s};",
        f"max-lease-time {max(plan.lease_s, 86400)};",
    ]
    if plan.hook:
        lines += [*_told_to_provd(plan.hook)]
    return "\n".join(lines) + "\n"


def _told_to_provd(hook: str) -> Iterator[str]:
    """A commit tells who it is; of a lease that ends only the address is sure."""
    ip = 'binary-to-ascii(10, 8, ".", leased-address)'
    mac = 'binary-to-ascii(16, 8, ":", substring(hardware, 1, 6))'
    vendor = f'pick-first-value(binary-to-ascii(16, 8, ".", {_IDENTIFIER}), "")'
    yield f'on commit {{ execute("{hook}", "commit", {ip}, {mac}, {vendor}); }}'
    for event in ("expiry", "release"):
        yield f'on {event} {{ execute("{hook}", "{event}", {ip}); }}'


def _class(vendor_class: VendorClass, addresses: Addresses) -> str:
    conditions = "\n     or ".join(_test(each) for each in vendor_class.any_of)
    exceptions = "".join(f"\n    and not ({_test(each)})" for each in vendor_class.none_of)
    name = f"ovix-{vendor_class.name}"
    lines = [f'class "{name}" {{', f"  match if ({conditions}){exceptions};"]
    mac = 'binary-to-ascii(16, 8, ":", substring(hardware, 1, 6))'
    lines.append(f'  log(info, concat("{name}: ", {mac}));')
    lines += [
        f"  option {_NAMES[code]} {_value(each)};" for code, each in told(vendor_class, addresses)
    ]
    if vendor_class.boot_file is not None:
        lines.append(f"  next-server {addresses.tftp_name};")
        lines.append(f"  filename {quoted(vendor_class.boot_file)};")
    return "\n".join([*lines, "}", ""])


def _test(condition: Condition) -> str:
    match condition:
        case Starts(text):
            return f"substring({_IDENTIFIER}, 0, {len(text)}) = {_value(text)}"
        case Is(text):
            return f"{_IDENTIFIER} = {_value(text)}"
        case Ends(text):
            return f"suffix({_IDENTIFIER}, {len(text)}) = {_value(text)}"
        case UserClassEnds(text):
            return f"suffix(option user-class, {len(text)}) = {_value(text)}"
        case Made(prefix):
            return f"substring(hardware, 0, 4) = 1:{prefix}"
        case Identified():
            return "exists vendor-class-identifier"


def _subnet(plan: Plan, custom: Path) -> str:
    assert plan.network is not None
    assert plan.pool is not None
    lines = [f"subnet {plan.network.network_address} netmask {plan.network.netmask} {{"]
    for name, addresses in (
        ("routers", plan.routers),
        ("domain-name-servers", plan.name_servers),
        ("ntp-servers", plan.time_servers),
    ):
        if addresses:
            lines.append(f"  option {name} {', '.join(str(each) for each in addresses)};")
    if plan.sip_servers:
        encoded = b"\1" + b"".join(each.packed for each in plan.sip_servers)
        lines.append(f"  option {_NAMES[SIP_SERVERS]} {_value(encoded)};")
    lines.append(f'  include "{custom / CUSTOM_SUBNET}";')
    lines += ["  pool {", f"    range {plan.pool[0]} {plan.pool[1]};", *_permissions(plan)]
    lines += [f'    include "{custom / CUSTOM_POOL}";', "  }", "}", ""]
    return "\n".join(lines)


def _permissions(plan: Plan) -> Iterable[str]:
    """A pool with a list of who may have its addresses refuses everybody else."""
    if plan.any_client:
        return ()
    return (f'    allow members of "ovix-{each.name}";' for each in VENDOR_CLASSES)


def _value(value: str | bytes) -> str:
    if isinstance(value, str) and value.isprintable():
        return quoted(value)
    return (value if isinstance(value, bytes) else value.encode()).hex(":")


def quoted(text: str) -> str:
    """A text of ISC's syntax."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
