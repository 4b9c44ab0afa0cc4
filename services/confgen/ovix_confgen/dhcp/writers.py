"""The files of DHCP servers, made of stored settings; and what operators add to them."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ovix_confgen import files
from ovix_confgen.dhcp import isc, kea
from ovix_confgen.dhcp.network import DhcpSettings, Planned
from ovix_confgen.rows import Unsupported
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.source import Source

Report: TypeAlias = Callable[[Iterable[Unsupported]], None]
Write: TypeAlias = Callable[[Source, ConfgenSettings, Report], AsyncIterator[str]]

HEADER = "# Written by Ovix: it is replaced at the next change. See docs/operators/dhcp.md.\n\n"
LARGEST_CUSTOM = 1 << 20
_STARTS = {
    isc.CUSTOM_GLOBAL: "# Your own options, classes and subnets, for all clients.\n",
    isc.CUSTOM_SUBNET: "# Your own options of the phones' network.\n",
    isc.CUSTOM_POOL: "# Who else may have an address of the pool, such as allow unknown-clients;\n",
    kea.CUSTOM_FILE: "{}\n",
}


def prepare(settings: DhcpSettings) -> None:
    """Make the directory, and the operator's own files where they are not there yet."""
    custom = settings.directory / isc.CUSTOM
    custom.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name, text in _STARTS.items():
        if not (custom / name).exists():
            files.save(custom / name, text)


async def dhcpd(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    """dhcpd.conf."""
    planned = await _planned(source, settings.dhcp, isc.FILE_NAME)
    report(planned.unsupported)
    yield HEADER
    yield isc.render(planned.plan, settings.dhcp.directory)


async def interfaces(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    """Where dhcpd listens, for its start script."""
    planned = await _planned(source, settings.dhcp, isc.INTERFACES_FILE)
    yield HEADER
    yield isc.render_interfaces(planned.plan)


async def kea_dhcp4(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    """kea-dhcp4.conf."""
    planned = await _planned(source, settings.dhcp, kea.FILE_NAME)
    custom = _kea_custom(settings.dhcp.directory / isc.CUSTOM / kea.CUSTOM_FILE, planned)
    report(planned.unsupported)
    yield "//" + HEADER[1:]
    yield kea.render(planned.plan, str(settings.dhcp.kea_hooks), custom)


async def _planned(source: Source, settings: DhcpSettings, file: str) -> Planned:
    stored = {section.name: section.content async for section in source.sections()}
    return Planned(
        stored.get("dhcp", {}), stored.get("provisioning_networking", {}), settings, file
    )


def _kea_custom(path: Path, planned: Planned) -> Mapping[str, Any]:
    """The operator's part; nothing of it when it can't be read, and that is told."""
    reason = "is no JSON object"
    try:
        with path.open("rb") as file:
            given = json.loads(file.read(LARGEST_CUSTOM))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        given, reason = None, str(error)
    if isinstance(given, dict):
        return given
    planned.unsupported.append(Unsupported(kea.FILE_NAME, "custom", path.name, "", reason))
    return {}
