"""The private slapd: what it holds, and that it can be frozen, killed and found again."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ovix_testkit.ldap import BASE_DN, PrivateSlapd, a_person, slapd_program

pytestmark = pytest.mark.skipif(
    slapd_program() is None, reason="slapd is not installed (Debian packages slapd, ldap-utils)"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrivateSlapd]:
    made = PrivateSlapd(tmp_path / "slapd")
    made.load(a_person("alice", password="of-alice", mail="alice@example.org"))
    made.start()
    yield made
    made.kill()


def ldapsearch(server: PrivateSlapd, *arguments: str) -> str:
    program = shutil.which("ldapsearch")
    assert program is not None
    command = [program, "-x", "-LLL", "-H", server.uri, "-b", BASE_DN, *arguments]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()


def test_people_bind_with_their_password_and_see_all_but_passwords(server: PrivateSlapd) -> None:
    found = ldapsearch(server, "-D", f"uid=alice,{BASE_DN}", "-w", "of-alice", "(uid=alice)")
    assert "mail: alice@example.org" in found
    assert "userPassword" not in ldapsearch(server, "(uid=alice)")


def test_what_was_written_is_there_after_it_was_killed(server: PrivateSlapd) -> None:
    server.add(a_person("bob"))
    server.stop()
    server.start()
    server.kill()
    server.start()
    assert f"dn: uid=bob,{BASE_DN}" in ldapsearch(server, "(uid=bob)")


def test_it_speaks_tls_under_the_name_in_its_certificate(server: PrivateSlapd) -> None:
    trust = ssl.create_default_context(cafile=str(server.ca_file))
    with (
        socket.create_connection(("127.0.0.1", server.tls_port), timeout=60) as plain,
        trust.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        assert secured.version() in {"TLSv1.2", "TLSv1.3"}


def test_a_frozen_one_takes_connections_and_ends_when_it_is_told(server: PrivateSlapd) -> None:
    server.freeze()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60):
        pass
    server.stop()
    assert not server.running
