"""Installing, upgrading, reloading and removing plugins, as an operator sees it (E, D6, D7)."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI

from .conftest import Replica, names_below
from .fakes import FakePluginSet
from .installation import Installation
from .packages import a_package, an_archive
from .plugin_server import PluginServer


async def test_e1_the_index_of_the_server_is_fetched(
    ops: Installation, server: PluginServer
) -> None:
    server.offer("acme-phone", a_package())
    await ops.set("plugin_server", server.url)
    assert await ops.installable() == {}
    server.goes_on.clear()
    location = await ops.started("update", {})
    await ops.shows(location, r"update\|progress;\d+")
    server.goes_on.set()
    size = len(server.files["/plugins/plugins.db"])
    assert await ops.ended(location) == f"update|success;{size}"
    told = (await ops.installable())["acme-phone"]
    assert told["version"] == "1.0"
    assert "filename" not in told
    assert told["sha1sum"] == server.index["acme-phone"]["sha1sum"]


async def test_e2_without_a_server_there_is_no_index_to_fetch(ops: Installation) -> None:
    await ops.provd.refused("POST", "/pg_mgr/install/update", {}, "plugin_server", 500)


async def test_e3_a_plugin_is_installed_and_its_devices_configured(
    ops: Installation, server: PluginServer, phone: str, storage: Path
) -> None:
    assert not await ops.configured()
    archive = a_package()
    server.offer("acme-phone", archive)
    await ops.use(server)
    server.goes_on.clear()
    location = await ops.started("install", {"id": "acme-phone"})
    progress = rf"install\|progress\(download\|progress;\d+/{len(archive)}\)"
    await ops.shows(location, progress)
    server.goes_on.set()
    size = len(archive)
    assert await ops.ended(location) == f"install|success(download|success;{size}/{size})"
    assert await ops.loaded() == ["acme-phone"]
    assert (await ops.installed())["acme-phone"]["version"] == "1.0"
    assert await ops.configured()
    files = storage / "plugins" / "acme-phone" / "var" / "tftpboot"
    assert (files / "phone").read_text() == "1.0 as shipped"


async def test_e4_e5_what_is_there_is_not_installed_and_what_is_not_nothing_else(
    ops: Installation, server: PluginServer
) -> None:
    server.offer("acme-phone", a_package())
    await ops.use(server)
    for path in ("install/upgrade", "install/uninstall", "reload"):
        for name in ("acme-phone", "other", "../x", ".acme-phone.new", "plugins.db"):
            await ops.provd.refused("POST", f"/pg_mgr/{path}", {"id": name}, "not installed")
    await ops.provd.refused("POST", "/pg_mgr/install/install", {"id": "other"}, "no such plugin")
    await ops.done("install", "acme-phone")
    await ops.provd.refused(
        "POST", "/pg_mgr/install/install", {"id": "acme-phone"}, "already installed"
    )


async def test_e6_one_operation_at_a_time_on_a_plugin(
    ops: Installation, server: PluginServer
) -> None:
    for name in ("acme-phone", "acme-other"):
        server.offer(name, a_package(name))
    await ops.use(server)
    server.goes_on.clear()
    running = await ops.started("install", {"id": "acme-phone"})
    for path in ("install/install", "install/uninstall", "reload"):
        await ops.provd.refused("POST", f"/pg_mgr/{path}", {"id": "acme-phone"}, "in progress")
    other = await ops.started("install", {"id": "acme-other"})
    server.goes_on.set()
    for location in (running, other):
        assert (await ops.ended(location)).startswith("install|success")
    assert await ops.loaded() == ["acme-phone", "acme-other"]


async def test_d6_an_upgrade_keeps_what_operators_and_phones_have(
    ops: Installation, server: PluginServer, phone: str, storage: Path
) -> None:
    server.offer("acme-phone", a_package(var__tftpboot__logo="old logo", old="old"))
    await ops.use(server)
    await ops.done("install", "acme-phone")
    directory = storage / "plugins" / "acme-phone"
    (directory / "var" / "templates" / "base.tpl").write_text("own words")
    (directory / "var" / "tftpboot" / "firmware").mkdir()
    (directory / "var" / "tftpboot" / "firmware" / "7.bin").write_bytes(b"big")
    upgraded = a_package(version="1.1", template="new words", var__tftpboot__logo="new logo")
    server.offer("acme-phone", upgraded, "1.1")
    await ops.use(server)
    assert (await ops.done("upgrade", "acme-phone")).startswith("install|success(download|success")
    assert (await ops.installed())["acme-phone"]["version"] == "1.1"
    var = directory / "var"
    assert (var / "tftpboot" / "phone").read_text() == "1.1 own words"
    assert (var / "tftpboot" / "firmware" / "7.bin").read_bytes() == b"big"
    assert (var / "tftpboot" / "logo").read_text() == "new logo"
    assert not (directory / "old").exists()
    # No version is compared, and the archive is in the cache: nothing to download.
    asked = len(server.asked)
    assert await ops.done("upgrade", "acme-phone") == "install|success"
    assert len(server.asked) == asked
    assert {each.name for each in (storage / "plugins").iterdir()} == {"acme-phone", "plugins.db"}


async def test_d7_uninstalling_removes_all_and_devices_are_not_configured(
    ops: Installation, server: PluginServer, phone: str, storage: Path
) -> None:
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    (storage / "plugins" / "acme-phone" / "var" / "templates" / "base.tpl").write_text("own")
    await ops.provd.done("POST", "/pg_mgr/install/uninstall", {"id": "acme-phone"})
    assert not await ops.configured()
    assert await ops.loaded() == []
    assert await ops.installed() == {}
    assert names_below(storage / "plugins") == {"plugins.db"}
    assert (await ops.done("install", "acme-phone")).startswith("install|success")
    assert await ops.configured()


@pytest.mark.parametrize(
    "archive",
    [
        a_package(version="1.1", entry="class Phone(:"),
        a_package(version="1.1", entry="pass"),
        a_package("acme-phone", "1.1")[:-30],
        an_archive({"acme-phone": None, "acme-phone/plugin-info": b"{"}),
    ],
    ids=["entry.py is no Python", "no plugin class", "a cut archive", "no plugin-info"],
)
async def test_e13_after_an_upgrade_that_fails_the_previous_version_goes_on(
    ops: Installation, server: PluginServer, phone: str, storage: Path, archive: bytes
) -> None:
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    before = names_below(storage / "plugins")
    server.offer("acme-phone", archive, "1.1")
    await ops.use(server)
    assert (await ops.done("upgrade", "acme-phone")).startswith("install|fail")
    assert names_below(storage / "plugins") == before
    assert await ops.loaded() == ["acme-phone"]
    assert (await ops.installed())["acme-phone"]["version"] == "1.0"
    assert await ops.configured()
    await ops.provd.done("POST", "/dev_mgr/reconfigure", {"id": "phone"})
    assert await ops.configured()


async def test_e14_a_plugin_edited_in_place_is_reloaded_or_says_why_not(
    ops: Installation, server: PluginServer, phone: str, storage: Path
) -> None:
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    entry = storage / "plugins" / "acme-phone" / "entry.py"
    works = entry.read_text()
    entry.write_text("def broken(:")
    await ops.provd.refused("POST", "/pg_mgr/reload", {"id": "acme-phone"}, "invalid syntax")
    assert await ops.loaded() == []
    assert not await ops.configured()
    entry.write_text(works)
    await ops.provd.done("POST", "/pg_mgr/reload", {"id": "acme-phone"})
    assert await ops.loaded() == ["acme-phone"]
    assert await ops.configured()


async def test_e11_e12_e15_what_is_no_plugin_does_not_keep_the_others_from_starting(
    app: FastAPI,
    ops: Installation,
    server: PluginServer,
    phone: str,
    storage: Path,
    replica: Replica,
) -> None:
    for name, archive in (
        ("acme-phone", a_package()),
        ("bad-info", an_archive({"bad-info/plugin-info": b"{", "bad-info/entry.py": b""})),
        ("no-info", an_archive({"no-info/entry.py": b""})),
        ("bad-entry", a_package("bad-entry", entry="class (")),
    ):
        server.offer(name, archive)
    await ops.use(server)
    for name in ("bad-info", "no-info", "bad-entry"):
        ended = await ops.done("install", name)
        assert ended.startswith("install|fail(download|success"), ended
    assert (await ops.done("install", "acme-phone")).startswith("install|success")
    assert await ops.loaded() == ["acme-phone"]
    assert set(await ops.installed()) == {"acme-phone"}
    plugins = storage / "plugins"
    assert {each.name for each in plugins.iterdir()} == {"acme-phone", "plugins.db"}
    (plugins / "stray").mkdir()
    (plugins / "half").mkdir()
    (plugins / "half" / "plugin-info").write_text('{"version": 1}')
    (plugins / ".acme-phone.old").mkdir()
    again = FakePluginSet()
    async with replica(again):
        assert list(again) == ["acme-phone"]
    assert not (plugins / ".acme-phone.old").exists()
    assert (plugins / "stray").exists()


async def test_a_plugin_that_was_put_there_by_hand_is_taken_in(
    app: FastAPI, ops: Installation, phone: str, storage: Path, replica: Replica
) -> None:
    directory = storage / "plugins" / "acme-phone"
    (directory / "templates").mkdir(parents=True)
    (directory / "var" / "tftpboot").mkdir(parents=True)
    (directory / "plugin-info").write_bytes(orjson.dumps({"version": "0.1", "capabilities": {}}))
    (directory / "templates" / "base.tpl").write_text("by hand")
    (directory / "entry.py").write_text("IS_PLUGIN = True")
    await ops.provd.done("POST", "/pg_mgr/reload", {"id": "acme-phone"})
    assert await ops.configured()
    copy = storage / "plugins" / "acme-copy"
    copy.mkdir()
    for each in ("plugin-info", "entry.py"):
        (copy / each).write_bytes((directory / each).read_bytes())
    async with replica(FakePluginSet()):
        assert set(await ops.installed()) == {"acme-phone", "acme-copy"}


async def test_e19_descriptions_are_those_of_the_locale(
    ops: Installation, server: PluginServer
) -> None:
    server.offer("acme-phone", a_package())
    await ops.use(server)
    await ops.done("install", "acme-phone")
    for locale, description in ((None, "Acme's phones"), ("fr_FR", "Les téléphones d'Acme")):
        await ops.set("locale", locale)
        info = await ops.provd.read("/pg_mgr/plugins/acme-phone/info", "plugin_info")
        for told in (
            (await ops.installable())["acme-phone"], (await ops.installed())["acme-phone"], info
        ):  # fmt: skip
            assert told["description"] == description
            assert not any(key.startswith("description_") for key in told)


async def test_a_corrupted_index_is_told_of(
    ops: Installation, server: PluginServer, app: FastAPI
) -> None:
    server.files["/plugins/plugins.db"] = b"<html>not found</html>"
    await ops.set("plugin_server", server.url)
    await ops.ended(await ops.started("update", {}))
    answer = await ops.api.get("/pg_mgr/install/installable")
    assert answer.status_code == 500
    assert "corrupted" in answer.text
    server.offer("acme-phone", a_package())
    good = server.index["acme-phone"]
    server.files["/plugins/plugins.db"] = orjson.dumps(
        {
            "acme-phone": good, "../x": good, "a": 5, "b": {**good, "filename": "../../x"},
            "c": {**good, "sha1sum": "none"}, "d": {**good, "dsize": "big"},
        }
    )  # fmt: skip
    await ops.ended(await ops.started("update", {}))
    assert set(await ops.installable()) == {"acme-phone"}


async def test_e20_an_operation_is_forgotten(ops: Installation, server: PluginServer) -> None:
    server.offer("acme-phone", a_package())
    await ops.set("plugin_server", server.url)
    location = await ops.started("update", {})
    await ops.ended(location)
    await ops.provd.done("DELETE", location)
    assert (await ops.api.get(location)).status_code == 404
    assert (await ops.api.delete(location)).status_code == 404


async def test_an_operation_can_be_followed_as_events(
    ops: Installation, server: PluginServer
) -> None:
    server.offer("acme-phone", a_package())
    await ops.use(server)
    location = await ops.started("install", {"id": "acme-phone"})
    answer = await ops.api.get(location, headers={"Accept": "text/event-stream"})
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    events: list[Any] = [
        orjson.loads(line.removeprefix("data: ")) for line in answer.text.split("\n\n") if line
    ]
    assert events[-1]["status"].startswith("install|success(download|success;")
    assert len(events) == len({each["status"] for each in events})
