"""LDAP servers, declared once; each source has its account and filter on one (F-366 to F-368)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from ovix_testkit.builders import an_entity
from ovix_testkit.ldap import (
    ADMIN_DN,
    ADMIN_PASSWORD,
    BASE_DN,
    PrivateSlapd,
    a_person,
    slapd_program,
)

pytestmark = pytest.mark.skipif(
    slapd_program() is None, reason="slapd is not installed (Debian packages slapd, ldap-utils)"
)

PATIENCE = {"ldap_network_timeout": 30.0, "ldap_timeout": 30.0}
"""For a busy machine: the defaults are made for a person who waits."""
OF_LDAP = {
    "ldap_base_dn": BASE_DN,
    "searched_columns": ["cn"],
    "first_matched_columns": ["telephoneNumber"],
    "unique_column": "entryUUID",
    "format_columns": {"name": "{cn}", "phone": "{telephoneNumber}", "reverse": "{cn}"},
    **PATIENCE,
}
SERVERS = "/ldap/servers"


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = PrivateSlapd(tmp_path_factory.mktemp("servers"))
    made.load(
        a_person("alice", cn="Alice Dupont", telephoneNumber="1002", employeeType="sales")
        + a_person("albert", cn="Albert Noël", telephoneNumber="1003", employeeType="support")
    )
    made.start()
    yield made
    made.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def client(directories: Any) -> AsyncIterator[Any]:
    async with await directories.client() as made:
        yield made


def declared(server: PrivateSlapd, **fields: Any) -> dict[str, Any]:
    return {"name": "company", "host": "localhost", "port": server.port, **fields}


async def a_server(client: Any, server: PrivateSlapd, **fields: Any) -> Any:
    answer = await client.post(SERVERS, json=declared(server, **fields))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def a_source(client: Any, server: Any, name: str, **fields: Any) -> Any:
    body = {"name": name, "ldap_server_uuid": server["uuid"], **OF_LDAP, **fields}
    answer = await client.post("/backends/ldap/sources", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def shown_by(client: Any, source: Any) -> list[str]:
    answer = await client.get(f"/backends/ldap/sources/{source['uuid']}/contacts")
    assert answer.status_code == 200, answer.text
    return sorted(each["name"] for each in answer.json()["items"])


async def test_a_server_is_declared_read_changed_and_deleted(client: Any, slapd: Any) -> None:
    made = await a_server(client, slapd, description="head office")
    assert made == {
        "uuid": made["uuid"],
        "name": "company",
        "host": "localhost",
        "port": slapd.port,
        "security_layer": "none",
        "protocol_version": 3,
        "description": "head office",
        "entity_id": None,
    }
    one = f"{SERVERS}/{made['uuid']}"
    assert (await client.get(one)).json() == made
    assert (await client.get(SERVERS, params={"search": "comp"})).json()["items"] == [made]
    changed = {"name": "moved", "host": "10.0.0.1", "security_layer": "ssl"}
    assert (await client.put(one, json=changed)).status_code == 204
    read = (await client.get(one)).json()
    assert (read["name"], read["host"], read["port"], read["description"]) == (
        "moved", "10.0.0.1", 636, None,
    )  # fmt: skip
    assert (await client.delete(one)).status_code == 204
    gone = await client.get(one)
    assert (gone.status_code, gone.json()["error_id"]) == (404, "unknown-ldap-server")


@pytest.mark.parametrize(
    "wrong",
    [{"host": ""}, {"host": "a b"}, {"host": "ldap.example.org/x"}, {"host": "user@host"},
     {"host": "host:636"}, {"port": 0}, {"port": 65536}, {"security_layer": "starttls"},
     {"protocol_version": 4}, {"security_layer": "tls", "protocol_version": 2}, {"name": ""}],
)  # fmt: skip
async def test_what_is_no_server_is_refused(client: Any, slapd: Any, wrong: Any) -> None:
    answer = await client.post(SERVERS, json=declared(slapd, **wrong))
    assert answer.status_code == 400, answer.text


async def test_a_name_is_taken_once(client: Any, slapd: Any) -> None:
    await a_server(client, slapd)
    again = await client.post(SERVERS, json=declared(slapd))
    assert (again.status_code, again.json()["message"]) == (
        409,
        'The name "company" is already used',
    )


async def test_two_filters_on_one_server_each_select_their_own(
    client: Any, slapd: Any, directories: Any
) -> None:
    server = await a_server(client, slapd)
    sales = await a_source(
        client, server, "sales", ldap_custom_filter="(employeeType=sales)",
        ldap_username=ADMIN_DN, ldap_password=ADMIN_PASSWORD,
    )  # fmt: skip
    support = await a_source(client, server, "support", ldap_custom_filter="(employeeType=support)")
    assert sales["ldap_server_uuid"] == server["uuid"]
    assert sales["ldap_uri"] is None
    assert await shown_by(client, sales) == ["Alice Dupont"]
    assert await shown_by(client, support) == ["Albert Noël"]


@pytest.mark.parametrize("layer", ["none", "tls", "ssl"])
async def test_every_security_layer_is_the_one_of_the_connection(
    client: Any, slapd: Any, layer: str
) -> None:
    port = slapd.tls_port if layer == "ssl" else slapd.port
    server = await a_server(client, slapd, security_layer=layer, port=port)
    trusting = await a_source(client, server, "people", verify_certificate=str(slapd.ca_file))
    assert await shown_by(client, trusting) == ["Albert Noël", "Alice Dupont"]
    strict = await a_source(client, server, "strict")
    answer = await client.get(f"/backends/ldap/sources/{strict['uuid']}/contacts")
    # Nobody signed the certificate that the system trusts: only the plain one needs none.
    assert answer.status_code == (200 if layer == "none" else 503), answer.text


async def test_a_server_that_moves_takes_its_sources_with_it(client: Any, slapd: Any) -> None:
    server = await a_server(client, slapd, port=1)
    people = await a_source(client, server, "people")
    one = f"/backends/ldap/sources/{people['uuid']}/contacts"
    assert (await client.get(one)).status_code == 503
    moved = await client.put(f"{SERVERS}/{server['uuid']}", json=declared(slapd))
    assert moved.status_code == 204
    assert await shown_by(client, people) == ["Albert Noël", "Alice Dupont"]


async def test_a_server_that_a_source_names_is_kept(client: Any, slapd: Any) -> None:
    server = await a_server(client, slapd)
    people = await a_source(client, server, "people")
    kept = await client.delete(f"{SERVERS}/{server['uuid']}")
    assert kept.status_code == 409
    assert "people" in kept.json()["message"]
    assert (await client.delete(f"/backends/ldap/sources/{people['uuid']}")).status_code == 204
    assert (await client.delete(f"{SERVERS}/{server['uuid']}")).status_code == 204


async def test_a_source_needs_a_server_that_there_is_or_a_uri(client: Any) -> None:
    unknown = {"name": "people", "ldap_server_uuid": str(uuid4()), **OF_LDAP}
    answer = await client.post("/backends/ldap/sources", json=unknown)
    assert (answer.status_code, answer.json()["error_id"]) == (404, "unknown-ldap-server")
    neither = await client.post("/backends/ldap/sources", json={"name": "people", **OF_LDAP})
    assert neither.status_code == 400


async def test_a_test_tells_whether_the_server_takes_connections(client: Any, slapd: Any) -> None:
    server = await a_server(client, slapd)
    one = f"{SERVERS}/{server['uuid']}/test"
    good = {"success": True, "reason": None}
    assert (await client.post(one, json={})).json() == good
    account = {"ldap_username": ADMIN_DN, "ldap_password": ADMIN_PASSWORD}
    assert (await client.post(one, json=account)).json() == good
    wrong = (await client.post(one, json={**account, "ldap_password": "wrong"})).json()
    assert wrong == {
        "success": False,
        "reason": "the server refuses the bind: INVALID_CREDENTIALS",
    }
    await client.put(f"{SERVERS}/{server['uuid']}", json=declared(slapd, security_layer="tls"))
    distrusted = (await client.post(one, json={})).json()
    assert distrusted["success"] is False
    assert "CERTIFICATE" in distrusted["reason"].upper()
    ca = {"verify_certificate": str(slapd.ca_file)}
    assert (await client.post(one, json=ca)).json() == good
    await client.put(f"{SERVERS}/{server['uuid']}", json=declared(slapd, port=1))
    assert (await client.post(one, json={})).json()["success"] is False


async def test_a_test_reaches_no_further_than_sources_do(client: Any, slapd: Any) -> None:
    server = await a_server(client, slapd, host="169.254.169.254", port=80)
    tested = (await client.post(f"{SERVERS}/{server['uuid']}/test", json={})).json()
    assert tested["success"] is False
    assert "OVIX_DIRD_SOURCE_NETWORKS" in tested["reason"]


async def test_an_entity_sees_its_servers_and_those_of_all_and_changes_its_own(
    directories: Any, client: Any, slapd: Any
) -> None:
    entity, other = an_entity(), an_entity()
    await directories.save(entity, other)
    shared = await a_server(client, slapd, name="shared")
    async with (
        await directories.client(entity_id=entity.id) as own,
        await directories.client(entity_id=other.id) as others,
    ):
        mine = await a_server(own, slapd, name="mine")
        names = [each["name"] for each in (await own.get(SERVERS)).json()["items"]]
        assert names == ["mine", "shared"]
        assert (await others.get(f"{SERVERS}/{mine['uuid']}")).status_code == 404
        assert (await own.delete(f"{SERVERS}/{shared['uuid']}")).status_code == 401
        people = await a_source(own, shared, "people")
        assert await shown_by(own, people) == ["Albert Noël", "Alice Dupont"]
        foreign = {"name": "stolen", "ldap_server_uuid": mine["uuid"], **OF_LDAP}
        answer = await others.post("/backends/ldap/sources", json=foreign)
        assert answer.status_code == 404


async def test_a_host_of_any_length_that_is_taken_can_be_tested(client: Any) -> None:
    for host, status in (("a." * 119 + "ab", 201), ("a." * 120 + "ab", 400)):
        made = await client.post(SERVERS, json={"name": "long", "host": host})
        assert made.status_code == status, made.text
        if status == 201:
            tried = await client.post(f"{SERVERS}/{made.json()['uuid']}/test", json={})
            assert (tried.status_code, tried.json()["success"]) == (200, False)
