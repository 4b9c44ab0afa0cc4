"""What a DHCP server is to give: from ``/dhcp``, ``/provisioning/networking`` and the settings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from pathlib import Path
from typing import Any

from ovix_confgen.dhcp.vendors import Addresses
from ovix_confgen.rows import Unsupported

SMALLEST_PREFIX, WIDEST_PREFIX = 24, 8
"""A network that nobody tells is the smallest that holds the pool, of these sizes."""
_URL = re.compile(r"https?://[A-Za-z0-9._~:\[\]/%-]{1,180}")
_HOST = re.compile(r"(?=.{1,180}$)[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z0-9][A-Za-z0-9-]*)*")
NOWHERE = "127.0.0.1"
_INTERFACE = re.compile(r"[A-Za-z0-9._:@-]{1,15}")


@dataclass(frozen=True)
class DhcpSettings:
    """What the operator says about DHCP beside the configuration API."""

    directory: Path
    network: str
    """``address/prefix``; empty: found from the pool."""
    interface: str
    routers: tuple[str, ...]
    name_servers: tuple[str, ...]
    time_servers: tuple[str, ...]
    sip_servers: tuple[str, ...]
    any_client: bool
    """Whether clients that are no known phone get an address too."""
    lease_s: int
    hook: str
    """The program that tells provd of leases; empty: none does."""
    kea_hooks: Path
    """Where Kea's libraries of hooks lie."""
    provd_host: str
    """Where phones find provd, unless the API says so."""


@dataclass(frozen=True)
class Plan:
    """One network with its pool, and what is told in it."""

    active: bool
    addresses: Addresses
    network: IPv4Network | None = None
    pool: tuple[IPv4Address, IPv4Address] | None = None
    interfaces: tuple[str, ...] = ()
    """None: every one that has an address of the network."""
    routers: tuple[IPv4Address, ...] = ()
    name_servers: tuple[IPv4Address, ...] = ()
    time_servers: tuple[IPv4Address, ...] = ()
    sip_servers: tuple[IPv4Address, ...] = ()
    any_client: bool = False
    lease_s: int = 7200
    hook: str = ""


class Planned:
    """A plan, and what of the configuration could not become part of it."""

    def __init__(
        self,
        dhcp: Mapping[str, Any],
        networking: Mapping[str, Any],
        settings: DhcpSettings,
        file: str,
    ) -> None:
        self.unsupported: list[Unsupported] = []
        self._file = file
        self._settings = settings
        plan = Plan(
            active=False,
            addresses=self._addresses(networking),
            interfaces=tuple(self._interfaces(dhcp)),
            routers=self._listed("routers", settings.routers),
            name_servers=self._listed("name_servers", settings.name_servers),
            time_servers=self._listed("time_servers", settings.time_servers),
            sip_servers=self._listed("sip_servers", settings.sip_servers),
            any_client=settings.any_client,
            lease_s=settings.lease_s,
            hook=self._hook(),
        )
        self.plan = self._with_network(plan, dhcp) if dhcp.get("active") else plan

    def _with_network(self, plan: Plan, dhcp: Mapping[str, Any]) -> Plan:
        """Active, when pool and network go together."""
        if plan.addresses.tftp_name == NOWHERE:
            return self._left_out(plan, "provision_host", "", "nobody says where phones find provd")
        try:
            pool = IPv4Address(dhcp["pool_start"]), IPv4Address(dhcp["pool_end"])
        except (KeyError, AddressValueError) as reason:
            return self._left_out(plan, "pool_start", str(dhcp.get("pool_start")), str(reason))
        text = self._settings.network
        try:
            network = IPv4Network(text, strict=False) if text else network_of(*pool)
        except (AddressValueError, NetmaskValueError, ValueError) as reason:
            return self._left_out(plan, "network", text, str(reason))
        if pool[0] > pool[1] or any(end not in network for end in pool):
            written = f"{pool[0]}-{pool[1]}"
            return self._left_out(plan, "pool_start", written, f"is no range of {network}")
        return replace(plan, active=True, network=network, pool=pool)

    def _addresses(self, networking: Mapping[str, Any]) -> Addresses:
        host = networking.get("provision_host") or self._settings.provd_host
        if host and not (_is_address(host) or _HOST.fullmatch(host)):
            self._tell("provision_host", host, "is no host")
            host = ""
        host = host or NOWHERE
        url = networking.get("provision_http_base_url") or ""
        if url and not _URL.fullmatch(url):
            self._tell("provision_http_base_url", url, "is no URL of a host")
            url = ""
        port = networking.get("provision_http_port") or 8667
        return Addresses(
            http=(url or f"http://{host}:{port}").rstrip("/"),
            tftp_name=host,
            tftp_ip=host if _is_address(host) else None,
        )

    def _interfaces(self, dhcp: Mapping[str, Any]) -> Iterator[str]:
        """Of all, or none: then the server looks for itself."""
        if not self._settings.interface:
            return
        for name in dict.fromkeys((self._settings.interface, *dhcp.get("network_interfaces", ()))):
            if _INTERFACE.fullmatch(name):
                yield name
            else:
                self._tell("network_interfaces", name, "is no name of an interface")

    def _hook(self) -> str:
        hook = self._settings.hook
        if hook and not re.fullmatch(r"/[A-Za-z0-9._/-]{1,200}", hook):
            self._tell("hook", hook, "is no plain path")
            return ""
        return hook

    def _listed(self, option: str, texts: tuple[str, ...]) -> tuple[IPv4Address, ...]:
        for text in texts:
            if not _is_address(text):
                self._tell(option, text, "is no IPv4 address")
        return tuple(IPv4Address(text) for text in texts if _is_address(text))

    def _left_out(self, plan: Plan, option: str, value: str, reason: str) -> Plan:
        self._tell(option, value, reason)
        return plan

    def _tell(self, option: str, value: str, reason: str) -> None:
        self.unsupported.append(Unsupported(self._file, "dhcp", option, value, reason))


def network_of(first: IPv4Address, last: IPv4Address) -> IPv4Network:
    """The smallest network with both, not smaller than 256 addresses."""
    for prefix in range(SMALLEST_PREFIX, WIDEST_PREFIX - 1, -1):
        network = IPv4Network((first, prefix), strict=False)
        if last in network:
            return network
    raise ValueError(f"no network of at least /{WIDEST_PREFIX} holds {first} and {last}")


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
