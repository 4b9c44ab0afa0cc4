"""Phones that come while plugins are put in, or before anybody said where to register."""

import asyncio
from pathlib import Path

import pytest

from ..host.stranger import python3_package
from ..repository.installation import until
from ..repository.plugin_server import PluginServer
from .service import Provd, archive_of

HERE, THERE = "127.0.0.10", "127.0.0.11"
ACME = "wazo-acme-2.0"


async def fetched(provd: Provd) -> tuple[int, str | None]:
    """What Acme's phone gets, and when it shall come again."""
    mac = "00:15:65:aa:bb:cc"
    answer = await provd.get("/001565aabbcc.xml", f"Acme P30 1.0 {mac}", HERE)
    return answer.status_code, answer.headers.get("Retry-After")


async def test_a_phone_whose_plugin_is_being_installed_is_asked_to_come_again(
    provd: Provd, repository: PluginServer, tmp_path: Path
) -> None:
    """Others are served meanwhile, and once it is known that no plugin comes it gets 404."""
    await provd.plugin("install", "ovix-yealink")
    assert (await fetched(provd))[0] == 404
    repository.offer(ACME, archive_of(python3_package(tmp_path, ACME)))
    await provd.use(repository.url)
    repository.goes_on.clear()
    installing = asyncio.create_task(provd.plugin("install", ACME))

    async def is_asked_for() -> bool:
        return any(ACME in each for each in repository.asked)

    await until(is_asked_for)
    assert await fetched(provd) == (503, "5")
    assert await provd.tftp("001565aabbcc.xml", HERE) is None
    agent = "Yealink SIP-T46S 66.86.0.15 00:15:65:aa:bb:dd"
    assert (await provd.get("/001565aabbdd.cfg", agent, THERE)).status_code == 200
    repository.goes_on.set()
    await installing
    assert (await fetched(provd))[0] == 200
    await provd.uninstall(ACME)
    assert (await fetched(provd))[0] == 404


@pytest.mark.parametrize("place", ["", None])
async def test_without_a_registrar_the_log_says_what_to_set(
    provd: Provd, place: str | None
) -> None:
    await provd.plugin("install", "ovix-yealink")
    config = (await provd.ask("GET", "/cfg_mgr/configs/autoprov")).json()["config"]
    line = config["raw_config"]["sip_lines"]["1"]
    nowhere = {**config, "raw_config": {"sip_lines": {"1": {**line, "proxy_ip": place}}}}
    await provd.ask("PUT", "/cfg_mgr/configs/autoprov", {"config": nowhere})
    try:
        before = len(provd.events())
        agent = "Yealink SIP-T46S 66.86.0.15 00:15:65:aa:bb:ee"
        assert (await provd.get("/001565aabbee.cfg", agent, HERE)).status_code == 404
        (told,) = [
            each for each in provd.events()[before:].splitlines() if "configure_failed" in each
        ]
        assert "main_host" in told
        assert "/registrars/default" in told
    finally:
        await provd.ask("PUT", "/cfg_mgr/configs/autoprov", {"config": config})
