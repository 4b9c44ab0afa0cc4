"""Where packages come from: servers, folders, what is shipped, and archives at hand (E7 to E10)."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_provd.repository.index import build
from ovix_provd.settings import SHIPPED, ProvdSettings

from .conftest import names_below
from .installation import Installation
from .packages import a_package, an_archive
from .plugin_server import PluginServer

INSTALLED = {"acme-phone", "plugins.db"}


def in_storage(storage: Path) -> set[str]:
    """What lies in the two directories."""
    return {str(each.relative_to(storage)) for each in storage.glob("*/*")}


async def fails_to_install(ops: Installation) -> None:
    """And leaves nothing behind."""
    assert (await ops.done("install", "acme-phone")).startswith("install|fail")
    assert await ops.loaded() == []
    assert await ops.installed() == {}


@pytest.mark.parametrize("damage", [lambda a: a[:-10], lambda a: b"X" + a[1:], lambda _: b""])
async def test_e7_an_archive_that_is_not_what_was_announced_is_not_extracted(
    ops: Installation, server: PluginServer, storage: Path, damage: Any
) -> None:
    name = server.offer("acme-phone", a_package())
    server.files[f"/plugins/{name}"] = damage(server.files[f"/plugins/{name}"])
    await ops.use(server)
    await fails_to_install(ops)
    assert in_storage(storage) == {"plugins/plugins.db"}


@pytest.mark.parametrize(
    "archive",
    [
        b"no archive at all",
        an_archive({"acme-phone/plugin-info": b'{"version": "1"}', "../../etc/x": b""}),
        an_archive({"acme-phone/plugin-info": b'{"version": "1"}', "other/x": b""}),
    ],
)
async def test_e8_e10_an_archive_that_is_none_or_leads_astray_is_not_installed(
    ops: Installation, server: PluginServer, storage: Path, archive: bytes
) -> None:
    name = server.offer("acme-phone", archive)
    await ops.use(server)
    await fails_to_install(ops)
    assert in_storage(storage) == {"plugins/plugins.db", f"cache/{name}"}


async def test_e9_an_archive_in_the_cache_is_verified_as_well(
    ops: Installation, server: PluginServer, storage: Path
) -> None:
    name = server.offer("acme-phone", a_package())
    await ops.use(server)
    (storage / "cache" / name).write_bytes(a_package(entry="evil"))
    assert (await ops.done("install", "acme-phone")).startswith("install|success(download|success")
    assert (storage / "cache" / name).read_bytes() == server.files[f"/plugins/{name}"]


async def test_a_sha256_is_verified_beside_and_instead(
    ops: Installation, server: PluginServer
) -> None:
    archive = a_package()
    right, wrong = sha256(archive).hexdigest(), "0" * 64
    for sums, outcome in (
        ({"sha256sum": wrong}, "fail"), ({"sha1sum": None, "sha256sum": wrong}, "fail"),
        ({"sha1sum": None, "sha256sum": right}, "success"),
    ):  # fmt: skip
        server.offer("acme-phone", archive, **sums)
        await ops.use(server)
        assert (await ops.done("install", "acme-phone")).startswith(f"install|{outcome}")


async def test_downloads_are_limited(
    ops: Installation, server: PluginServer, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = a_package()
    server.offer("acme-phone", archive)
    await ops.use(server)
    monkeypatch.setattr("ovix_provd.repository.sources.LARGEST_ARCHIVE", len(archive) - 1)
    await fails_to_install(ops)
    monkeypatch.setattr("ovix_provd.repository.sources.LARGEST_INDEX", 10)
    assert (await ops.ended(await ops.started("update", {}))).startswith("update|fail")
    assert set(await ops.installable()) == {"acme-phone"}


async def test_e16_proxies_are_used_as_soon_as_they_are_set(
    ops: Installation, server: PluginServer
) -> None:
    name = server.offer("acme-phone", a_package())
    await ops.set("plugin_server", "http://plugins.invalid/plugins/")
    assert (await ops.ended(await ops.started("update", {}))).startswith("update|fail")
    await ops.set("http_proxy", server.url.removesuffix("/plugins/"))
    assert (await ops.ended(await ops.started("update", {}))).startswith("update|success")
    assert (await ops.done("install", "acme-phone")).startswith("install|success")
    assert server.asked == [
        "http://plugins.invalid/plugins/plugins.db", f"http://plugins.invalid/plugins/{name}"
    ]  # fmt: skip


@pytest.mark.parametrize("indexed", [True, False])
async def test_plugins_come_from_a_folder_too(
    ops: Installation, server: PluginServer, tmp_path: Path, indexed: bool
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    for version in ("1.9", "1.10", "1.8"):
        name = server.offer("acme-phone", a_package(version=version), version)
        (folder / name).write_bytes(server.files[f"/plugins/{name}"])
    if indexed:
        (folder / "plugins.db").write_bytes(server.files["/plugins/plugins.db"])
    (folder / "broken.tar.bz2").write_bytes(b"no archive")
    await ops.set("plugin_server", folder.as_uri())
    assert (await ops.ended(await ops.started("update", {}))).startswith("update|success")
    assert (await ops.done("install", "acme-phone")).startswith("install|success")
    greatest = "1.8" if indexed else "1.9"
    assert (await ops.installed())["acme-phone"]["version"] == greatest


async def test_a_folder_that_is_not_there_is_no_source(ops: Installation, tmp_path: Path) -> None:
    await ops.set("plugin_server", (tmp_path / "no").as_uri())
    assert await ops.ended(await ops.started("update", {})) == "update|fail"


async def test_what_provd_is_shipped_with_needs_no_server(
    settings: ProvdSettings, app: FastAPI, ops: Installation, server: PluginServer
) -> None:
    assert settings.shipped_plugins is not None
    source = settings.shipped_plugins / "ovix-acme"
    source.mkdir(parents=True)
    (source / "plugin-info").write_text('{"version": "1.0", "description": "d"}')
    (source / "entry.py").write_text("IS_PLUGIN = True")
    assert set(await ops.installable()) == {"ovix-acme"}
    assert (await ops.done("install", "ovix-acme")).startswith("install|success(download|success")
    server.offer("ovix-acme", a_package("ovix-acme", "2.0"), "2.0")
    server.offer("acme-phone", a_package())
    await ops.use(server)
    told = await ops.installable()
    assert {name: each["version"] for name, each in told.items()} == {
        "ovix-acme": "2.0", "acme-phone": "1.0",
    }  # fmt: skip
    assert (await ops.done("upgrade", "ovix-acme")).startswith("install|success")
    assert (await ops.installed())["ovix-acme"]["version"] == "2.0"


async def test_an_archive_at_hand_is_installed_and_upgrades(
    ops: Installation, api: AsyncClient, phone: str, storage: Path
) -> None:
    for version in ("1.0", "1.1"):
        answer = await api.post(
            "/pg_mgr/install/upload",
            content=a_package(version=version),
            headers={"Content-Type": "application/x-bzip2"},
        )
        assert answer.status_code == 201, answer.text
        location = answer.headers["Location"].removeprefix("/provd")
        assert await ops.ended(location) == "install|success"
        assert (await ops.installed())["acme-phone"]["version"] == version
        assert await ops.configured()
    assert names_below(storage / "cache") == set()


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/x-bzip2", 400),
        (b"no archive", "application/x-bzip2", 400),
        (a_package("../x"), "application/octet-stream", 400),
        (a_package(), "application/json", 415),
        (bytes(64 * 1024 * 1024 + 1), "application/x-bzip2", 413),
    ],
    ids=["nothing", "no archive", "no id", "another type", "too large"],
)
async def test_what_is_no_archive_is_refused_and_not_kept(
    app: FastAPI, api: AsyncClient, storage: Path, content: bytes, kind: str, status: int
) -> None:
    answer = await api.post(
        "/pg_mgr/install/upload", content=content, headers={"Content-Type": kind}
    )
    assert answer.status_code == status, answer.text
    assert names_below(storage / "cache") == set()


def test_our_own_plugins_can_be_packed(tmp_path: Path) -> None:
    index = build(SHIPPED, tmp_path)
    assert {"ovix-generic", "ovix-yealink"} <= index.keys()
    for entry in index.values():
        archive = (tmp_path / entry["filename"]).read_bytes()
        assert sha256(archive).hexdigest() == entry["sha256sum"]
    assert orjson.loads((tmp_path / "plugins.db").read_bytes()) == index


def test_a_folder_of_packages_is_built_by_a_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ovix_provd.repository"]
    source = tmp_path / "sources" / "acme-phone"
    source.mkdir(parents=True)
    (source / "plugin-info").write_text('{"version": "3"}')
    target = tmp_path / "target"
    built = subprocess.run(
        [*command, source.parent, target], capture_output=True, text=True, check=True
    )
    assert built.stdout.startswith("acme-phone-3.tar.bz2 ")
    assert orjson.loads((target / "plugins.db").read_bytes())["acme-phone"]["version"] == "3"
    (source / "plugin-info").write_text("{")
    failed = subprocess.run([*command, source.parent, target], capture_output=True, check=False)
    assert (failed.returncode, b"no JSON" in failed.stderr) == (1, True)
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2
