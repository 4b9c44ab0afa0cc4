"""What plugins do beside writing files: services of their own, notifications, firmware."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ovix_provd.host.client import PluginHost
from ovix_provd.plugins import (
    FileBelow,
    HttpAnswer,
    PluginError,
    TftpContent,
    TftpRefusal,
    TftpRequest,
)

from .asking import DEVICE, RAW_CONFIG, fetch, loaded
from .conftest import Hosts
from .stranger import (
    a_package,
    misbehaving_package,
    own_services_package,
    python2_package,
    python3_package,
)


async def test_services_of_its_own_answer(host: PluginHost, packages: Path) -> None:
    await loaded(host, own_services_package(packages))
    own = host["own"]
    posted = await own.http(fetch(b"", b"/x", b"POST", b"uuid=abc"), DEVICE)
    assert posted == HttpAnswer(
        200, ((b"Content-Type", b"text/plain; charset=UTF-8"),), b"account of abc d1"
    )
    wrong = await own.http(fetch(b"", b"/x", b"POST"), DEVICE)
    assert isinstance(wrong, HttpAnswer)
    assert wrong.status == 400
    later = await own.http(fetch(b"", b"/later?uuid=1", b"POST"), DEVICE)
    assert isinstance(later, HttpAnswer)
    assert later.body == b"at last"
    other = await own.http(fetch(b""), DEVICE)
    assert isinstance(other, HttpAnswer)
    assert other.status == 405
    assert await own.tftp(TftpRequest("10.0.0.5", 1, b"hello"), DEVICE) == TftpContent(b"hello d1")
    refused = await own.tftp(TftpRequest("10.0.0.5", 1, b"other"), DEVICE)
    assert refused == TftpRefusal(2, b"no access")


async def test_a_resource_for_python_2_gets_texts(host: PluginHost, packages: Path) -> None:
    entry = """\
from provd.plugins import StandardPlugin
from provd.util import norm_uuid
from twisted.web.resource import Resource


class Accounts(Resource):
    isLeaf = True

    def render_POST(self, request):
        try:
            uuid = norm_uuid(request.args['uuid'][0].decode('ascii'))
        except (KeyError, ValueError), e:
            request.setResponseCode(400)
            return repr(e)
        request.setHeader('Content-Type', 'text/plain; charset=UTF-8')
        return (u'é %s %s' % (uuid, request.path)).encode('UTF-8')


class OldPlugin(StandardPlugin):
    IS_PLUGIN = True

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        StandardPlugin.__init__(self, app, plugin_dir, gen_cfg, spec_cfg)
        self.http_service = Accounts()
"""
    await loaded(host, a_package(packages, "jitsi-like", {"entry.py": entry}))
    uuid = "01234567-89ab-cdef-0123-456789abcdef"
    asked = fetch(b"", b"/provision", b"POST", b"uuid=" + uuid.upper().encode())
    assert await host["jitsi-like"].http(asked, DEVICE) == HttpAnswer(
        200,
        ((b"Content-Type", b"text/plain; charset=UTF-8"),),
        f"é {uuid} /provision".encode(),
    )
    wrong = await host["jitsi-like"].http(fetch(b"", b"/", b"POST", b"uuid=x"), DEVICE)
    assert isinstance(wrong, HttpAnswer)
    assert wrong.status == 400


async def test_the_null_plugin_refuses_everything(host: PluginHost, packages: Path) -> None:
    entry = """\
from provd.plugins import Plugin
from provd.servers.tftp.service import TFTPNullService
from twisted.web.resource import NoResource


class NullPlugin(Plugin):
    IS_PLUGIN = True
    http_service = NoResource('Null plugin always reject requests')
    tftp_service = TFTPNullService(errmsg='Null plugin always reject requests')
"""
    await loaded(host, a_package(packages, "null", {"entry.py": entry}))
    answer = await host["null"].http(fetch(b"", b"/a/b"), DEVICE)
    assert isinstance(answer, HttpAnswer)
    assert answer.status == 404
    refusal = await host["null"].tftp(TftpRequest("10.0.0.5", 1, b"x"), DEVICE)
    assert refusal == TftpRefusal(0, b"Null plugin always reject requests")


async def test_without_services_there_is_no_answer(host: PluginHost, packages: Path) -> None:
    await loaded(host, misbehaving_package(packages, "bare", "pass"))
    assert await host["bare"].http(fetch(b""), DEVICE) is None
    assert await host["bare"].tftp(TftpRequest("10.0.0.5", 1, b"x"), DEVICE) is None
    assert await host["bare"].trigger_filename(DEVICE) is None


async def test_path_preprocess_chooses_the_file(host: PluginHost, packages: Path) -> None:
    head = """
        class Service(HTTPNoListingFileService):
            def path_preprocess(self, request):
                request.path = re.sub(rb'/+', b'/', request.path)
                request.postpath = [p for p in request.path[1:].split(b'/')]
    """
    body = """
        def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
            StandardPlugin.__init__(self, app, plugin_dir, gen_cfg, spec_cfg)
            self.http_service = Service(self._tftpboot_dir)
    """
    directory = misbehaving_package(packages, "gigaset-like", body, head)
    await loaded(host, directory)
    answer = await host["gigaset-like"].http(fetch(b"", b"//42//1.xml?x=1"), DEVICE)
    assert answer == FileBelow(directory / "var/tftpboot", b"42/1.xml")


async def test_a_file_service_that_renders_itself_is_asked(
    host: PluginHost, packages: Path
) -> None:
    head = """
        class Service(HTTPNoListingFileService):
            def getChild(self, path, request):
                from twisted.web.static import Data
                return Data(b'made of ' + path, 'text/plain')
    """
    body = """
        def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
            StandardPlugin.__init__(self, app, plugin_dir, gen_cfg, spec_cfg)
            self.http_service = Service(self._tftpboot_dir)
    """
    await loaded(host, misbehaving_package(packages, "renders", body, head))
    answer = await host["renders"].http(fetch(b"", b"/name"), DEVICE)
    assert isinstance(answer, HttpAnswer)
    assert answer.body == b"made of name"


async def test_parameters_are_described_stored_and_kept(host: PluginHost, packages: Path) -> None:
    directory = own_services_package(packages)
    await loaded(host, directory)
    parameters = host["own"].parameters
    assert parameters is not None
    await parameters.set("username", "admin")
    assert await parameters.get("username") == "admin"
    for absent in (parameters.get("absent"), parameters.set("absent", "x")):
        with pytest.raises(KeyError):
            await absent
    with pytest.raises(ValueError, match="not that one"):
        await parameters.set("username", "bad")
    await host.load("own", directory)
    parameters = host["own"].parameters
    assert parameters is not None
    assert {
        "id": "username", "description": "The user", "description_fr": "L'utilisateur",
        "value": "admin",
    } in await parameters.all()  # fmt: skip


async def test_synchronize_notifies_through_the_caller(host: PluginHost, packages: Path) -> None:
    """J1 and J4: with the vendor's event."""
    sent: list[tuple[str, list[str]]] = []

    async def notify(device: dict[str, Any], variables: Sequence[str]) -> None:
        sent.append((device["id"], list(variables)))

    await loaded(host, python2_package(packages), python3_package(packages))
    await host["xivo-acme-1.0"].synchronize(DEVICE, RAW_CONFIG, notify)
    await host["wazo-acme-2.0"].synchronize(DEVICE, RAW_CONFIG, notify)
    assert sent == [("d1", ["Event=check-sync"]), ("d1", ["Event=check-sync;reboot=false"])]


async def test_a_notify_that_fails_fails_the_synchronization(
    host: PluginHost, packages: Path
) -> None:
    async def notify(device: dict[str, Any], variables: Sequence[str]) -> None:
        raise PluginError("Asterisk is away")

    await loaded(host, python3_package(packages))
    with pytest.raises(PluginError, match="Asterisk is away"):
        await host["wazo-acme-2.0"].synchronize(DEVICE, RAW_CONFIG, notify)


async def test_old_plugins_notify_from_threads(host: PluginHost, packages: Path) -> None:
    sent: list[tuple[dict[str, Any], list[str]]] = []

    async def notify(device: dict[str, Any], variables: Sequence[str]) -> None:
        sent.append((device, list(variables)))

    head = "from provd import synchronize"
    body = """
        def synchronize(self, device, raw_config):
            service = synchronize.get_sync_service()
            return threads.deferToThread(service.sip_notify, device['ip'], 'check-sync')
    """
    await loaded(host, misbehaving_package(packages, "old", body, head))
    await host["old"].synchronize(DEVICE, RAW_CONFIG, notify)
    assert sent == [({"ip": "10.0.0.5"}, ["Event=check-sync"])]


async def test_the_application_stores_devices_for_plugins(hosts: Hosts, packages: Path) -> None:
    stored: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    host = await hosts(dev_update=stored.put)
    await loaded(host, own_services_package(packages))

    async def notify(device: dict[str, Any], variables: Sequence[str]) -> None:
        raise AssertionError

    await host["own"].synchronize(DEVICE, RAW_CONFIG, notify)
    assert await asyncio.wait_for(stored.get(), 60) == {**DEVICE, "model": "of the settings"}


async def test_parameters_of_provd_are_alive_in_plugins(host: PluginHost, packages: Path) -> None:
    body = """
        def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
            self._proxies, self._app = gen_cfg.get('proxies'), app
        def get_remote_state_trigger_filename(self, device):
            return '%s %s' % (self._proxies.get('http'), self._app.nat)
    """
    await loaded(host, misbehaving_package(packages, "proxied", body))
    await host.set_parameters({"http": "http://proxy"}, 1)
    assert await host["proxied"].trigger_filename(DEVICE) == "http://proxy 1"


async def test_firmware_is_installed_with_progress(host: PluginHost, packages: Path) -> None:
    """E17, E18: a package without address comes from the plugin's cache."""
    body = """
        def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
            StandardPlugin.__init__(self, app, plugin_dir, gen_cfg, spec_cfg)
            from provd.plugins import FetchfwPluginHelper
            downloaders = FetchfwPluginHelper.new_downloaders(gen_cfg.get('proxies'))
            self.services = FetchfwPluginHelper(plugin_dir, downloaders).services()
    """
    directory = misbehaving_package(packages, "firm", body)
    (directory / "pkgs").mkdir()
    content = b"firmware" * 1000
    (directory / "pkgs/pkgs.db").write_text(
        "[pkg_fw]\ndescription: Firmware\nversion: 1.2\nfiles: one\ninstall: lay\n"
        f"[file_one]\nurl:\nfilename: fw.bin\nsize: {len(content)}\n"
        f"sha1sum: {hashlib.sha1(content).hexdigest()}\n"
        "[install_lay]\na-b: cp $FILE1 sub/\n"
    )
    await loaded(host, directory)
    firmware = host["firm"].packages
    assert firmware is not None
    assert (await firmware.installable())["fw"]["dsize"] == len(content)
    told: list[tuple[str, int | None, int]] = []

    def tell(part: str, done: int | None, of: int) -> None:
        told.append((part, done, of))

    with pytest.raises(PluginError):
        await firmware.install("fw", tell)
    with pytest.raises(PluginError, match="absent"):
        await firmware.install("absent", tell)
    (directory / "var/cache/fw.bin").write_bytes(content)
    told.clear()
    await firmware.install("fw", tell)
    assert [part for part, _, _ in told] == ["download", "fw.bin", "install"]
    assert (directory / "var/tftpboot/sub/fw.bin").read_bytes() == content
    assert (await firmware.installed())["fw"]["version"] == "1.2"
    await firmware.upgrade("fw", tell)
    await firmware.uninstall("fw")
    assert not (directory / "var/tftpboot/sub").exists()


async def test_a_resource_of_its_own_may_send_files(host: PluginHost, packages: Path) -> None:
    head = """
        from twisted.web.resource import Resource
        from twisted.web.static import File
        class Service(Resource):
            def __init__(self, root):
                Resource.__init__(self)
                self.root = root
            def getChild(self, path, request):
                return File(os.path.join(self.root, 'x.bin'))
    """
    body = """
        def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
            StandardPlugin.__init__(self, app, plugin_dir, gen_cfg, spec_cfg)
            self.http_service = Service(self._tftpboot_dir)
    """
    directory = misbehaving_package(packages, "sends", body, head)
    content = bytes(range(256)) * 2000
    (directory / "var/tftpboot/x.bin").write_bytes(content)
    await loaded(host, directory)
    answer = await host["sends"].http(fetch(b"", b"/whatever"), DEVICE)
    assert isinstance(answer, HttpAnswer)
    assert (answer.status, answer.body) == (200, content)
    (directory / "var/tftpboot/x.bin").write_bytes(bytes(9 << 20))
    with pytest.raises(PluginError, match="AnswerTooLong"):
        await host["sends"].http(fetch(b"", b"/whatever"), DEVICE)
