"""Phones' configurations follow, whoever of confd and provd is killed meanwhile."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from ovix_testkit.stack import Stack

WITHIN_S = 60.0


@dataclass
class Phone:
    """A device with a line, in an Ovix of its own."""

    ovix: Stack
    http: httpx.AsyncClient
    device_id: str
    endpoint_id: int

    async def change(self, secret: str) -> None:
        """Give the line another secret; while confd is away, again."""
        path = f"{self.ovix.url('confd')}/1.1/endpoints/sip/{self.endpoint_id}"
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    answer = await self.http.put(path, json={"secret": secret})
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                assert answer.status_code == 204, answer.text
                return

    async def has(self, secret: str) -> None:
        """Its configuration holds the secret, soon."""
        path = f"{self.ovix.url('provd')}/provd/cfg_mgr/configs/{self.device_id}"
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    answer = await self.http.get(path)
                    if answer.is_success:
                        raw = answer.json()["config"]["raw_config"]
                        if raw["sip_lines"]["1"]["password"] == secret:
                            return
                except httpx.TransportError:
                    pass  # it is still away
                await asyncio.sleep(0.1)

    def kill(self, service: str) -> None:
        """The supervisor starts it again."""
        for process in self.ovix.processes(service):
            os.kill(process, signal.SIGKILL)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Phone]:
    # A confd that waited for provd would wait longer than any test does.
    patience = {"OVIX_CONFD_PROVD_TIMEOUT_S": "600"}
    directory = tmp_path_factory.mktemp("phones")
    async with Stack(directory, asterisk=False, environment=patience) as ovix:
        headers = {"X-Auth-Token": await ovix.token()}
        async with httpx.AsyncClient(headers=headers, timeout=WITHIN_S) as http:

            async def make(path: str, **body: Any) -> Any:
                answer = await http.post(f"{ovix.url('confd')}/1.1{path}", json=body)
                assert answer.status_code == 201, answer.text
                return answer.json()

            await make("/entities", name="acme")
            ranges = [{"start": "1000", "end": "1999"}]
            await make("/contexts", name="default", user_ranges=ranges)
            number = {"exten": "1001", "context": "default"}
            line = {"context": "default", "extensions": [number], "endpoint_sip": {"secret": "a"}}
            user = await make("/users", firstname="Zoé", lines=[line])
            device = await make("/devices", mac="00:15:65:aa:bb:cc")
            made = user["lines"][0]
            linked = await http.put(
                f"{ovix.url('confd')}/1.1/lines/{made['id']}/devices/{device['id']}"
            )
            assert linked.status_code == 204, linked.text
            yield Phone(ovix, http, device["id"], made["endpoint_sip"]["id"])


async def test_a_phone_is_configured_by_the_events_of_its_line(phone: Phone) -> None:
    await phone.has("a")


async def test_no_change_is_lost_while_provd_is_killed_again_and_again(phone: Phone) -> None:
    for number in range(12):
        await phone.change(f"secret{number}")
        if number % 3 == 0:
            phone.kill("provd")
    await phone.has("secret11")


async def test_no_change_is_lost_while_confd_is_killed(phone: Phone) -> None:
    for number in range(4):
        await phone.change(f"again{number}")
        phone.kill("confd")
    await phone.has("again3")


async def test_a_provd_that_does_not_answer_holds_up_no_change(phone: Phone) -> None:
    (process,) = phone.ovix.processes("provd")
    os.kill(process, signal.SIGSTOP)
    try:
        await phone.change("patient")
    finally:
        os.kill(process, signal.SIGCONT)
    await phone.has("patient")
