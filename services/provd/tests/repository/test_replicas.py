"""Several provd on one database and one directory, of which some die (decisions 0074, 0075)."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from ovix_provd.repository.changes import Changes, Kind
from ovix_provd.repository.files import PluginFiles
from ovix_provd.repository.following import Following
from ovix_provd.settings import ProvdSettings
from ovix_schema import Device, ProvdPlugin, ProvdReconfiguration
from ovix_testkit.inbox import eventually
from ovix_web import Sessions
from sqlalchemy import func, select, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .conftest import Replica, names_below
from .fakes import FakePluginSet
from .installation import Installation, until
from .packages import a_package
from .plugin_server import PluginServer


async def marked(sessions: Sessions) -> int:
    """How many devices wait to be configured anew."""
    async with sessions() as session:
        found = await session.scalar(select(func.count()).select_from(ProvdReconfiguration))
        assert found is not None
        return found


async def nothing_is_marked(sessions: Sessions) -> None:
    """Wait until all that was marked is done."""

    async def none() -> bool:
        return await marked(sessions) == 0

    await until(none)


async def test_what_one_replica_changes_the_others_load(
    app: FastAPI, ops: Installation, server: PluginServer, replica: Replica, phone: str
) -> None:
    server.offer("acme-phone", a_package())
    await ops.use(server)
    other = FakePluginSet()
    async with replica(other):
        await ops.done("install", "acme-phone")
        await eventually(lambda: "acme-phone" in other)
        server.offer("acme-phone", a_package(version="1.1"), "1.1")
        await ops.use(server)
        await ops.done("upgrade", "acme-phone")
        await eventually(lambda: other["acme-phone"].info["version"] == "1.1")
        await ops.provd.done("POST", "/pg_mgr/reload", {"id": "acme-phone"})
        await eventually(lambda: len(other.loads) == 3)
        await ops.provd.done("POST", "/pg_mgr/install/uninstall", {"id": "acme-phone"})
        await eventually(lambda: not other)


async def test_a_plugin_is_changed_by_one_replica_at_a_time(
    ops: Installation, server: PluginServer, settings: ProvdSettings
) -> None:
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    elsewhere = await Changes(settings.database_url).taken("acme-phone")
    assert elsewhere is not None
    for path in ("install/upgrade", "install/uninstall", "reload"):
        await ops.provd.refused("POST", f"/pg_mgr/{path}", {"id": "acme-phone"}, "in progress")
    elsewhere.close()

    async def free() -> bool:
        answer = await ops.provd.send("POST", "/pg_mgr/reload", {"id": "acme-phone"})
        return bool(answer.status_code == 204)

    await until(free)


async def left_behind(settings: ProvdSettings, kind: Kind) -> None:
    """Note a change of the plugin, and die."""
    change = await Changes(settings.database_url).taken("acme-phone")
    assert change is not None
    async with change:
        await change.begin(kind)


def _install_cut_while_unpacking(plugins: Path) -> None:
    (plugins / ".acme-phone.new" / "templates").mkdir(parents=True)


def _install_cut_before_loading(plugins: Path) -> None:
    (plugins / "acme-phone").mkdir()
    (plugins / "acme-phone" / "plugin-info").write_text('{"version": "1.0"}')


@pytest.mark.parametrize("cut", [_install_cut_while_unpacking, _install_cut_before_loading])
async def test_an_installation_that_was_cut_comes_to_nothing(
    app: FastAPI, ops: Installation, settings: ProvdSettings, storage: Path, replica: Replica,
    server: PluginServer, cut: Callable[[Path], None],
) -> None:  # fmt: skip
    await left_behind(settings, Kind.INSTALL)
    cut(storage / "plugins")
    async with replica(FakePluginSet()):
        await eventually(lambda: names_below(storage / "plugins") == set())
    server.offer("acme-phone", a_package())
    await ops.use(server)
    assert (await ops.done("install", "acme-phone")).startswith("install|success")


async def test_a_plugin_that_another_replica_takes_away_meanwhile_does_not_keep_one_from_starting(
    app: FastAPI, ops: Installation, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was seen, and is gone before it is taken in."""
    monkeypatch.setattr(PluginFiles, "infos", lambda *_, **__: {"acme-gone": {"version": "1.0"}})
    async with replica(FakePluginSet()) as other:
        assert await other.state.repository.installed() == {}


def _upgrade_cut_while_unpacking(plugins: Path) -> None:
    (plugins / ".acme-phone.new" / "templates").mkdir(parents=True)


def _upgrade_cut_between_the_two(plugins: Path) -> None:
    (plugins / "acme-phone").rename(plugins / ".acme-phone.old")
    (plugins / ".acme-phone.new").mkdir()


def _upgrade_cut_before_loading(plugins: Path) -> None:
    (plugins / "acme-phone").rename(plugins / ".acme-phone.old")
    (plugins / "acme-phone").mkdir()
    (plugins / "acme-phone" / "plugin-info").write_text('{"version": "2.0"}')


def _upgrade_cut_while_taken_back(plugins: Path) -> None:
    _upgrade_cut_before_loading(plugins)
    (plugins / "acme-phone").rename(plugins / ".acme-phone.new")


@pytest.mark.parametrize(
    "cut",
    [
        _upgrade_cut_while_unpacking,
        _upgrade_cut_between_the_two,
        _upgrade_cut_before_loading,
        _upgrade_cut_while_taken_back,
    ],
)
async def test_after_an_upgrade_that_was_cut_the_previous_version_is_there(
    ops: Installation, settings: ProvdSettings, storage: Path, replica: Replica,
    server: PluginServer, phone: str, cut: Callable[[Path], None],
) -> None:  # fmt: skip
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    before = names_below(storage / "plugins")
    await left_behind(settings, Kind.UPGRADE)
    cut(storage / "plugins")
    again = FakePluginSet()
    async with replica(again):
        await eventually(lambda: names_below(storage / "plugins") == before)
        await eventually(lambda: "acme-phone" in again)
        assert again["acme-phone"].info["version"] == "1.0"
    assert names_below(storage / "plugins") == before
    assert await ops.configured()


@pytest.mark.parametrize("cut_after_files", [False, True])
async def test_a_removal_that_was_cut_is_finished(
    ops: Installation, settings: ProvdSettings, storage: Path, replica: Replica,
    server: PluginServer, phone: str, cut_after_files: bool, sessions: Sessions,
) -> None:  # fmt: skip
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    await left_behind(settings, Kind.UNINSTALL)
    if cut_after_files:
        (storage / "plugins" / "acme-phone").rename(storage / "plugins" / ".acme-phone.old")
    again = FakePluginSet()
    async with replica(again):
        await eventually(lambda: names_below(storage / "plugins") == {"plugins.db"})
        await nothing_is_marked(sessions)
        assert not await ops.configured()
        assert not again


async def test_a_reload_that_was_cut_is_done(
    ops: Installation, settings: ProvdSettings, storage: Path, replica: Replica,
    server: PluginServer, phone: str, sessions: Sessions,
) -> None:  # fmt: skip
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    template = storage / "plugins" / "acme-phone" / "templates" / "base.tpl"
    template.write_text("edited")
    await left_behind(settings, Kind.RELOAD)
    served = storage / "plugins" / "acme-phone" / "var" / "tftpboot" / "phone"
    async with replica(FakePluginSet()):

        async def edited() -> bool:
            return served.exists() and served.read_text() == "1.0 edited"

        await until(edited)
        await nothing_is_marked(sessions)


async def test_a_living_replica_finishes_what_a_dead_one_left(
    ops: Installation, settings: ProvdSettings, storage: Path, server: PluginServer,
    phone: str, monkeypatch: pytest.MonkeyPatch, replica: Replica,
) -> None:  # fmt: skip
    monkeypatch.setattr("ovix_provd.repository.following.LOOK_AGAIN_S", 0.05)
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    alive = FakePluginSet()
    async with replica(alive):
        await eventually(lambda: "acme-phone" in alive)
        await left_behind(settings, Kind.UNINSTALL)
        await eventually(lambda: not alive)
        await eventually(lambda: names_below(storage / "plugins") == {"plugins.db"})


async def test_devices_of_a_plugin_are_done_though_its_installer_died(
    app: FastAPI, ops: Installation, storage: Path, server: PluginServer, replica: Replica,
    sessions: Sessions,
) -> None:  # fmt: skip
    """The marks are committed with the row: what the killed one had not done, others do."""
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    await ops.has_phones(60)
    async with sessions.begin() as session:
        row = await session.get(ProvdPlugin, "acme-phone")
        assert row is not None
        row.revision = uuid4()
        session.add_all(ProvdReconfiguration(device_id=f"phone{each}") for each in range(60))
    assert await ops.configured_phones() == 0
    async with replica(FakePluginSet()):
        await nothing_is_marked(sessions)
    assert await ops.configured_phones() == 60
    assert len(list((storage / "plugins/acme-phone/var/tftpboot").iterdir())) == 60


async def test_g1_a_config_of_many_devices_is_worked_off_before_the_answer(
    ops: Installation, server: PluginServer, storage: Path, sessions: Sessions, app: FastAPI
) -> None:
    await ops.has_phones(30)
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    assert await ops.configured_phones() == 30
    impossible = {"config": {"parent_ids": [], "raw_config": {"impossible": 1}}}
    await ops.provd.done("PUT", "/cfg_mgr/configs/base", impossible)
    assert await marked(sessions) == 0
    assert await ops.configured_phones() == 0
    fine: dict[str, Any] = {"config": {"parent_ids": [], "raw_config": {"x": 1}}}
    await ops.provd.done("PUT", "/cfg_mgr/configs/base", fine)
    assert await ops.configured_phones() == 30
    await ops.provd.done("DELETE", "/cfg_mgr/configs/base")
    assert await ops.configured_phones() == 0


async def test_plugins_come_with_the_database(
    settings: ProvdSettings, ops: Installation, server: PluginServer, storage: Path, tmp_path: Path
) -> None:
    """A directory that was emptied by hand: the plugin can be installed again."""
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    shutil.rmtree(storage / "plugins" / "acme-phone")
    assert await ops.installed() == {}
    assert (await ops.done("install", "acme-phone")).startswith("install|success")


async def test_devices_changed_while_a_plugin_is_exchanged_get_the_new_one(
    ops: Installation, server: PluginServer, sessions: Sessions, storage: Path, app: FastAPI
) -> None:
    """Each device ends with the files of the version that is installed in the end."""
    await ops.has_phones(10)
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")

    async def change(number: int) -> None:
        document = {"plugin": "acme-phone", "config": "base", "options": {"n": number}}
        await ops.provd.done("PUT", f"/dev_mgr/devices/phone{number % 10}", {"device": document})

    for version in ("1.1", "1.2", "1.3"):
        server.offer("acme-phone", a_package(version=version), version)
        await ops.use(server)
        location = await ops.started("upgrade", {"id": "acme-phone"})
        await asyncio.gather(*(change(number) for number in range(20)))
        assert (await ops.ended(location)).startswith("install|success")
        files = storage / "plugins" / "acme-phone" / "var" / "tftpboot"
        told = {each.read_text() for each in files.iterdir()}
        assert told == {f"{version} as shipped"}
    async with sessions() as session:
        configured = select(func.count()).select_from(Device).where(Device.configured)
        assert await session.scalar(configured) == 10


async def test_a_change_whose_lock_was_lost_is_taken_back_by_whoever_finds_it(
    ops: Installation, server: PluginServer, storage: Path, app: FastAPI, sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch, replica: Replica, phone: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("ovix_provd.repository.following.LOOK_AGAIN_S", 0.05)
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    server.offer("acme-phone", a_package(version="1.1"), "1.1")
    await ops.use(server)
    server.goes_on.clear()
    location = await ops.started("upgrade", {"id": "acme-phone"})
    async with sessions.begin() as session:
        locks = text(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'ovix-provd-plugins' AND datname = current_database()"
        )
        assert await session.scalar(locks) == 1
    server.goes_on.set()
    assert (await ops.ended(location)).startswith("install|fail")
    async with replica(FakePluginSet()):

        async def at_rest() -> bool:
            async with sessions() as session:
                row = await session.get(ProvdPlugin, "acme-phone")
                return row is not None and row.change is None

        await until(at_rest)
    assert (await ops.installed())["acme-phone"]["version"] == "1.0"
    assert (await ops.done("upgrade", "acme-phone")).startswith("install|success")


async def test_stopped_in_the_middle_of_an_upgrade_the_next_start_takes_it_back(
    ops: Installation, server: PluginServer, storage: Path, app: FastAPI, replica: Replica,
    phone: str,
) -> None:  # fmt: skip
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    before = names_below(storage / "plugins")
    server.offer("acme-phone", a_package(version="1.1"), "1.1")
    await ops.use(server)
    server.goes_on.clear()
    await ops.started("upgrade", {"id": "acme-phone"})
    await app.state.operations.close()
    again = FakePluginSet()
    async with replica(again):
        await eventually(lambda: "acme-phone" in again)
        assert again["acme-phone"].info["version"] == "1.0"
    assert names_below(storage / "plugins") == before


async def test_a_pool_that_is_full_for_a_while_does_not_end_it(
    database_url: str, clean_database: str
) -> None:
    """A replica goes on following the others, whatever a round fails with."""

    class Busy:
        rounds = 0

        async def begin(self) -> None:
            self.rounds += 1
            if self.rounds < 3:
                raise (PoolTimeout("QueuePool limit"), ZeroDivisionError())[self.rounds - 1]

        async def catch_up(self) -> None:
            done.set()

    class Nothing:
        async def work_off(self) -> None:
            return

    done = asyncio.Event()
    repository: Any = Busy()
    reconfigurations: Any = Nothing()
    following = asyncio.create_task(Following(database_url, repository, reconfigurations).run())
    try:
        await asyncio.wait_for(done.wait(), 60)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
