"""Which machines sources may reach, as the one who runs dird says."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

import pytest
import pytest_asyncio
from ovix_dird.backend import Resources, SourceFailed, Viewer
from ovix_dird.backends.csv_ws import CsvWsBackend, CsvWsSettings
from ovix_dird.backends.ldap import LdapBackend, LdapSettings
from ovix_dird.reach import OutOfReach, Reach, ReachingClient

LOOPBACK = ("127.0.0.0/8",)


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "10.1.2.3", "192.168.0.9", "2001:db8::1", "fd12::1", "::ffff:10.1.2.3"],
)
def test_by_default_sources_reach_other_machines(address: str) -> None:
    assert Reach().allows(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1",
     "::ffff:169.254.169.254", "2002:a9fe:a9fe::", "64:ff9b::a9fe:a9fe", "fd00:ec2::254",
     "100.100.100.200", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255"],
)  # fmt: skip
def test_by_default_neither_this_machine_nor_a_clouds_metadata(address: str) -> None:
    assert not Reach().allows(ip_address(address))


def test_a_list_without_any_is_all_that_is_reached() -> None:
    reach = Reach(("10.0.0.0/8", "crm.example.org", ".partners.example"))
    assert reach.allows(ip_address("10.9.9.9"), "whatever.example")
    assert not reach.allows(ip_address("192.168.0.1"), "whatever.example")
    assert reach.allows(ip_address("93.184.216.34"), "CRM.example.org.")
    assert not reach.allows(ip_address("93.184.216.34"), "evil-crm.example.org")
    assert reach.allows(ip_address("93.184.216.34"), "a.b.partners.example")
    assert not reach.allows(ip_address("93.184.216.34"), "partners.example")


def test_a_listed_name_may_be_this_machine_but_no_metadata() -> None:
    reach = Reach(("any", "localhost", "metadata.example"))
    assert reach.allows(ip_address("127.0.0.1"), "localhost")
    assert not reach.allows(ip_address("169.254.169.254"), "metadata.example")
    assert Reach(("169.254.0.0/16",)).allows(ip_address("169.254.169.254"))


@pytest.mark.parametrize("entry", ["10.0.0.0/33", "http://crm", ""])
def test_what_is_no_network_and_no_name_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="no network and no name"):
        Reach((entry,))


@dataclass
class Server:
    """Answers every request with the same, and counts who connects."""

    port: int = 0
    connections: int = 0
    answer: bytes = b""
    asked: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[Server]:
    body = b"name,number\nMarie,0142000001\n"
    made = Server(answer=b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as listening:
        made.port = listening.sockets[0].getsockname()[1]
        yield made


def reaching(resources: Resources, *listed: str) -> Resources:
    reach = Reach(listed)
    return replace(resources, http=ReachingClient(reach), reach=reach)


async def whose(resources: Resources, url: str, **more: Any) -> Any:
    settings = CsvWsSettings.model_validate(
        {"name": "crm", "lookup_url": url, "first_matched_columns": ["number"], **more}
    )
    source = await CsvWsBackend().open(settings, resources)
    try:
        return await source.first_match("0142000001", Viewer())
    finally:
        await source.close()
        await resources.http.aclose()


async def test_a_web_server_within_reach_is_asked_by_its_name(
    resources: Resources, server: Server
) -> None:
    found = await whose(reaching(resources, *LOOPBACK), f"http://localhost:{server.port}/")
    assert found.fields["name"] == "Marie"
    assert f"Host: localhost:{server.port}".encode() in server.asked[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001"])
@pytest.mark.parametrize("verify", [True, False])
async def test_a_web_server_out_of_reach_is_not_even_connected_to(
    resources: Resources, server: Server, host: str, verify: bool
) -> None:
    with pytest.raises(SourceFailed, match="OVIX_DIRD_SOURCE_NETWORKS"):
        await whose(
            reaching(resources, "any"),
            f"http://{host}:{server.port}/secret",
            verify_certificate=verify,
        )
    assert server.connections == 0


async def test_a_name_that_changes_its_mind_leads_nowhere_else(
    resources: Resources, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first answer is one that is allowed; whoever looked up again would get loopback.
    answers = [["192.0.2.1"], ["127.0.0.1"]]

    async def lookup(*_: Any, **__: Any) -> Any:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
    reach = Reach(("any",))
    assert await reach.addresses("rebinding.example", 80) == ["192.0.2.1"]
    with pytest.raises(OutOfReach):
        await reach.addresses("rebinding.example", 80)


async def test_of_several_addresses_only_those_within_reach_are_tried(
    resources: Resources, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = asyncio.get_running_loop().getaddrinfo

    async def lookup(host: str, *arguments: Any, **named: Any) -> Any:
        if host != "both.example":
            return await real(host, *arguments, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0))
                for each in ("169.254.169.254", "127.0.0.1")]  # fmt: skip

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
    found = await whose(reaching(resources, *LOOPBACK), f"http://both.example:{server.port}/")
    assert found.fields["name"] == "Marie"


async def test_a_redirect_leads_no_further_than_the_server_itself(
    resources: Resources, server: Server
) -> None:
    server.answer = (
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    with pytest.raises(SourceFailed, match="redirects to another"):
        await whose(reaching(resources, *LOOPBACK), f"http://127.0.0.1:{server.port}/")


async def test_proxies_of_the_environment_are_not_asked_to_connect(
    resources: Resources, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{server.port}")
    with pytest.raises(SourceFailed):
        await whose(reaching(resources, "any"), "http://169.254.169.254/latest")
    assert server.connections == 0


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
async def test_an_ldap_server_out_of_reach_is_not_even_connected_to(
    resources: Resources, server: Server, scheme: str
) -> None:
    settings = LdapSettings.model_validate(
        {
            "name": "people",
            "ldap_uri": f"{scheme}://localhost:{server.port}",
            "ldap_base_dn": "dc=example",
            "searched_columns": ["cn"],
            "ldap_network_timeout": 30.0,
        }
    )
    source = await LdapBackend().open(settings, reaching(resources, "any"))
    with pytest.raises(SourceFailed, match="OVIX_DIRD_SOURCE_NETWORKS"):
        await source.search("marie", Viewer())
    await source.close()
    assert server.connections == 0
