"""Firmware packages of plugins, from description to files for phones (acceptance E17, E18)."""

import hashlib
import io
import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ovix_provd.surface.fetchfw import download
from ovix_provd.surface.fetchfw.errors import (
    DownloadFailed,
    InProgress,
    InstallFailed,
    PackageNotFound,
)
from ovix_provd.surface.plugins import FetchfwPluginHelper

FIRMWARE = b"firmware of a phone" * 10_000


def zipped(**files: bytes) -> bytes:
    """A ZIP file; two underscores in a name are a slash, one is a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return packed.getvalue()


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


class Mirror:
    """A web server with files; remembers what it was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.password: str | None = None
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.asked.append((self.path, self.headers["User-Agent"]))
                if mirror.password and self.headers["Authorization"] != mirror.password:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="firmware"')
                    self.end_headers()
                    return
                content = mirror.files.get(self.path)
                self.send_response(404 if content is None else 200)
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    yield mirror
    mirror.close()


class Plugin:
    """A plugin's directory with what its ``pkgs.db`` describes."""

    def __init__(self, directory: Path, mirror: Mirror) -> None:
        self.directory, self.mirror = directory, mirror
        for name in ("pkgs", "var/cache", "var/installed", "var/templates", "var/tftpboot"):
            directory.joinpath(name).mkdir(parents=True)
        self.root = directory / "var/tftpboot"
        self.cache = directory / "var/cache"
        self.text = ""

    def describes(self, text: str) -> "Plugin":
        self.text += text
        self.directory.joinpath("pkgs/pkgs.db").write_text(self.text, "utf-8")
        return self

    def has(self, content: bytes, steps: str, name: str = "fw.zip") -> "Plugin":
        """One package ``fw`` of one file."""
        self.mirror.files[f"/{name}"] = content
        return self.describes(
            f"[pkg_fw]\ndescription: Firmware\ndescription_fr: Micrologiciel\nversion: 1.2-r3\n"
            f"files: fw\ninstall: all phones\ndepends: lang\n"
            f"[file_fw]\nurl: http://{self.mirror.address}/{name}\nsize: {len(content)}\n"
            f"sha1sum: {sha1(content)}\n[install_all]\n{steps}\n"
        )

    def helper(self, **proxies: str) -> FetchfwPluginHelper:
        downloaders = FetchfwPluginHelper.new_downloaders(proxies)
        return FetchfwPluginHelper(str(self.directory), downloaders)

    def files(self) -> dict[str, bytes]:
        """What phones can fetch; directories without content."""
        found = sorted(self.root.rglob("*"))
        return {
            f"{path.relative_to(self.root)}{'/' if path.is_dir() else ''}": b""
            if path.is_dir()
            else path.read_bytes()
            for path in found
        }

    def installs(self) -> dict[str, bytes]:
        self.helper().install("fw")
        return self.files()


@pytest.fixture
def plugin(tmp_path: Path, mirror: Mirror) -> Plugin:
    return Plugin(tmp_path / "xivo-yealink-v86", mirror)


def test_e17_a_package_is_installed_listed_and_removed_without_a_trace(plugin: Plugin) -> None:
    plugin.has(zipped(T46__fw_rom=FIRMWARE, readme_txt=b"x"), "a-b = unzip $FILE1\nb-c = cp T46 .")
    plugin.root.joinpath("001565aabbcc.cfg").write_bytes(b"a phone's")
    helper = plugin.helper()
    about = {"description": "Firmware", "description_fr": "Micrologiciel", "version": "1.2-r3"}
    size = len(plugin.mirror.files["/fw.zip"])
    assert helper.services() == {"install": helper}
    assert helper.root_dir == str(plugin.root)
    assert helper.list_installable() == {"fw": {**about, "dsize": size}}
    assert helper.list_installed() == {}

    told: list[tuple[str, int | None, int]] = []
    helper.install("fw", lambda *each: told.append(each))
    assert plugin.files() == {
        "001565aabbcc.cfg": b"a phone's", "T46/": b"", "T46/fw.rom": FIRMWARE,
    }  # fmt: skip
    assert helper.list_installed() == plugin.helper().list_installed() == {"fw": about}
    assert told[0] == ("download", None, 0)
    assert told[-2:] == [("fw.zip", size, size), ("install", None, 0)]
    assert {part for part, *_ in told} == {"download", "fw.zip", "install"}
    assert json.loads(plugin.directory.joinpath("var/installed/fw").read_bytes()) == {
        "id": "fw", **about, "depends": ["lang"], "explicit_install": True,
        "files": ["T46/", "T46/fw.rom"],
    }  # fmt: skip

    helper.uninstall("fw")
    assert plugin.files() == {"001565aabbcc.cfg": b"a phone's"}
    assert helper.list_installed() == {}
    assert [each.name for each in plugin.cache.iterdir()] == ["fw.zip"]


def test_e18_a_file_without_address_must_be_put_into_the_cache(plugin: Plugin) -> None:
    content = zipped(fw_rom=FIRMWARE)
    plugin.describes(
        "[pkg_fw]\nversion: 1\nfiles: fw\ninstall: all\n"
        f"[file_fw]\nurl: cisco:1234/fw.zip\nsize: 1\nsha1sum: {sha1(content)}\n"
        "[install_all]\na-b = unzip $FILE1\n"
    )
    with pytest.raises(DownloadFailed, match=r"fw\.zip must be put into var/cache by hand"):
        plugin.helper().install("fw")
    plugin.cache.joinpath("fw.zip").write_bytes(b"another")
    with pytest.raises(DownloadFailed, match="SHA-1"):
        plugin.helper().install("fw")
    plugin.cache.joinpath("fw.zip").write_bytes(content)
    assert plugin.installs() == {"fw.rom": FIRMWARE}


def test_what_is_cached_is_checked_and_not_downloaded_again(plugin: Plugin) -> None:
    content = zipped(fw_rom=FIRMWARE)
    plugin.has(content, "a-b = unzip $FILE1")
    plugin.cache.joinpath("fw.zip").write_bytes(content)
    assert plugin.installs() == {"fw.rom": FIRMWARE}
    assert plugin.mirror.asked == []
    plugin.cache.joinpath("fw.zip").write_bytes(content[:-1])
    plugin.installs()
    assert plugin.mirror.asked == [("/fw.zip", "xivo-fetchfw/1.0")]
    assert plugin.cache.joinpath("fw.zip").read_bytes() == content


@pytest.mark.parametrize("served", [None, b"", b"cut"])
def test_what_is_not_the_file_described_is_not_kept(plugin: Plugin, served: bytes | None) -> None:
    plugin.has(zipped(fw_rom=FIRMWARE), "a-b = unzip $FILE1")
    if served is None:
        del plugin.mirror.files["/fw.zip"]
    else:
        plugin.mirror.files["/fw.zip"] = served
    with pytest.raises(DownloadFailed, match=r"fw\.zip"):
        plugin.helper().install("fw")
    assert plugin.files() == {}
    assert list(plugin.cache.iterdir()) == []
    assert plugin.helper().list_installed() == {}


def test_a_server_that_is_away_is_no_crash(plugin: Plugin) -> None:
    plugin.has(zipped(fw_rom=FIRMWARE), "a-b = unzip $FILE1")
    plugin.mirror.close()
    with pytest.raises(DownloadFailed, match="refused"):
        plugin.helper().install("fw")


def test_a_server_that_falls_silent_is_given_up(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert download.SILENT_FOR_S == 15
    monkeypatch.setattr(download, "SILENT_FOR_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        plugin.has(b"x", "a-b = null")
        plugin.describes(f"[file_fw]\nurl: http://127.0.0.1:{silent.getsockname()[1]}/fw.zip\n")
        with pytest.raises(DownloadFailed, match="timed out"):
            plugin.helper().install("fw")
    assert list(plugin.cache.iterdir()) == []


def test_proxies_are_taken_as_they_are_at_that_moment(plugin: Plugin) -> None:
    content = zipped(fw_rom=FIRMWARE)
    plugin.has(content, "a-b = unzip $FILE1")
    plugin.text = ""
    plugin.mirror.files["http://firmware.example/fw.zip"] = content
    plugin.describes(
        "[pkg_fw]\nversion: 1\nfiles: fw\ninstall: all\n[install_all]\na-b = unzip $FILE1\n"
        f"[file_fw]\nurl: http://firmware.example/fw.zip\nsha1sum: {sha1(content)}\n"
    )
    proxies: dict[str, str] = {}
    downloaders = FetchfwPluginHelper.new_downloaders(proxies)
    helper = FetchfwPluginHelper(str(plugin.directory), downloaders)
    proxies["http"] = f"http://{plugin.mirror.address}"
    helper.install("fw")
    assert [path for path, _ in plugin.mirror.asked] == ["http://firmware.example/fw.zip"]


def test_a_plugin_may_have_an_account_to_download_with(plugin: Plugin) -> None:
    content = zipped(fw_rom=FIRMWARE)
    plugin.has(content, "a-b = unzip $FILE1").describes("[file_fw]\ndownloader: auth\n")
    plugin.mirror.password = "Basic dXNlcjpzZWNyZXQ="
    downloaders: Any = FetchfwPluginHelper.new_downloaders_from_handlers(
        FetchfwPluginHelper.new_handlers()
    )
    helper = FetchfwPluginHelper(str(plugin.directory), downloaders)
    with pytest.raises(DownloadFailed, match="401"):
        helper.install("fw")
    downloaders["auth"].add_password(None, f"http://{plugin.mirror.address}/", "user", "secret")
    helper.install("fw")
    assert plugin.files() == {"fw.rom": FIRMWARE}


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:,x", "gopher://x/y"])
def test_only_the_web_is_downloaded_from(plugin: Plugin, url: str) -> None:
    plugin.has(b"x", "a-b = cp $FILE1 .").describes(f"[file_fw]\nurl: {url}\nfilename: fw\n")
    with pytest.raises(DownloadFailed, match="not an address"):
        plugin.helper().install("fw")


def test_upgrading_removes_what_the_new_version_has_no_more(plugin: Plugin) -> None:
    plugin.has(zipped(old_rom=b"1", same_rom=b"1"), "a-b = unzip $FILE1\nb-c = cp *.rom fw/")
    plugin.installs()
    plugin.text = ""
    plugin.cache.joinpath("fw.zip").unlink()
    plugin.has(zipped(new_rom=b"2", same_rom=b"2"), "a-b = unzip $FILE1\nb-c = cp *.rom fw/")
    plugin.helper().upgrade("fw")
    assert plugin.files() == {"fw/": b"", "fw/new.rom": b"2", "fw/same.rom": b"2"}
    plugin.helper().install("fw")
    plugin.helper().uninstall("fw")
    assert plugin.files() == {}


def test_a_directory_that_others_use_stays(plugin: Plugin) -> None:
    plugin.has(zipped(fw_rom=b"1"), "a-b = unzip $FILE1\nb-c = cp fw.rom phones/")
    plugin.installs()
    plugin.root.joinpath("phones/other").write_bytes(b"2")
    plugin.root.joinpath("phones/fw.rom").unlink()
    plugin.helper().uninstall("fw")
    assert plugin.files() == {"phones/": b"", "phones/other": b"2"}


def test_unknown_packages_are_told_apart(plugin: Plugin) -> None:
    helper = plugin.has(b"x", "a-b = null").helper()
    for operation in (helper.install, helper.upgrade, helper.uninstall):
        with pytest.raises(PackageNotFound):
            operation("../fw")
    for operation in (helper.upgrade, helper.uninstall):
        with pytest.raises(PackageNotFound, match="not installed"):
            operation("fw")


def test_a_package_is_installed_once_at_a_time(plugin: Plugin) -> None:
    helper = plugin.has(zipped(fw_rom=b"1"), "a-b = unzip $FILE1").helper()

    def meanwhile(part: str, done: int | None, of: int) -> None:
        with pytest.raises(InProgress):
            helper.install("fw")
        with pytest.raises(InProgress):
            helper.uninstall("fw")

    helper.install("fw", meanwhile)
    helper.uninstall("fw")


def test_an_installation_that_fails_in_the_middle_is_undone(plugin: Plugin) -> None:
    plugin.has(zipped(a__x=b"1", b__x=b"2"), "a-b = unzip $FILE1")
    plugin.root.joinpath("b").mkdir()
    plugin.root.joinpath("b/x").mkdir()
    plugin.root.joinpath("c").write_bytes(b"3")
    with pytest.raises(InstallFailed, match="directory of the name of a file: b/x"):
        plugin.helper().install("fw")
    assert plugin.files() == {"b/": b"", "b/x/": b"", "c": b"3"}
    assert list(plugin.directory.joinpath("var/installed").iterdir()) == []


@pytest.mark.parametrize("stop_after", range(4))
def test_an_installation_that_was_killed_is_undone_at_the_next_start(
    plugin: Plugin, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    import shutil

    class Killed(BaseException):
        """Nothing handles it, as nothing handles a kill."""

    moved: list[Any] = []
    move = shutil.move

    def dying(source: Any, target: Any) -> Any:
        if len(moved) == stop_after:
            raise Killed
        moved.append(target)
        return move(source, target)

    plugin.has(zipped(a=b"1", c=b"2", d=b"3", z__mine=b"4"), "a-b = unzip $FILE1")
    plugin.root.joinpath("z").mkdir()
    plugin.root.joinpath("z/mine").write_bytes(b"of another package")
    helper = plugin.helper()
    # The staged files stay when a process is killed.
    monkeypatch.setattr(shutil, "move", dying)
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    with pytest.raises(Killed):
        helper.install("fw")
    monkeypatch.undo()
    helper = plugin.helper()
    assert plugin.files() == {"z/": b"", "z/mine": b"of another package"}
    assert helper.list_installed() == {}
    helper.install("fw")
    assert set(plugin.files()) == {"a", "c", "d", "z/", "z/mine"}


def test_a_link_in_the_root_does_not_lead_an_installation_outside(
    plugin: Plugin, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    plugin.has(zipped(a__x=b"1"), "a-b = unzip $FILE1")
    plugin.root.joinpath("a").symlink_to(outside)
    with pytest.raises(InstallFailed, match="outside"):
        plugin.helper().install("fw")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("missing", ["pkgs", "var/installed"])
def test_a_plugin_without_its_directories_does_not_load(plugin: Plugin, missing: str) -> None:
    plugin.directory.joinpath(missing).rmdir()
    with pytest.raises(FileNotFoundError):
        plugin.helper()


def test_a_record_that_is_none_is_named(plugin: Plugin) -> None:
    plugin.directory.joinpath("var/installed/fw").write_text("{}")
    with pytest.raises(InstallFailed, match="var/installed/fw is no record"):
        plugin.helper()
