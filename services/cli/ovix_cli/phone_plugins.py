"""Plugins of phones that the first ``ovix up`` installs, so that a phone finds itself known."""

import asyncio
from typing import Any

import httpx

from .addresses import PHONES_TFTP, base_url
from .home import CliError, Home

INSTALL = "/pg_mgr/install"
OWN = "ovix-"
INSTALLED_WITHIN_S = 60.0
ASKED_EVERY_S = 0.1


def no_tftp() -> str:
    """What to do where this user may not open the TFTP port."""
    return (
        f"no phone is served by TFTP: port {PHONES_TFTP.number} needs the right to open it."
        f" Phones can use HTTP; else run as root, set {PHONES_TFTP.variable} to a port above 1023"
        f" and redirect {PHONES_TFTP.default} to it, or, until the next boot,"
        f" sysctl net.ipv4.ip_unprivileged_port_start={PHONES_TFTP.default}"
    )


async def installed_once(token: str, home: Home) -> list[str]:
    """Install Ovix's own plugins, once in the life of an installation; those that are there now.

    What an operator uninstalls stays away. Raises `CliError`.
    """
    async with httpx.AsyncClient(
        base_url=f"{base_url('provd')}/provd", headers={"X-Auth-Token": token}, timeout=30
    ) as provd:
        try:
            done = home.directory / "phone-plugins"
            if not done.exists():
                known = await _ids(provd, "installed")
                own = [each for each in await _ids(provd, "installable") if each.startswith(OWN)]
                # At once: while any is being installed, phones that none knows yet come again.
                await asyncio.gather(*(_install(provd, each) for each in own if each not in known))
                done.touch()
            return await _ids(provd, "installed")
        except httpx.HTTPError as error:
            raise CliError(f"plugins of phones were not installed: {error}") from error


async def _ids(provd: httpx.AsyncClient, which: str) -> list[str]:
    answer = await provd.get(f"{INSTALL}/{which}")
    answer.raise_for_status()
    pkgs: dict[str, Any] = answer.json()["pkgs"]
    return sorted(pkgs)


async def _install(provd: httpx.AsyncClient, plugin_id: str) -> None:
    answer = await provd.post(f"{INSTALL}/install", json={"id": plugin_id})
    answer.raise_for_status()
    place = answer.headers["Location"].removeprefix("/provd")
    try:
        async with asyncio.timeout(INSTALLED_WITHIN_S):
            while True:
                status = str((await provd.get(place)).json()["status"])
                state = status.partition("|")[2]
                if state.startswith("success"):
                    return
                if state.startswith("fail"):
                    break
                await asyncio.sleep(ASKED_EVERY_S)
    except TimeoutError:
        pass
    raise CliError(f"plugin {plugin_id} was not installed; provd's log says why")
