"""A real Asterisk, of both releases, reads what was rendered without a complaint."""

import asyncio
import re
from typing import Any

import pytest
from ovix_engines.asterisk import Asterisk

pytestmark = pytest.mark.asterisk


JUSTIFIED = (
    # Music is the installation's own: none is shipped.
    "No music on hold classes configured",
    # XiVO's values: a message ends after 15 s of silence, and may be as short as it likes.
    "maxsilence should be less than minsecs",
)


def complaints(asterisk: Asterisk) -> list[str]:
    log = re.sub(r"\x1b\[[0-9;]*m", "", (asterisk.directory / "log" / "full").read_text())
    lines = [line for line in log.splitlines() if re.search(r"\b(WARNING|ERROR)\b", line)]
    return [line for line in lines if not any(reason in line for reason in JUSTIFIED)]


async def test_nothing_in_the_files_is_complained_about(exchange: Any) -> None:
    assert "\n".join(complaints(exchange.asterisk)) == ""


async def test_the_devices_are_there(exchange: Any) -> None:
    endpoints = await exchange.asterisk.cli("pjsip show endpoints")
    assert re.search(r"Endpoint: +alice/1000", endpoints), endpoints
    assert re.search(r"Endpoint: +carrier", endpoints)


async def test_the_lamp_of_a_service_follows_its_device(exchange: Any) -> None:
    watched = f"*735{exchange.company.alice}***225"
    assert f"{watched}@default" in await exchange.asterisk.cli("core show hints")
    for state, shown in (("INUSE", "InUse"), ("NOT_INUSE", "Idle")):
        await exchange.asterisk.cli(f"devstate change Custom:{watched} {state}")
        for _ in range(50):
            hint = await exchange.asterisk.cli(f"core show hint {watched}")
            if f"State:{shown}" in hint:
                break
            await asyncio.sleep(0.1)
        assert f"State:{shown}" in hint
