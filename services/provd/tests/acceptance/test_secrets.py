"""What nobody may learn: no log has a secret, and no phone gets another one's file."""

from pathlib import Path

import pytest

from ..host.stranger import misbehaving_package
from ..repository.installation import until
from ..repository.plugin_server import PluginServer
from .service import AUTOPROV_PASSWORD, Provd, archive_of

MAC, OTHER = "00:15:65:aa:bb:cc", "00:15:65:aa:bb:dd"
HERE, THERE, BESIDE = "127.0.0.10", "127.0.0.11", "127.0.0.66"
FILE = "001565aabbcc.cfg"
SIP_PASSWORD = "sIp-5ecret-0f-zoe"
SECRETS = (SIP_PASSWORD, AUTOPROV_PASSWORD, "adm1n-5ecret", "cust0m-5ecret")


def agent(mac: str, version: str = "66.86.0.15") -> str:
    return f"Yealink SIP-T46S {version} {mac}"


async def with_account(provd: Provd, mac: str, ip: str, password: str) -> str:
    """A phone that came by itself, was given a line, and fetched it; its file."""
    path = f"/{mac.replace(':', '')}.cfg"
    assert (await provd.get(path, agent(mac), ip)).status_code == 200
    await provd.give_account(mac, username=f"u{mac[-2:]}", password=password, display_name="Zoe")
    answer = await provd.get(path, agent(mac), ip)
    assert password in answer.text
    return answer.text


async def test_no_line_of_a_log_has_a_secret_in_a_whole_life(provd: Provd) -> None:
    """Neither passwords nor a file's content, also where things fail."""
    await provd.plugin("install", "ovix-yealink")
    content = await with_account(provd, MAC, HERE, SIP_PASSWORD)
    assert "adm1n-5ecret" in content
    own = provd.storage / "plugins" / "ovix-yealink" / "var" / "templates" / "base.tpl"
    for broken in (
        "cust0m-5ecret {% if %}",
        "cust0m-5ecret {{ sip_lines['1'].password.nothing.at.all }}",
        "{{ 1 / (sip_lines['1'].password|length - sip_lines['1'].password|length) }}",
        "{{ {}[sip_lines['1'].password].nothing }}",
    ):
        own.write_text(broken)
        await provd.reconfigure(MAC)
        assert (await provd.device(MAC))["configured"] is False
    own.unlink()
    await provd.reconfigure(MAC)
    device = await provd.device(MAC)
    assert "fail" in await provd.ended("/dev_mgr/synchronize", {"id": device["id"]})
    wrong = {"raw_config": {"sip_lines": {"1": {"password": SIP_PASSWORD}}}, "parent_ids": 1}
    assert (await provd.rest.post("/cfg_mgr/configs", json={"config": wrong})).is_client_error
    bad = '{"config": {"raw_config": "' + SIP_PASSWORD
    json_type = {"Content-Type": "application/json"}
    answer = await provd.rest.post("/cfg_mgr/configs", content=bad, headers=json_type)
    assert answer.is_client_error
    await provd.tftp(FILE, HERE)
    await provd.get(f"/{FILE}?password={SIP_PASSWORD}", agent(MAC), HERE)
    await provd.ask("POST", "/pg_mgr/reload", {"id": "ovix-yealink"})
    await provd.uninstall("ovix-yealink")
    told = provd.events() + provd.security_log.read_text()
    assert "plugin_uninstalled" in told
    assert [secret for secret in SECRETS if secret in told] == []
    lines = {line for line in content.splitlines() if len(line) > 25}
    assert [line for line in lines if line in told] == []


async def test_what_a_plugin_logs_prints_and_raises_holds_no_secret(
    provd: Provd, repository: PluginServer, tmp_path: Path
) -> None:
    """Strangers' plugins do so, mostly to find out why something fails."""
    package = misbehaving_package(
        tmp_path,
        "wazo-chatty",
        """
        def configure(self, device, raw_config):
            logging.getLogger('plugin.wazo-chatty').warning('logged %s', raw_config)
            print('printed', raw_config, flush=True)
            print('complained', raw_config, file=sys.stderr, flush=True)
            raise ValueError(raw_config['sip_lines']['1']['password'])
        """,
        head="import logging",
    )
    repository.offer("wazo-chatty", archive_of(package))
    await provd.use(repository.url)
    await provd.plugin("install", "wazo-chatty")
    told = {"plugin": "wazo-chatty", "config": "base", "mac": MAC, "ip": HERE}
    await provd.ask("POST", "/dev_mgr/devices", {"device": told})
    await provd.give_account(MAC, username="zoe", password=SIP_PASSWORD)

    async def all_is_told() -> bool:
        words = ("logged {", "printed {", "complained {", "ValueError", "configure_failed")
        return all(word in provd.events() for word in words)

    await until(all_is_told)
    assert [secret for secret in SECRETS if secret in provd.events()] == []


@pytest.mark.parametrize(
    "path", [f"/{FILE}", f"/{FILE.upper()}", f"//{FILE}", f"/x/../{FILE}", f"/%30{FILE[1:]}"]
)
async def test_a_guessed_mac_gets_no_file(provd: Provd, path: str) -> None:
    """I21: from an address of its own, with every header a stranger can send."""
    await provd.plugin("install", "ovix-yealink")
    await with_account(provd, MAC, HERE, SIP_PASSWORD)
    before = await provd.device(MAC)
    for told in ("", "curl/8.0", agent(MAC), agent(MAC, "99"), agent(OTHER)):
        answer = await provd.get(path, told, BESIDE)
        assert (answer.is_server_error, SIP_PASSWORD in answer.text) == (False, False)
    assert await provd.tftp(path.lstrip("/"), BESIDE) is None
    assert await provd.device(MAC) == before
    assert SIP_PASSWORD in (await provd.get(f"/{FILE}", agent(MAC), HERE)).text
    assert f"from {BESIDE}" in provd.security_log.read_text()


async def test_headers_of_proxies_are_not_believed(provd: Provd) -> None:
    """Nobody said that there is one."""
    await provd.plugin("install", "ovix-yealink")
    await with_account(provd, MAC, HERE, SIP_PASSWORD)
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Provd-Client", "Via"):
        value = f"for={HERE}" if name == "Forwarded" else HERE
        answer = await provd.get(f"/{FILE}", agent(MAC), BESIDE, **{name: value})
        assert (answer.status_code, SIP_PASSWORD in answer.text) == (404, False)


async def test_behind_one_address_each_phone_gets_its_own_file_alone(provd: Provd) -> None:
    """H3, and neighbours that try."""
    await provd.set("NAT", "1")
    await provd.plugin("install", "ovix-yealink")
    await with_account(provd, MAC, HERE, SIP_PASSWORD)
    await with_account(provd, OTHER, HERE, "the other one's")
    for told in (agent(OTHER), agent("00:15:65:aa:bb:ee")):
        answer = await provd.get(f"/{FILE}", told, HERE)
        assert (answer.status_code, SIP_PASSWORD in answer.text) == (404, False)
    assert SIP_PASSWORD in (await provd.get(f"/{FILE}", agent(MAC), HERE)).text
    assert len(await provd.devices()) == 2


@pytest.mark.parametrize(
    "path",
    ["/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd",
     "/../entry.py", "/..%2fentry.py", "/%2e%2e/plugin-info", "/..\\entry.py"],
)  # fmt: skip
async def test_nothing_outside_a_tftpboot_is_served(provd: Provd, path: str) -> None:
    """I1, I2: to a phone that is known."""
    await provd.plugin("install", "ovix-yealink")
    await with_account(provd, MAC, HERE, SIP_PASSWORD)
    answer = await provd.get(path, agent(MAC), HERE)
    assert answer.status_code in (400, 403, 404)
    assert "root:" not in answer.text
    assert "IS_PLUGIN" not in answer.text
    assert await provd.tftp(path.lstrip("/"), HERE) is None


async def test_links_out_of_a_tftpboot_are_not_followed(provd: Provd, tmp_path: Path) -> None:
    """I3, I5."""
    await provd.plugin("install", "ovix-yealink")
    await with_account(provd, MAC, HERE, SIP_PASSWORD)
    (tmp_path / "secret").write_text("5ecret outside")
    boot = provd.storage / "plugins" / "ovix-yealink" / "var" / "tftpboot"
    (boot / "link").symlink_to(tmp_path / "secret")
    (boot / "folder").symlink_to(tmp_path)
    sibling = boot.with_name("tftpboot-old")
    sibling.mkdir()
    (sibling / "secret").write_text("5ecret outside")
    for path in ("link", "folder/secret", "../tftpboot-old/secret"):
        answer = await provd.get(f"/{path}", agent(MAC), HERE)
        assert (answer.status_code, "5ecret outside" in answer.text) == (404, False)
        assert await provd.tftp(path, HERE) is None
