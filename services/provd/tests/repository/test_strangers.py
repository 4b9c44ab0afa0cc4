"""Packages that strangers built, and our own, in the service itself, which is never restarted."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from ovix_provd.repository.archives import pack
from ovix_provd.settings import SHIPPED

from ..host.stranger import python2_package, python3_package
from .installation import Installation
from .packages import a_package
from .plugin_server import PluginServer
from .provd_process import Provd

MAC = "00:11:22:33:44:55"
RAW_CONFIG = {
    "protocol": "SIP",
    "sip_proxy_ip": "192.0.2.1",
    "sip_lines": {"1": {"username": "u1", "password": "p1", "display_name": "Zoe"}},
}


async def put_in(operator: Installation, archive: bytes) -> str:
    """Upload an archive; how that ends."""
    headers = {"Content-Type": "application/x-bzip2"}
    path = "/pg_mgr/install/upload"
    answer = await operator.api.post(path, content=archive, headers=headers)
    assert answer.status_code == 201, answer.text
    return await operator.ended(answer.headers["Location"].removeprefix("/provd"))


@pytest.mark.parametrize(
    ("flavour", "model", "filename"),
    [
        (python2_package, "P10 1.0", "acme-001122334455.cfg"),
        (python3_package, "P30 2.0", "001122334455.xml"),
    ],
)
async def test_a_stranger_s_package_is_installed_serves_upgrades_and_goes(
    operator: Installation, provd_process: Provd, tmp_path: Path,
    flavour: Callable[[Path], Path], model: str, filename: str,
) -> None:  # fmt: skip
    (tmp_path / "built").mkdir()
    directory = flavour(tmp_path / "built")
    plugin_id = directory.name

    def packed() -> bytes:
        pack(directory, plugin_id, tmp_path / "archive")
        return (tmp_path / "archive").read_bytes()

    await operator.provd.add("config", id="line", raw_config=RAW_CONFIG)
    device = await operator.provd.add("device", mac=MAC, ip="127.0.0.1", config="line")
    url = f"http://127.0.0.1:{provd_process.phones_port}/{filename}"
    async with httpx.AsyncClient(headers={"User-Agent": f"Acme {model} {MAC}"}) as phone:
        assert (await phone.get(url)).status_code == 503
        assert await put_in(operator, packed()) == "install|success"
        fetched = await phone.get(url)
        assert fetched.status_code == 200, provd_process.log.read_text()[-3000:]
        assert "u1" in fetched.text
        assert (await operator.provd.device(device))["plugin"] == plugin_id
        assert await operator.configured(device)
        (directory / "templates" / "base.tpl").write_text("upgraded {{ sip_proxy_ip }}")
        assert await put_in(operator, packed()) == "install|success"
        assert (await phone.get(url)).text == "upgraded 192.0.2.1"
        await operator.provd.done("POST", "/pg_mgr/install/uninstall", {"id": plugin_id})
        assert (await phone.get(url)).status_code == 404
        assert not await operator.configured(device)


async def test_e12_what_can_not_be_loaded_is_told_in_the_log_and_harms_nobody(
    operator: Installation, provd_process: Provd
) -> None:
    for entry, reason in (
        ("raise RuntimeError('not today')", "not today"),
        ("x = 1", "IS_PLUGIN"),
        ("import nothing_like_that", "nothing_like_that"),
    ):
        assert await put_in(operator, a_package(entry=entry)) == "install|fail"
        assert reason in provd_process.log.read_text()
        assert await operator.loaded() == []


async def test_our_own_plugins_are_there_without_a_server(operator: Installation) -> None:
    shipped = {each.parent.name for each in SHIPPED.glob("*/plugin-info")}
    installable = await operator.installable()
    assert installable.keys() == shipped
    for plugin_id in sorted(shipped):
        ended = await operator.done("install", plugin_id)
        assert ended.startswith("install|success"), (plugin_id, ended)
    assert set(await operator.loaded()) == shipped


async def test_an_operation_is_followed_while_it_goes_on(
    operator: Installation, server: PluginServer
) -> None:
    archive = a_package(entry="from provd.plugins import Plugin\nclass P(Plugin): IS_PLUGIN = True")
    server.offer("acme-phone", archive)
    await operator.use(server)
    server.goes_on.clear()
    location = await operator.started("install", {"id": "acme-phone"})
    headers = {"Accept": "text/event-stream"}
    async with operator.api.stream("GET", location, headers=headers) as events:
        lines = events.aiter_lines()
        seen = ""
        while f";{len(archive) // 2}/" not in seen:  # while the server sends no more
            seen = await anext(lines)
        server.goes_on.set()
        last = [line async for line in lines if line][-1]
    size = len(archive)
    assert last == f'data: {{"status":"install|success(download|success;{size}/{size})"}}'
