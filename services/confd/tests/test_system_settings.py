"""DHCP, mail, high availability, provisioning (F-043, F-049, F-072, F-092)."""

import socket
from typing import Any

import pytest
from httpx import AsyncClient

pytestmark = pytest.mark.usefixtures("as_installed")

LONG = "x" * 256
POOL = {"pool_start": "192.0.2.10", "pool_end": "192.0.2.20"}


@pytest.mark.parametrize(("path", "expected"), [
    ("/dhcp", {"active": False, "pool_start": None, "pool_end": None, "network_interfaces": []}),
    ("/emails", {"domain_name": "", "from": "", "address_rewriting_rules": [], "smtp_host": "",
                 "fallback_smtp_host": ""}),
    ("/ha", {"node_type": "disabled", "remote_address": None}),
    ("/provisioning/networking", {"provision_host": None, "provision_http_port": 8667,
                                  "provision_http_base_url": None}),
])  # fmt: skip
async def test_a_fresh_installation(api: AsyncClient, path: str, expected: Any) -> None:
    assert (await api.get(path)).json() == expected


@pytest.mark.parametrize(("path", "body", "event"), [
    ("/dhcp", {"active": True, **POOL}, "dhcp_edited"),
    ("/dhcp", {"active": False}, "dhcp_edited"),
    ("/dhcp", {"active": False, "pool_start": None, "pool_end": None}, "dhcp_edited"),
    ("/dhcp", {"active": True, "pool_start": "9.0.0.1", "pool_end": "10.0.0.1"}, "dhcp_edited"),
    ("/emails", {}, "email_config_updated"),
    ("/emails", {"from": "pbx.example.org"}, "email_config_updated"),
    ("/ha", {"node_type": "slave", "remote_address": "2001:db8::1"}, "ha_edited"),
    ("/ha", {"node_type": "disabled"}, "ha_edited"),
    ("/provisioning/networking", {}, "provisioning_networking_edited"),
])  # fmt: skip
async def test_what_is_left_out_has_its_default_again(
    api: AsyncClient, announced: Any, path: str, body: dict[str, Any], event: str
) -> None:
    defaults = (await api.get(path)).json()
    assert (await api.put(path, json=body)).status_code == 204
    assert (await api.get(path)).json() == defaults | body
    assert await announced() == [event]


@pytest.mark.parametrize(("path", "body"), [
    ("/dhcp", {}),
    ("/dhcp", {"active": None}),
    ("/dhcp", {"active": "true"}),
    ("/dhcp", {"active": True}),
    ("/dhcp", {"active": True, "pool_start": "192.0.2.10"}),
    ("/dhcp", {"active": True, "pool_start": "192.0.2.30", "pool_end": "192.0.2.20"}),
    ("/dhcp", {"active": False, "pool_start": "192.0.2.256"}),
    ("/dhcp", {"active": True, "pool_start": "2001:db8::1", "pool_end": "2001:db8::2"}),
    ("/dhcp", {"active": True, **POOL, "network_interfaces": ["no-such-if0"]}),
    ("/dhcp", {"active": True, **POOL, "network_interfaces": "lo"}),
    ("/emails", {"domain_name": None}),
    ("/emails", {"domain_name": LONG}),
    ("/emails", {"from": LONG}),
    ("/emails", {"smtp_host": LONG}),
    ("/emails", {"fallback_smtp_host": LONG}),
    ("/emails", {"smtp_host": "a\0b"}),
    ("/emails", {"address_rewriting_rules": [{"match": "a"}]}),
    ("/emails", {"address_rewriting_rules": [{"replacement": "a"}]}),
    ("/emails", {"address_rewriting_rules": {"a": "b"}}),
    ("/ha", {}),
    ("/ha", {"node_type": "both"}),
    ("/ha", {"node_type": "master"}),
    ("/ha", {"node_type": "slave", "remote_address": None}),
    ("/ha", {"node_type": "master", "remote_address": "other.example.org"}),
    ("/provisioning/networking", {"provision_host": "x" * 40}),
    ("/provisioning/networking", {"provision_http_port": None}),
    ("/provisioning/networking", {"provision_http_port": 70000}),
    ("/provisioning/networking", {"provision_http_base_url": LONG}),
])  # fmt: skip
async def test_refused(api: AsyncClient, announced: Any, path: str, body: dict[str, Any]) -> None:
    before = (await api.get(path)).json()
    answer = await api.put(path, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()[0].startswith("Input Error - ")
    assert (await api.get(path)).json() == before
    assert await announced() == []


async def test_dhcp_takes_the_interfaces_of_the_machine(api: AsyncClient) -> None:
    names = [name for _index, name in socket.if_nameindex()]
    body = {"active": True, **POOL, "network_interfaces": names}
    assert (await api.put("/dhcp", json=body)).status_code == 204
    assert (await api.get("/dhcp")).json() == body


@pytest.mark.parametrize("path", ["/dhcp", "/emails", "/ha", "/provisioning/networking"])
async def test_access_strings_end_in_read_and_update(client: Any, path: str) -> None:
    scope = "confd" + path.replace("/", ".")
    assert (await (await client(f"{scope}.get")).get(path)).status_code == 401
    body = (await (await client(f"{scope}.read")).get(path)).json()
    assert (await (await client(f"{scope}.update")).put(path, json=body)).status_code == 204
