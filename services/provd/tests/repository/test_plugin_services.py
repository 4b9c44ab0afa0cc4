"""Firmware packages of plugins, and their own parameters (E17, E18)."""

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_provd.operations import Operation, State
from ovix_provd.repository.packages import PackageProgress

from .conftest import Replica, names_below
from .fakes import FakePackages, FakePluginSet
from .installation import Installation
from .packages import a_package
from .plugin_server import PluginServer

BELOW = "/pg_mgr/plugins/acme-phone"


@pytest_asyncio.fixture
async def packages(
    ops: Installation, app: FastAPI, server: PluginServer, plugin_set: FakePluginSet
) -> FakePackages:
    """Those of an installed plugin."""
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    found: FakePackages = plugin_set["acme-phone"].packages
    found.goes_on.set()
    return found


async def test_e17_firmware_is_installed_and_uninstalled(
    ops: Installation, packages: FakePackages, storage: Path
) -> None:
    links = await ops.provd.read(BELOW, "links")
    assert [each["rel"] for each in links] == ["pg.info", "srv.install", "srv.configure"]
    links = await ops.provd.read(f"{BELOW}/install", "links")
    assert "/provd/pg_mgr/plugins/acme-phone/install/upgrade" in [each["href"] for each in links]
    installable = await ops.provd.read(f"{BELOW}/install/installable", "pkgs")
    assert installable == {"fw": {"version": "7", "description": "firmware", "dsize": 1500}}
    assert await ops.provd.read(f"{BELOW}/install/installed", "pkgs") == {}
    before = names_below(storage / "plugins")
    packages.goes_on.clear()
    location = await ops.started("install", {"id": "fw"}, f"{BELOW}/install")
    downloaded = (
        r"install_pkg\|progress\(download\|progress\(success;1000/1000\)\(success;500/500\)\)"
    )
    await ops.shows(location, downloaded)
    packages.goes_on.set()
    assert await ops.ended(location) == (
        "install_pkg|success(download|success(success;1000/1000)(success;500/500))(install|success)"
    )
    installed = await ops.provd.read(f"{BELOW}/install/installed", "pkgs")
    assert installed == {"fw": {"version": "7", "description": "firmware"}}
    there = names_below(storage / "plugins")
    assert there - before == {"acme-phone/var/tftpboot/fw.bin"}
    location = await ops.started("upgrade", {"id": "fw"}, f"{BELOW}/install")
    assert (await ops.ended(location)).startswith("install_pkg|success")
    await ops.provd.done("DELETE", location)
    await ops.provd.done("POST", f"{BELOW}/install/uninstall", {"id": "fw"})
    assert names_below(storage / "plugins") == before


async def test_e18_firmware_that_can_not_be_had_fails_until_it_is_there(
    ops: Installation, packages: FakePackages
) -> None:
    packages.fails = True
    location = await ops.started("install", {"id": "fw"}, f"{BELOW}/install")
    assert (await ops.ended(location)).startswith("install_pkg|fail(download|success")
    assert await ops.provd.read(f"{BELOW}/install/installed", "pkgs") == {}
    packages.fails = False
    location = await ops.started("install", {"id": "fw"}, f"{BELOW}/install")
    assert (await ops.ended(location)).startswith("install_pkg|success")


async def test_packages_are_changed_by_one_at_a_time(
    ops: Installation, packages: FakePackages
) -> None:
    path = f"{BELOW}/install"
    for verb, name, because in (
        ("install", "no", "package not found"), ("upgrade", "fw", "package not installed"),
        ("uninstall", "fw", "package not installed"),
    ):  # fmt: skip
        await ops.provd.refused("POST", f"{path}/{verb}", {"id": name}, because)
    packages.goes_on.clear()
    location = await ops.started("install", {"id": "fw"}, path)
    await ops.provd.refused("POST", f"{path}/install", {"id": "fw"}, "in progress")
    uninstall = "/pg_mgr/install/uninstall"
    await ops.provd.refused("POST", uninstall, {"id": "acme-phone"}, "in progress")
    packages.goes_on.set()
    await ops.ended(location)
    await ops.provd.done("POST", uninstall, {"id": "acme-phone"})


async def test_a_plugin_without_such_services_has_none_of_their_paths(
    ops: Installation, packages: FakePackages, plugin_set: FakePluginSet, api: AsyncClient
) -> None:
    plugin_set["acme-phone"].packages = plugin_set["acme-phone"].parameters = None
    assert len(await ops.provd.read(BELOW, "links")) == 1
    for path in ("install", "install/installed", "install/install/1", "configure", "configure/x"):
        assert (await api.get(f"{BELOW}/{path}")).status_code == 404
    refused = ops.provd.refused
    await refused("POST", f"{BELOW}/install/install", {"id": "fw"}, "No such resource", 404)


async def test_parameters_of_a_plugin(ops: Installation, packages: FakePackages) -> None:
    await ops.set("locale", "fr_FR")
    assert await ops.provd.read(f"{BELOW}/configure", "params") == [
        {
            "id": "username",
            "description": "L'utilisateur",
            "value": "admin",
            "links": [
                {
                    "rel": "srv.configure.param",
                    "href": "/provd/pg_mgr/plugins/acme-phone/configure/username",
                }
            ],
        }
    ]
    path = f"{BELOW}/configure/username"
    await ops.provd.done("PUT", path, {"param": {"value": "root"}})
    assert await ops.provd.read(path, "param") == {"value": "root"}
    await ops.provd.refused("PUT", path, {"param": {"value": 5}}, "a text is needed")
    await ops.provd.refused("PUT", path, {"param": {}}, "Wrong information in entity")
    for method in ("GET", "PUT"):
        body = {"param": {"value": "x"}}
        await ops.provd.refused(method, f"{BELOW}/configure/no", body, "No such resource", 404)


async def test_f14_f15_parameters_are_checked_and_outlive_the_service(
    ops: Installation, app: FastAPI, replica: Replica, api: AsyncClient
) -> None:
    for name, value in (
        ("NAT", "2"), ("locale", "french"), ("plugin_server", "abc"), ("plugin_server", "file:x"),
        ("plugin_server", "ftp://repo.test/"), ("http_proxy", "http://proxy.test/path"),
        ("https_proxy", "http://proxy.test:80"),
    ):  # fmt: skip
        answer = await ops.provd.send("PUT", f"/configure/{name}", {"param": {"value": value}})
        assert answer.status_code == 400, answer.text
    kept: dict[str, Any] = {"plugin_server": "http://repo.test/1/", "NAT": 1, "locale": "fr_FR"}
    for name, value in kept.items():
        await ops.set(name, str(value))
    async with replica(FakePluginSet()) as again:
        assert await again.state.repository.sources.parameters() == kept


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([("download", None, 0)], "install_pkg|progress(download|progress)"),
        ([("a", 0, 10)], "install_pkg|progress(download|progress(progress;0/10))"),
        ([("a", 0, 0), ("b", 3, 9)],
         "install_pkg|progress(download|progress(success;0)(progress;3/9))"),
        ([("install", None, 0)], "install_pkg|progress(install|progress)"),
        ([("a", 4, 4), ("install", None, 0)],
         "install_pkg|progress(download|success(success;4/4))(install|progress)"),
    ],
)  # fmt: skip
def test_what_a_plugin_tells_is_a_status(
    told: list[tuple[str, int | None, int]], status: str
) -> None:
    operation = Operation("install_pkg", State.PROGRESS)
    progress = PackageProgress(operation)
    for each in told:
        progress(*each)
    assert str(operation) == status
