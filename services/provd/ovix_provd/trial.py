"""``python -m ovix_provd.trial PLACE…``: whether plugin packages work here, before they are used.

A place is an archive, or a folder of archives. Each package is unpacked into a directory of its
own, loaded by the plugin host as provd loads it, and asked to configure, serve and forget a phone
of each of its capabilities with everything that a configuration can hold. Nothing is installed, no
database and no network are used (reference/provd/acceptance.md, E21; plugins.md, 3 and 12).
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from .host.client import PluginHost
from .plugins import Plugin, PluginError
from .raw_configs import merged
from .repository import archives
from .repository.package import BadPackage, Document
from .settings import ProvdSettings
from .surface.devices.config import RawConfigError, checked

MAC = "00:11:22:33:44:55"
SERVER: Document = {"ip": "192.0.2.1", "http_port": 8667, "tftp_port": 69}
_IP = "192.0.2.1"
_LINE = {"proxy_ip": _IP, "registrar_ip": _IP, "password": "secret", "number": "1001"}
_KEYS = ("speeddial", "blf", "park")
WHOLE: Document = SERVER | {
    "sip_lines": {
        "1": _LINE | {"username": "line1", "display_name": "Élise <1001>", "voicemail": "*98"},
        "2": _LINE | {"username": "line2", "display_name": "Second", "backup_proxy_ip": _IP},
    },
    "sccp_call_managers": {"1": {"ip": "192.0.2.1"}, "2": {"ip": "192.0.2.2"}},
    "funckeys": {
        str(position): {"type": kind, "value": f"12{position:02}", "label": kind, "line": 1}
        for position, kind in enumerate(_KEYS, 1)
    },
    "ntp_enabled": True, "ntp_ip": "192.0.2.123", "dns_enabled": True, "dns_ip": "192.0.2.53",
    "vlan_enabled": True, "vlan_id": 100, "vlan_priority": 5, "vlan_pc_port_id": 200,
    "syslog_enabled": True, "syslog_ip": "192.0.2.14", "syslog_level": "info",
    "admin_username": "admin", "admin_password": "secret",
    "user_username": "user", "user_password": "secret",
    "timezone": "Europe/Paris", "locale": "fr_FR", "sip_dtmf_mode": "RTP-out-of-band",
    "sip_srtp_mode": "preferred", "sip_transport": "udp", "sip_subscribe_mwi": True,
    "X_xivo_phonebook_ip": "192.0.2.1", "X_xivo_phonebook_profile": "default",
    "X_xivo_user_uuid": "00000000-0000-4000-8000-000000000001",
    "exten_dnd": "*25", "exten_fwd_unconditional": "*21", "exten_fwd_no_answer": "*22",
    "exten_fwd_busy": "*23", "exten_fwd_disable_all": "*20", "exten_park": "700",
    "exten_pickup_group": "*8", "exten_pickup_call": "*8", "exten_voicemail": "*98",
}  # fmt: skip
"""All that a configuration can hold (data-model.md, 3) but its protocol, which capabilities say."""


@dataclass(frozen=True)
class Outcome:
    """How one step of a package went; ``reason`` is None where it went well."""

    package: str
    what: str
    reason: str | None = None

    def __str__(self) -> str:
        told = "ok" if self.reason is None else f"failed: {self.reason}"
        return f"{self.package}  {self.what}  {told}"


def capabilities(info: Document) -> Iterator[tuple[str, Document, str]]:
    """What a package says it serves: its name, a device of it, and SIP or SCCP."""
    for name, told in info.get("capabilities", {}).items():
        parts = [part.strip() for part in name.split(",")]
        if len(parts) != 3:
            continue
        keys = ("vendor", "model", "version")
        known = {key: part for key, part in zip(keys, parts, strict=True) if part not in ("", "*")}
        protocol = "SIP"
        if isinstance(told, dict) and "sip.lines" not in told and "sccp.lines" in told:
            protocol = "SCCP"
        device = known | {"id": "trial", "mac": MAC, "ip": "192.0.2.50", "added": "auto"}
        yield name, device, protocol


def packages(places: Iterable[Path]) -> Iterator[Path]:
    """The archives that the places hold, in the order of their names."""
    for place in places:
        yield from sorted(place.glob("*.tar.bz2")) if place.is_dir() else [place]


async def tried(archive: Path, host: PluginHost, storage: Path) -> AsyncIterator[Outcome]:
    """What comes of a package: of loading it, then of each of its capabilities."""
    try:
        plugin_id = archives.top_directory(archive)
        directory = storage / plugin_id
        info = archives.unpack(archive, plugin_id, directory)
        for part in archives.VAR:
            (directory / "var" / part).mkdir(parents=True, exist_ok=True)
    except (BadPackage, OSError) as error:
        yield Outcome(archive.name, "unpacked", str(error))
        return
    try:
        await host.load(plugin_id, directory)
    except PluginError as error:
        yield Outcome(archive.name, "loaded", str(error))
        return
    yield Outcome(archive.name, "loaded")
    for name, device, protocol in capabilities(info):
        yield Outcome(archive.name, name, await _fault(host[plugin_id], device, protocol))
    await host.unload(plugin_id)


async def _fault(plugin: Plugin, device: Document, protocol: str) -> str | None:
    raw_config: dict[str, Any] = checked(merged(WHOLE, {"protocol": protocol}))
    try:
        await plugin.configure(device, raw_config)
        await plugin.trigger_filename(device)
        await plugin.deconfigure(device)
    except (PluginError, RawConfigError) as error:
        return str(error)
    return None


async def main(places: Iterable[Path]) -> int:
    """Print what came of each package; 0 when all went well, 1 otherwise."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    failed = 0
    with tempfile.TemporaryDirectory(prefix="ovix-trial-") as directory:
        storage = Path(directory)
        (storage / "plugins").mkdir()
        host = PluginHost(ProvdSettings(storage_dir=storage, external_ip=SERVER["ip"]))
        await host.start()
        try:
            for archive in packages(places):
                async for outcome in tried(archive, host, storage / "plugins"):
                    print(outcome, flush=True)  # noqa: T201
                    failed += outcome.reason is not None
        finally:
            await host.close()
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print((__doc__ or "").strip(), file=sys.stderr)  # noqa: T201
        sys.exit(2)
    sys.exit(asyncio.run(main(Path(each) for each in sys.argv[1:])))
