"""Ports that no outgoing connection can take."""

import socket
import subprocess
import sys
from secrets import randbelow

import pytest
from ovix_engines import ports


def test_a_free_port_can_be_listened_on_by_tcp_and_by_udp() -> None:
    port = ports.free_port()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as server:
            server.bind(("127.0.0.1", port))


def test_no_free_port_is_one_of_outgoing_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        with client:
            assert client.getsockname()[1] > max(ports.free_port() for _ in range(100))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ports that are tried first."""
    first: list[int] = []

    def draw(below: int) -> int:
        return first.pop(0) - ports.LOWEST if first else randbelow(below)

    monkeypatch.setattr(ports, "randbelow", draw)
    return first


def test_a_port_in_use_is_passed_over(drawn: list[int]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        drawn.append(server.getsockname()[1])
        assert ports.free_port() != server.getsockname()[1]
    assert not drawn


def test_no_port_is_given_twice_by_this_process_or_another(drawn: list[int]) -> None:
    given = ports.free_port()
    drawn.append(given)
    assert ports.free_port() != given
    assert not drawn
    program = f"from ovix_engines import ports; print(ports._reserved({given}))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert told.stdout == b"False\n"


def test_no_more_ports_are_kept_than_a_process_may_have_open_files() -> None:
    for _ in range(300):
        ports.free_port()
    assert len(ports._given) == 200
