"""Directories outside of Ovix that misbehave: the others answer in time, the log says it once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from ovix_testkit.ldap import BASE_DN, PrivateSlapd, a_person, slapd_program
from structlog.testing import capture_logs

pytestmark = pytest.mark.skipif(
    slapd_program() is None, reason="slapd is not installed (Debian packages slapd, ldap-utils)"
)

CSV = "id,firstname,lastname,number\n1,Alice,Legros,1001\n"
OF_CSV = {
    "searched_columns": ["firstname", "lastname"],
    "first_matched_columns": ["number"],
    "unique_column": "id",
    "format_columns": {
        "name": "{firstname} {lastname}",
        "phone": "{number}",
        "reverse": "{firstname}",
    },
}
OF_LDAP = {
    "ldap_base_dn": BASE_DN,
    "searched_columns": ["cn"],
    "first_matched_columns": ["telephoneNumber"],
    "unique_column": "entryUUID",
    "format_columns": {"name": "{cn}", "phone": "{telephoneNumber}", "reverse": "{cn}"},
    "ldap_network_timeout": 1.0,
    "ldap_timeout": 1.0,
}


@asynccontextmanager
async def a_server(path: Path) -> AsyncIterator[PrivateSlapd]:
    server = PrivateSlapd(path)
    server.load(a_person("alice", cn="Alice Dupont", telephoneNumber="1002"))
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.kill)


def found_in(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {each["source"]: each["column_values"][0] for each in answer.json()["results"]}


async def test_a_frozen_directory_costs_the_others_nothing_but_its_time_out(
    directories: Any, tmp_path: Path, eventually: Any
) -> None:
    (tmp_path / "people.csv").write_text(CSV)
    async with a_server(tmp_path / "slapd") as server:
        await directories.profile(
            await directories.source("csv", "file", file=str(tmp_path / "people.csv"), **OF_CSV),
            await directories.source("ldap", "company", ldap_uri=server.uri, **OF_LDAP),
            timeout=30.0,
        )
        client = await directories.client()
        lookup = {"url": "/directories/lookup/default", "params": {"term": "alice"}}

        async def both_answer() -> bool:
            return found_in(await client.get(**lookup)) == {
                "file": "Alice Legros",
                "company": "Alice Dupont",
            }

        await eventually("both directories answer", both_answer)
        server.freeze()
        with capture_logs() as logs:
            for _ in range(8):
                answer = await client.get(**lookup)
                assert found_in(answer) == {"file": "Alice Legros"}
                [failed] = answer.json()["failed_sources"]
                assert failed["source"] == "company"
            told = [each for each in logs if each.get("source") == "company"]
            assert 1 <= len(told) <= 2, told  # when it begins, and when it is given up
            server.thaw()
            await eventually("the directory is found again", both_answer)
        reverse = await client.get(
            "/directories/reverse/default/00000000-0000-0000-0000-000000000000",
            params={"exten": "1002"},
        )
        assert reverse.json()["display"] == "Alice Dupont"
