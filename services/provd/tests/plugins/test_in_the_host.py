"""Our packages where plugins really run: loaded, asked and written by the plugin host (0073)."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from ovix_provd.host.client import PluginHost
from ovix_provd.plugins import DhcpRequest, FileBelow, HttpRequest, PhoneRequest, TftpRequest
from ovix_provd.settings import ProvdSettings
from ovix_provd.surface.devices.config import checked

from .configurations import configuration
from .identifications import LEFT_TO_OTHERS, ROWS, Row
from .packages import IDS, copied, form

PHONE = "10.0.0.50"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def host(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PluginHost]:
    """With all our plugins, and nobody else's."""
    place = tmp_path_factory.mktemp("host")
    host = PluginHost(ProvdSettings(storage_dir=place, external_ip="10.20.0.1"))
    await host.start()
    try:
        for plugin_id in IDS:
            await host.load(plugin_id, copied(plugin_id, place / "plugins"))
        yield host
    finally:
        await host.close()


def asked(row: Row) -> PhoneRequest:
    if row.kind == "HTTP":
        header = (row.user_agent or "").encode("latin-1")
        headers = ((b"User-Agent", header),) if header else ()
        return HttpRequest(PHONE, b"GET", row.asked.encode(), headers)
    if row.kind == "TFTP":
        return TftpRequest(PHONE, 40000, row.asked.encode())
    return DhcpRequest(PHONE, "00:11:22:aa:bb:cc", ((60, row.asked),))


@pytest.mark.parametrize("row", [*ROWS, *LEFT_TO_OTHERS], ids=str)
async def test_all_plugins_together_recognise_their_phones_and_no_others(
    row: Row, host: PluginHost
) -> None:
    """A12."""
    found = dict(await host.identify(asked(row)))
    of_the_request = {"ip", "mac"} if row.kind == "DHCP" else {"ip"}
    told = {key: value for key, value in found.items() if key not in of_the_request}
    if row in LEFT_TO_OTHERS:
        assert "vendor" not in told
        assert await host.associated(row.told) is None
    else:
        assert told == row.told
        assert await host.associated(found) == row.plugin


@pytest.mark.parametrize("plugin_id", IDS)
async def test_a_phone_is_configured_served_and_forgotten(plugin_id: str, host: PluginHost) -> None:
    plugin, device = host[plugin_id], form(plugin_id)["device"]
    await plugin.configure(device, checked(configuration("full")))
    trigger = await plugin.trigger_filename(device)
    assert trigger is not None
    assert await plugin.is_sensitive(trigger)
    served = await plugin.http(HttpRequest(PHONE, b"GET", b"/" + trigger.encode(), ()), device)
    assert isinstance(served, FileBelow)
    assert list(served.root.rglob(trigger))
    await plugin.deconfigure(device)
    assert not list(served.root.rglob(trigger))
