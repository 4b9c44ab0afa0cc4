"""The users of another installation, which is a whole Ovix with its own database (F-354)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio
from ovix_testkit.integrator import Integrator, Person
from ovix_testkit.stack import Stack

ACCOUNT = {"username": "other-dird", "password": "of-the-other-dird"}
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass
class Other:
    """The other installation, and who works there."""

    stack: Stack
    admin: Integrator
    elodie: Person
    uuid: str

    def source(self, **fields: Any) -> dict[str, Any]:
        """Settings as 16.16 writes them."""
        return {
            "auth": {"host": "127.0.0.1", "port": self.stack.ports["auth"], "https": False,
                     "timeout": 60.0, **ACCOUNT},
            "confd": {"host": "127.0.0.1", "port": self.stack.ports["confd"], "https": False,
                      "timeout": 60.0},
            "searched_columns": ["firstname", "lastname", "full_name", "exten"],
            "first_matched_columns": ["exten", "mobile_phone_number"],
            "format_columns": {
                "name": "{firstname} {lastname}",
                "phone": "{exten}",
                "phone_mobile": "{mobile_phone_number}",
                "reverse": "{firstname} {lastname}",
            },
            **fields,
        }  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def other(tmp_path_factory: Any) -> AsyncIterator[Other]:
    directory: Path = tmp_path_factory.mktemp("other")
    async with Stack(directory, asterisk=False) as stack, _administered(stack) as admin:
        await admin.confd("POST", "/entities", {"name": "acme"})
        await admin.context("default")
        elodie = await admin.person(
            "Elodie", "1001", "default", lastname="Dupont", mobile_phone_number="+33612345678"
        )
        await admin.call(
            "POST",
            f"{stack.url('auth')}/0.1/users",
            {**ACCOUNT, "purpose": "external_api", "acl": ["confd.users.read", "confd.infos.read"]},
        )
        infos = await admin.confd("GET", "/infos")
        yield Other(stack, admin, elodie, infos["uuid"])


@asynccontextmanager
async def _administered(stack: Stack) -> AsyncIterator[Integrator]:
    admin = Integrator(stack, await stack.token())
    try:
        yield admin
    finally:
        await admin.close()


async def test_its_users_are_found_by_name_with_the_keys_of_their_presence(
    directories: Any, other: Other
) -> None:
    source = await directories.source("wazo", "other", **other.source())
    await directories.profile(source, timeout=60.0)
    async with await directories.client() as client:
        answer = await client.get(
            "/directories/lookup/default", params={"term": "dupont elodie"}, timeout=60
        )
        assert answer.json()["failed_sources"] == []
        (found,) = answer.json()["results"]
        assert found["column_values"][:3] == ["Elodie Dupont", "1001", "+33612345678"]
        assert (found["source"], found["backend"]) == ("other", "wazo")
        relations = found["relations"]
        assert relations["xivo_id"] == other.uuid
        assert relations["user_uuid"] == other.elodie.uuid
        assert relations["source_entry_id"] == str(relations["user_id"])
        assert isinstance(relations["endpoint_id"], int)


async def test_its_users_are_known_by_their_numbers(directories: Any, other: Other) -> None:
    source = await directories.source("wazo", "other", **other.source())
    await directories.profile(source, timeout=60.0)
    async with await directories.client() as client:
        for number in ("1001", "+33 6 12 34 56 78"):
            answer = await client.get(
                f"/directories/reverse/default/{NOBODY}", params={"exten": number}, timeout=60
            )
            assert answer.json()["display"] == "Elodie Dupont", answer.text


async def test_a_source_as_a_file_of_16_16_has_it_reads_it_too(
    directories: Any, other: Other
) -> None:
    given = other.source()
    given["confd_config"] = given.pop("confd")
    source = await directories.source("wazo", "other", **given)
    answer_of = f"/backends/wazo/sources/{source.uuid}/contacts"
    async with await directories.client() as client:
        answer = await client.get(answer_of, params={"search": "elodie"}, timeout=60)
        assert [each["name"] for each in answer.json()["items"]] == ["Elodie Dupont"]


async def test_an_account_that_may_not_read_users_is_told_so(
    directories: Any, other: Other
) -> None:
    limited = {"username": "limited", "password": "of-the-limited-one"}
    await other.admin.call(
        "POST",
        f"{other.stack.url('auth')}/0.1/users",
        {**limited, "purpose": "external_api", "acl": ["confd.infos.read"]},
    )
    given = other.source()
    given["auth"] = {**given["auth"], **limited}
    source = await directories.source("wazo", "other", **given)
    async with await directories.client() as client:
        answer = await client.get(f"/backends/wazo/sources/{source.uuid}/contacts", timeout=60)
        assert answer.status_code == 503
        assert "confd: the server answers 401" in answer.json()["message"]
