"""The service itself, killed in the middle of things, and started again."""

import asyncio
from pathlib import Path

import httpx
import pytest
from ovix_schema import ProvdReconfiguration
from ovix_web import Sessions
from sqlalchemy import func, select

from .conftest import names_below
from .installation import Installation, until
from .packages import a_package
from .plugin_server import PluginServer
from .provd_process import Provd

ENTRY = """\
import os
import time
from provd.plugins import StandardPlugin, TemplatePluginHelper

time.sleep({load_s})


class AcmePlugin(StandardPlugin):
    IS_PLUGIN = True

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        StandardPlugin.__init__(self, app, plugin_dir, gen_cfg, spec_cfg)
        self._templates = TemplatePluginHelper(plugin_dir)

    def _path(self, device):
        return os.path.join(self._tftpboot_dir, device['id'])

    def configure(self, device, raw_config):
        template = self._templates.get_dev_template(None, device)
        self._templates.dump(template, raw_config, self._path(device))

    def deconfigure(self, device):
        try:
            os.remove(self._path(device))
        except OSError:
            pass
"""
VERSIONS = ("1.0", "1.1")
DEVICES = 150


def packaged(version: str, load_s: float = 0) -> bytes:
    """A plugin whose files tell its version."""
    return a_package(version=version, entry=ENTRY.format(load_s=load_s), template=version)


def contents(directory: Path) -> list[str]:
    """Of phones' files; a kill may leave a hidden one beside them that was being written."""
    return [each.read_text() for each in directory.iterdir() if not each.name.startswith(".")]


async def all_is_done(sessions: Sessions) -> None:
    """Wait until no device is marked."""

    async def none() -> bool:
        async with sessions() as session:
            marks = await session.scalar(select(func.count()).select_from(ProvdReconfiguration))
            return marks == 0

    await until(none, 60)


async def is_whole(operator: Installation, storage: Path, sessions: Sessions) -> str:
    """One version, loaded, with the files of all devices; which one."""
    await all_is_done(sessions)
    version: str = (await operator.installed())["acme-phone"]["version"]
    assert await operator.loaded() == ["acme-phone"]
    info = await operator.provd.read("/pg_mgr/plugins/acme-phone/info", "plugin_info")
    assert info["version"] == version
    plugins = storage / "plugins"

    async def tidy() -> bool:
        return {each.name for each in plugins.iterdir()} == {"acme-phone", "plugins.db"}

    await until(tidy)
    assert (plugins / "acme-phone" / "templates" / "base.tpl").read_text() == version
    assert contents(plugins / "acme-phone" / "var" / "tftpboot") == [version] * DEVICES
    assert await operator.configured_phones() == DEVICES
    return version


async def test_killed_while_it_installs_nothing_or_all_is_there(
    operator: Installation, provd_process: Provd, server: PluginServer, storage: Path,
    sessions: Sessions,
) -> None:  # fmt: skip
    server.offer("acme-phone", packaged("1.0"))
    await operator.use(server)
    await operator.has_phones(DEVICES)
    server.goes_on.clear()
    location = await operator.started("install", {"id": "acme-phone"})
    await operator.shows(location, r"install\|progress\(download\|progress;.*")
    await provd_process.kill()
    server.goes_on.set()
    await provd_process.start()
    assert await operator.installed() == {}
    assert {n for n in names_below(storage / "plugins") if n != "plugins.db"} == set()
    # Again, while the plugin is being loaded: it is on the disk already.
    server.offer("acme-phone", packaged("1.0", load_s=5))
    await operator.use(server)
    await operator.started("install", {"id": "acme-phone"})

    async def unpacked() -> bool:
        return (storage / "plugins" / "acme-phone").exists()

    await until(unpacked)
    await provd_process.kill()
    await provd_process.start()
    assert await operator.installed() == {}
    assert {n for n in names_below(storage / "plugins") if n != "plugins.db"} == set()
    server.offer("acme-phone", packaged("1.0"))
    await operator.use(server)
    assert (await operator.done("install", "acme-phone")).startswith("install|success")
    assert await is_whole(operator, storage, sessions) == "1.0"


@pytest.mark.parametrize("seconds", [(0.0, 0.1, 0.3), (0.02, 0.2, 0.6)])
async def test_killed_at_any_moment_of_an_upgrade_one_version_is_whole(
    operator: Installation, provd_process: Provd, server: PluginServer, storage: Path,
    sessions: Sessions, seconds: tuple[float, ...],
) -> None:  # fmt: skip
    server.offer("acme-phone", packaged("1.0"))
    await operator.use(server)
    await operator.has_phones(DEVICES)
    await operator.done("install", "acme-phone")
    (storage / "plugins/acme-phone/var/templates/mine.tpl").write_text("mine")
    for number, after_s in enumerate(seconds, 1):
        version = VERSIONS[number % 2]
        server.offer("acme-phone", packaged(version), version)
        await operator.use(server)
        await operator.started("upgrade", {"id": "acme-phone"})
        await asyncio.sleep(after_s)
        await provd_process.kill()
        await provd_process.start()
        await is_whole(operator, storage, sessions)
        mine = storage / "plugins/acme-phone/var/templates/mine.tpl"
        assert mine.read_text() == "mine"


async def test_killed_while_many_devices_are_reconfigured_the_rest_follows(
    operator: Installation, provd_process: Provd, server: PluginServer, storage: Path,
    sessions: Sessions,
) -> None:  # fmt: skip
    server.offer("acme-phone", packaged("1.0"))
    await operator.use(server)
    await operator.has_phones(DEVICES)
    await operator.done("install", "acme-phone")
    template = storage / "plugins/acme-phone/templates/base.tpl"
    template.write_text("{{ colour }}")
    config = {"config": {"parent_ids": [], "raw_config": {"colour": "red"}}}
    changing = asyncio.create_task(operator.provd.send("PUT", "/cfg_mgr/configs/base", config))
    files = storage / "plugins/acme-phone/var/tftpboot"

    async def some_are_done() -> bool:
        async with sessions() as session:
            marks = await session.scalar(select(func.count()).select_from(ProvdReconfiguration))
        return 0 < (marks or 0) < DEVICES

    await until(some_are_done)
    await provd_process.kill()
    with pytest.raises(httpx.TransportError):
        await changing
    assert set(contents(files)) > {"red"}
    await provd_process.start()
    await all_is_done(sessions)
    assert set(contents(files)) == {"red"}
    assert await operator.configured_phones() == DEVICES
