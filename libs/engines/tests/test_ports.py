"""Ports that no outgoing connection can take."""

import socket

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


def test_a_port_in_use_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, free = ports.free_port(), ports.free_port()
    drawn = iter([taken - ports.LOWEST, free - ports.LOWEST])
    monkeypatch.setattr(ports, "randbelow", lambda _: next(drawn))
    with socket.create_server(("127.0.0.1", taken)):
        assert ports.free_port() == free
