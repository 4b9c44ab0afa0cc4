"""The private RabbitMQ: apart from the machine's own, gone when it is stopped."""

import socket
import time
from pathlib import Path

import pytest
from ovix_engines.postgres import EngineError
from ovix_engines.rabbitmq import PrivateRabbitMq, server_script

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.skipif(server_script() is None, reason="RabbitMQ is not installed"),
]


def processes_of(directory: Path) -> list[int]:
    """Those whose home is the node's directory: the node, its port mapper, their children."""
    mark = f"HOME={directory}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if mark in variables and state != "Z":
            found.append(int(process.name))
    return found


def all_gone(directory: Path) -> bool:
    """Erlang's helpers notice within moments that their node died."""
    deadline = time.monotonic() + 60
    while processes_of(directory):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def greets(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_node_leaves_nothing_behind(tmp_path: Path, end: str) -> None:
    node = PrivateRabbitMq(tmp_path)
    node.start()
    port = node.port
    assert port not in (0, 5672)
    assert greets(port)
    assert processes_of(tmp_path)
    getattr(node, end)()
    assert not node.running
    assert not greets(port)
    assert all_gone(tmp_path)


def test_a_node_that_can_not_start_says_why(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        node = PrivateRabbitMq(tmp_path, port=taken.getsockname()[1])
        with pytest.raises(EngineError, match=r"did not start on port \d+"):
            node.start()
    assert all_gone(tmp_path)


def test_its_cookie_is_its_own(tmp_path: Path) -> None:
    node = PrivateRabbitMq(tmp_path)
    node.start()
    node.stop()
    cookie = tmp_path / ".erlang.cookie"
    assert cookie.stat().st_mode & 0o077 == 0
