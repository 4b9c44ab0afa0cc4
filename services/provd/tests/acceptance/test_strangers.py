"""Packages that strangers built, in a provd as it is installed: served, customised, upgraded, gone.

Templates are rows D1 to D9 of the acceptance scenarios, packages E1, E3, E6 and A1.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..host.stranger import python2_package, python3_package
from ..repository.plugin_server import PluginServer
from .service import Provd, archive_of

MAC, OTHER = "00:15:65:aa:bb:cc", "00:15:65:aa:bb:dd"
HERE, THERE = "127.0.0.10", "127.0.0.11"


@dataclass(frozen=True)
class Flavour:
    """How a stranger built a package, and what its phones ask for."""

    plugin_id: str
    build: Callable[[Path, str], Path]
    model: str
    file: str
    by_tftp: bool

    def path(self, mac: str) -> str:
        return self.file.format(mac.replace(":", ""))

    def agent(self, mac: str, model: str | None = None) -> str:
        return f"Acme {model or self.model} 1.0 {mac}"


PYTHON2 = Flavour("xivo-acme-1.0", python2_package, "P10", "acme-{}.cfg", True)
PYTHON3 = Flavour("wazo-acme-2.0", python3_package, "P30", "{}.xml", False)


@dataclass
class Stranger:
    """A package in a repository, and the provd that it is for."""

    flavour: Flavour
    provd: Provd
    repository: PluginServer
    folder: Path
    _built: int = 0

    @property
    def installed(self) -> Path:
        return self.provd.storage / "plugins" / self.flavour.plugin_id

    @property
    def own_templates(self) -> Path:
        return self.installed / "var" / "templates"

    async def offer(self, version: str, changes: dict[str, str] | None = None) -> None:
        """Have a version in the repository, and in provd's index; files as told, or replaced."""
        self._built += 1
        place = self.folder / f"built{self._built}"
        place.mkdir()
        package = self.flavour.build(place, self.flavour.plugin_id)
        info = json.loads((package / "plugin-info").read_text())
        (package / "plugin-info").write_text(json.dumps({**info, "version": version}))
        for name, content in (changes or {}).items():
            (package / name).write_text(content)
        self.repository.offer(self.flavour.plugin_id, archive_of(package), version)
        await self.provd.use(self.repository.url)

    async def fetch(self, mac: str = MAC, ip: str = HERE, model: str | None = None) -> str | None:
        """The phone's own file; None where it gets none."""
        path, agent = f"/{self.flavour.path(mac)}", self.flavour.agent(mac, model)
        answer = await self.provd.get(path, agent, ip)
        assert answer.status_code in (200, 404, 503)  # the last before the first plugin
        return answer.text if answer.status_code == 200 else None

    async def remade(self, mac: str = MAC, ip: str = HERE, model: str | None = None) -> str | None:
        """Its file, once it was told to be made anew."""
        answer = await self.provd.reconfigure(mac)
        assert answer.status_code == 204
        return await self.fetch(mac, ip, model)


@pytest.fixture(params=[PYTHON2, PYTHON3], ids=["python2", "python3"])
def stranger(
    request: pytest.FixtureRequest, provd: Provd, repository: PluginServer, tmp_path: Path
) -> Stranger:
    return Stranger(request.param, provd, repository, tmp_path)


async def test_a_package_installs_serves_upgrades_and_uninstalls_with_no_restart(
    stranger: Stranger,
) -> None:
    """E1, E3, A1, D7: from an HTTP repository, while the service and its host go on running."""
    provd, flavour = stranger.provd, stranger.flavour
    assert await stranger.fetch() is None
    processes = provd.pid, provd.host_pid()
    await stranger.offer("1.0")
    await provd.plugin("install", flavour.plugin_id)
    assert "apQX" in str(await stranger.fetch())
    device = await provd.device(MAC)
    assert (device["plugin"], device["configured"], device["ip"]) == (
        flavour.plugin_id, True, HERE,
    )  # fmt: skip
    if flavour.by_tftp:
        assert b"apQX" in (await provd.tftp(flavour.path(MAC), HERE) or b"")
    await stranger.offer("1.1", {"templates/base.tpl": "the newer one {{ ip }}"})
    await provd.plugin("upgrade", flavour.plugin_id)
    assert await stranger.fetch() == "the newer one 192.0.2.1"
    await provd.uninstall(flavour.plugin_id)
    assert await stranger.fetch() is None
    assert not stranger.installed.exists()
    assert (await provd.device(MAC))["configured"] is False
    assert (provd.pid, provd.host_pid()) == processes


async def test_own_templates_win_from_the_phone_to_the_model_to_all(stranger: Stranger) -> None:
    """D1, D2, D3, D4, D8: no restart, and the package's are back when they go."""
    provd, flavour = stranger.provd, stranger.flavour
    loops = "{% for no, line in sip_lines.iteritems() %}{{ line.username }}{% endfor %}"
    await stranger.offer("1.0", {"templates/P20.tpl": f"shipped for P20 {loops}"})
    await provd.plugin("install", flavour.plugin_id)
    shipped = await stranger.fetch()
    assert "shipped for P20 apQX" in str(await stranger.fetch(OTHER, THERE, "P20"))
    own, name = stranger.own_templates, flavour.path(MAC)

    (own / "base.tpl").write_text("mine for all")
    assert await stranger.remade() == "mine for all"
    assert "shipped for P20" in str(await stranger.remade(OTHER, THERE, "P20"))
    (own / f"{flavour.model}.tpl").write_text(f"mine for a model {loops}")
    assert "mine for a model apQX" in str(await stranger.remade())
    assert "shipped for P20" in str(await stranger.remade(OTHER, THERE, "P20"))
    (own / f"{name}.tpl").write_text("mine for a phone")
    assert await stranger.remade() == "mine for a phone"
    for each in (f"{name}.tpl", f"{flavour.model}.tpl", "base.tpl"):
        (own / each).unlink()
    assert await stranger.remade() == shipped


async def test_a_template_with_an_error_is_told_with_its_line(stranger: Stranger) -> None:
    """D5: 204, not configured, file and line in the log, and no file of before."""
    provd = stranger.provd
    await stranger.offer("1.0")
    await provd.plugin("install", stranger.flavour.plugin_id)
    assert await stranger.fetch()
    (stranger.own_templates / "base.tpl").write_text("first\nsecond\n{% if %}\n")
    assert await stranger.remade() is None
    assert (await provd.device(MAC))["configured"] is False
    told = [line for line in provd.events().splitlines() if "base.tpl" in line]
    assert any("3" in line for line in told), told
    (stranger.own_templates / "base.tpl").unlink()
    assert await stranger.remade() is not None


async def test_own_templates_survive_an_upgrade_and_no_uninstallation(stranger: Stranger) -> None:
    """D6, D7."""
    provd, plugin_id = stranger.provd, stranger.flavour.plugin_id
    await stranger.offer("1.0")
    await provd.plugin("install", plugin_id)
    await stranger.fetch()
    (stranger.own_templates / "base.tpl").write_text("mine")
    await stranger.offer("1.1", {"templates/base.tpl": "the newer one"})
    await provd.plugin("upgrade", plugin_id)
    assert await stranger.fetch() == "mine"
    assert (await provd.device(MAC))["configured"] is True
    await provd.uninstall(plugin_id)
    assert not stranger.installed.exists()
    assert await stranger.fetch() is None
    await provd.plugin("install", plugin_id)
    assert await stranger.fetch() == "the newer one"


async def test_what_people_are_called_reaches_the_phone(stranger: Stranger) -> None:
    """D9: UTF-8, escaped where the template does; what an encoding lacks is not configured."""
    provd, plugin_id = stranger.provd, stranger.flavour.plugin_id
    template = {"templates/base.tpl": "{{ sip_lines['1'].display_name|e }}"}
    await stranger.offer("1.0", template)
    await provd.plugin("install", plugin_id)
    await stranger.fetch()
    await provd.give_account(MAC, username="zoe", password="x", display_name='Zoé <&"')
    assert await stranger.fetch() == "Zoé &lt;&amp;&#34;"
    common = "common.py" if stranger.flavour is PYTHON2 else "lib/common.py"
    text = (stranger.installed / common).read_text()
    narrow = {
        PYTHON2: ("_ENCODING = 'UTF-8'", "_ENCODING = 'ascii'"),
        PYTHON3: ("os.path.join(self._tftpboot_dir, filename))",
                  "os.path.join(self._tftpboot_dir, filename), 'ascii')"),
    }[stranger.flavour]  # fmt: skip
    assert narrow[0] in text
    await stranger.offer("1.1", {**template, common: text.replace(*narrow)})
    await provd.plugin("upgrade", plugin_id)
    assert (await provd.device(MAC))["configured"] is False
