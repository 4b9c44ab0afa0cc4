"""Packages as strangers build them, loaded and asked in a real plugin host."""

from pathlib import Path
from typing import Any

import pytest
from ovix_provd.host.client import PluginHost
from ovix_provd.plugins import (
    DhcpRequest,
    FileBelow,
    PluginError,
    TftpRequest,
)

from .asking import DEVICE, RAW_CONFIG, fetch, loaded
from .stranger import (
    a_package,
    misbehaving_package,
    python2_package,
    python3_package,
)
from .stranger_python2 import PYTHON2_COMMON


@pytest.mark.parametrize("flavour", [python2_package, python3_package])
async def test_a_stranger_s_package_does_all_its_work(
    host: PluginHost, packages: Path, flavour: Any
) -> None:
    directory = flavour(packages)
    await loaded(host, directory)
    plugin = host[directory.name]
    assert plugin.info["version"] == "1.0"
    assert (plugin.packages, plugin.parameters) == (None, None)

    info = await host.identify(fetch(b"Acme P30 2.0 00:11:22:33:44:55"))
    assert info == {
        "mac": "00:11:22:33:44:55", "vendor": "Acme", "model": "P30", "version": "2.0",
    }  # fmt: skip
    assert await host.associated(info) == directory.name

    await plugin.configure(dict(DEVICE), dict(RAW_CONFIG))
    trigger = await plugin.trigger_filename(DEVICE)
    assert trigger is not None
    written = directory / "var/tftpboot" / trigger
    assert "u1" in written.read_text("utf-8")
    assert await plugin.is_sensitive(trigger)
    assert not await plugin.is_sensitive("firmware.bin")
    answer = await plugin.http(fetch(b"", b"/" + trigger.encode() + b"?mac=1"), DEVICE)
    assert answer == FileBelow(directory / "var/tftpboot", trigger.encode())

    await plugin.deconfigure(DEVICE)
    await plugin.deconfigure(DEVICE)
    assert not written.exists()


async def test_python_2_means_what_it_meant(host: PluginHost, packages: Path) -> None:
    """D8, D9: also ``iteritems`` in templates, and accents."""
    directory = python2_package(packages)
    source = (directory / "common.py").read_bytes()
    await loaded(host, directory)
    assert (directory / "common.py").read_bytes() == source
    assert (directory / "var/tftpboot/all.cfg").read_text() == "server = 192.0.2.1:8667"
    await host[directory.name].configure(DEVICE, RAW_CONFIG)
    written = (directory / "var/tftpboot/acme-001122334455.cfg").read_text("utf-8")
    assert written.splitlines() == [
        "# a%20b 3 [None, 3, 'b'] True 1=u1",
        "account.1 = u1:p1",
        "name.1 = Zoé <&",
    ]


async def test_each_generation_gets_requests_of_its_kind(host: PluginHost, packages: Path) -> None:
    await loaded(host, python2_package(packages), python3_package(packages))
    info = await host.identify(fetch(b"Acme P10 1.0", b"/x?mac=001122334455"))
    assert (info["model"], info["mac"]) == ("P10", "00:11:22:33:44:55")
    told = await host.identify(TftpRequest("10.0.0.5", 1024, b"acme-aabbccddeeff.cfg"))
    assert told == {"vendor": "Acme", "mac": "aa:bb:cc:dd:ee:ff"}
    assert await host.identify(DhcpRequest("10.0.0.5", "aa:bb:cc:dd:ee:ff", ((60, "AB"),))) == {}


async def test_what_several_plugins_see_is_voted_on(host: PluginHost, packages: Path) -> None:
    for name, told in (
        ("a", "{'model': 'X', 'vendor': 'V', 'mac': 'nonsense'}"),
        ("b", "{'model': 'Y', 'vendor': 'V', 'ip': '300.1.1.1', 'color': 'red'}"),
        ("c", "{'model': 'X', 'vendor': 'W', 'version': 7, 'sn': b'S1'}"),
        ("d", "None"),
    ):
        body = f"""
            class http_dev_info_extractor:
                @staticmethod
                def extract(request, request_type):
                    return defer.succeed({told})
        """
        await loaded(host, misbehaving_package(packages, name, body))
    assert await host.identify(fetch(b"")) == {"model": "X", "vendor": "V", "sn": "S1"}


async def test_a_late_extractor_has_its_say(host: PluginHost, packages: Path) -> None:
    body = """
        class http_dev_info_extractor:
            @staticmethod
            def extract(request, request_type):
                return threads.deferToThread(lambda: {'vendor': 'Late'})
    """
    await loaded(host, misbehaving_package(packages, "late", body))
    assert await host.identify(fetch(b"")) == {"vendor": "Late"}


async def test_on_a_tie_the_greatest_id_is_associated(host: PluginHost, packages: Path) -> None:
    """A10: plain order of texts, so 8.9 is greater than 10.1."""
    for name in ("xivo-acme-10.1", "xivo-acme-8.9", "wazo-acme-99"):
        await loaded(host, python2_package(packages, name))
    info = {"vendor": "Acme", "model": "P10", "version": "8.7.3.19"}
    assert await host.associated(info) == "xivo-acme-8.9"


async def test_an_unlisted_model_is_associated_by_its_vendor(
    host: PluginHost, packages: Path
) -> None:
    """A11, and none below the level PROBABLE."""
    await loaded(host, python2_package(packages, "a1"), python2_package(packages, "a2"))
    assert await host.associated({"vendor": "Acme", "model": "unheard of"}) == "a2"
    assert await host.associated({"vendor": "Other", "model": "P10"}) is None
    assert await host.associated({}) is None


async def test_an_associator_that_raises_is_skipped(host: PluginHost, packages: Path) -> None:
    body = """
        class pg_associator:
            @staticmethod
            def associate(dev_info):
                raise SystemExit(1)
    """
    await loaded(host, misbehaving_package(packages, "zz", body), python2_package(packages))
    assert await host.associated({"vendor": "Acme"}) == "xivo-acme-1.0"


async def test_an_extractor_that_raises_costs_nobody_else_their_say(
    host: PluginHost, packages: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A13; and A14: a header that is no ASCII."""
    for name, raised in (
        ("r1", "raise ValueError('no')"),
        ("r2", "sys.exit(3)"),
        ("r3", "raise KeyboardInterrupt"),
    ):
        body = f"""
            class http_dev_info_extractor:
                @staticmethod
                def extract(request, request_type):
                    {raised}
        """
        await loaded(host, misbehaving_package(packages, name, body))
    body = """
        class http_dev_info_extractor:
            @staticmethod
            def extract(request, request_type):
                return defer.fail(RuntimeError('later'))
    """
    await loaded(host, misbehaving_package(packages, "r4", body), python3_package(packages))
    info = await host.identify(fetch(b"Acme P10 1.0"))
    assert info["vendor"] == "Acme"
    assert await host.identify(fetch(b"Acme \xff")) == {}
    assert host.deaths == 0


async def test_answers_that_can_t_change_are_asked_for_once(
    host: PluginHost, packages: Path
) -> None:
    body = """
        count = 0
        def get_remote_state_trigger_filename(self, device):
            Misbehaving.count += 1
            return str(self.count)
    """
    directory = misbehaving_package(packages, "counts", body)
    await loaded(host, directory)
    plugin = host["counts"]
    assert [await plugin.trigger_filename(DEVICE) for _ in range(3)] == ["1", "1", "1"]
    assert await plugin.trigger_filename({**DEVICE, "model": "other"}) == "2"
    await host.load("counts", directory)
    assert await host["counts"].trigger_filename(DEVICE) == "1"


async def test_an_incomplete_configuration_is_refused(host: PluginHost, packages: Path) -> None:
    """G6."""
    await loaded(host, python3_package(packages))
    with pytest.raises(PluginError, match="vlan_id"):
        await host["wazo-acme-2.0"].configure(DEVICE, {**RAW_CONFIG, "vlan_enabled": True})


async def test_reloading_runs_everything_anew(host: PluginHost, packages: Path) -> None:
    """D6 without the repository: what is edited in place holds after a reload."""
    directory = python3_package(packages)
    await loaded(host, directory)
    common = directory / "lib/common.py"
    common.write_text(common.read_text().replace("'.xml'", "'.cfg'"))
    await host.load(directory.name, directory)
    assert await host[directory.name].is_sensitive("a.cfg")
    await host.unload(directory.name)
    assert list(host) == []
    await host.unload(directory.name)


@pytest.mark.parametrize(
    ("files", "info", "reason"),
    [
        ({"entry.py": "import os\n1 / 0\n"}, {}, r"ZeroDivisionError.*entry\.py, line 2"),
        ({"entry.py": "x = 1\n"}, {}, "IS_PLUGIN"),
        ({}, {}, r"no entry\.py"),
        ({"entry.py": "def f(:\n"}, {}, r"entry\.py, line 1.*neither"),
        ({"entry.py": "execfile_('absent.py', {})\n"}, {}, r"absent\.py"),
        ({"entry.py": "import nothing_of_that_name\n"}, {}, r"nothing_of_that_name.*line 1"),
        ({"entry.py": "raise SystemExit(4)\n"}, {}, "SystemExit: 4"),
        ({"entry.py": "raise ValueError('x' * 10_000_000)\n"}, {}, "ValueError: x+…"),
        ({"entry.py": "pass\n"}, {"plugin_iface_version_min": 0.3}, "interface"),
        ({"entry.py": "pass\n"}, {"plugin_iface_version_max": 0.1}, "interface"),
    ],
    ids=["raises", "class", "entry", "syntax", "file", "import", "exit", "long", "new", "old"],
)
async def test_what_does_not_load_is_said_and_hurts_nobody(
    host: PluginHost, packages: Path, files: dict[str, str], info: dict[str, Any], reason: str
) -> None:
    """E12."""
    await loaded(host, python3_package(packages))
    with pytest.raises(PluginError, match=reason) as caught:
        await host.load("bad", a_package(packages, "bad", files, **info))
    assert len(str(caught.value)) < 1500
    assert list(host) == ["wazo-acme-2.0"]
    assert (await host.identify(fetch(b"Acme P10 1.0")))["vendor"] == "Acme"
    assert host.deaths == 0


async def test_a_mistake_in_common_py_is_told_until_it_is_repaired(
    host: PluginHost, packages: Path
) -> None:
    """E14."""
    directory = python2_package(packages)
    await loaded(host, directory)
    common = directory / "common.py"
    common.write_text(PYTHON2_COMMON.replace("(StandardPlugin)", "((StandardPlugin)"), "utf-8")
    with pytest.raises(PluginError, match=r"common\.py, line \d+"):
        await host.load(directory.name, directory)
    assert directory.name not in host
    common.write_text(PYTHON2_COMMON, "utf-8")
    await host.load(directory.name, directory)
    assert directory.name in host


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"plugin_iface_version_min": "x"}', b"[" * 100_000]
)
async def test_a_plugin_info_that_is_none_is_refused(
    host: PluginHost, packages: Path, content: bytes
) -> None:
    directory = python3_package(packages)
    (directory / "plugin-info").write_bytes(content)
    with pytest.raises(PluginError, match=r"plugin-info|plugin_iface"):
        await host.load("x", directory)
