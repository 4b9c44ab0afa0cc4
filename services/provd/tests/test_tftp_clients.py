"""The clients that people have fetch the same bytes, over good networks and bad ones."""

import asyncio
import os
import random
import shutil
import socket
from pathlib import Path
from typing import TypeAlias

import pytest

from .tftp_server import Boot, serving

CLIENTS = {
    "tftp-hpa": "tftp -m binary {host} {port} -c get {name} {local}",
    "atftp": "atftp --get --remote-file {name} --local-file {local} {host} {port}",
    "busybox": "busybox tftp -g -r {name} -l {local} {host} {port}",
    # Of its own accord it asks the server to wait six seconds before it repeats, and refuses a
    # ``tsize`` of 0.
    "curl": "curl --silent --show-error --tftp-no-options --output {local}"
    " tftp://{host}:{port}/{name}",
}
WITH_OPTIONS = {
    "atftp": "atftp --option 'blksize 1428' --option 'tsize 0' --option 'windowsize 4'"
    " --get --remote-file {name} --local-file {local} {host} {port}",
    "busybox": "busybox tftp -b 4096 -g -r {name} -l {local} {host} {port}",
    "curl": "curl --silent --tftp-blksize 1024 --output {local} tftp://{host}:{port}/{name}",
}
_MISSING = [
    program for program in ("tftp", "atftp", "busybox", "curl") if shutil.which(program) is None
]
pytestmark = pytest.mark.skipif(
    bool(_MISSING),
    reason=f"not installed: {', '.join(_MISSING)} (Debian packages tftp-hpa, atftp, busybox, curl)",
)
_Address: TypeAlias = tuple[str, int]


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    root = tmp_path / "tftpboot"
    (root / "sub").mkdir(parents=True)
    return Boot(root)


async def fetched(command: str, port: int, name: str, local: Path) -> bytes:
    process = await asyncio.create_subprocess_shell(
        command.format(host="127.0.0.1", port=port, name=name, local=local),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return await asyncio.to_thread(local.read_bytes)


@pytest.mark.parametrize("size", [0, 1, 512, 1300, 30_000])
@pytest.mark.parametrize("client", CLIENTS)
async def test_every_client_fetches_the_same_bytes(
    boot: Boot, tmp_path: Path, client: str, size: int
) -> None:
    content = os.urandom(size)
    (boot.root / "sub" / "phone.cfg").write_bytes(content)
    async with serving(boot.answer) as server:
        local = tmp_path / "local"
        assert await fetched(CLIENTS[client], server.port, "sub/phone.cfg", local) == content


@pytest.mark.parametrize("client", WITH_OPTIONS)
async def test_every_client_gets_the_options_it_asks_for(
    boot: Boot, tmp_path: Path, client: str
) -> None:
    content = os.urandom(300_000)
    (boot.root / "firmware.bin").write_bytes(content)
    async with serving(boot.answer) as server:
        local = tmp_path / "local"
        assert await fetched(WITH_OPTIONS[client], server.port, "firmware.bin", local) == content
    assert boot.asked[0].options


@pytest.mark.parametrize("client", CLIENTS)
async def test_files_past_32_mb_roll_the_block_number_over(
    boot: Boot, tmp_path: Path, client: str
) -> None:
    content = os.urandom(2**20) * 34
    (boot.root / "firmware.bin").write_bytes(content)
    async with serving(boot.answer) as server:
        local = tmp_path / "local"
        assert await fetched(CLIENTS[client], server.port, "firmware.bin", local) == content


class LossyNetwork:
    """Between clients and a server; loses one datagram in ten, in both directions.

    Clients take its port for that of their transfer.
    """

    def __init__(self, server_port: int, seed: int) -> None:
        self._server = ("127.0.0.1", server_port)
        self._random = random.Random(seed)
        self._clients_side = _socket()
        self.port: int = self._clients_side.getsockname()[1]
        self._servers_side: dict[_Address, socket.socket] = {}
        self._peers: dict[_Address, _Address] = {}
        self.lost = 0

    def __enter__(self) -> "LossyNetwork":
        asyncio.get_running_loop().add_reader(self._clients_side, self._up)
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._clients_side, *self._servers_side.values()):
            asyncio.get_running_loop().remove_reader(each)
            each.close()

    def _up(self) -> None:
        datagram, client = self._clients_side.recvfrom(2**16)
        if client not in self._servers_side:
            new = self._servers_side[client] = _socket()
            self._peers[client] = self._server
            asyncio.get_running_loop().add_reader(new, self._down, new, client)
        if not self._loses():
            peer = self._server if datagram[:2] == b"\0\1" else self._peers[client]
            self._servers_side[client].sendto(datagram, peer)

    def _down(self, servers_side: socket.socket, client: _Address) -> None:
        datagram, self._peers[client] = servers_side.recvfrom(2**16)
        if not self._loses():
            self._clients_side.sendto(datagram, client)

    def _loses(self) -> bool:
        loses = self._random.random() < 0.1
        self.lost += loses
        return loses


def _socket() -> socket.socket:
    created = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    created.bind(("127.0.0.1", 0))
    return created


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_network_that_loses_one_in_ten_only_slows(
    boot: Boot, tmp_path: Path, client: str
) -> None:
    content = os.urandom(10_000)
    (boot.root / "phone.cfg").write_bytes(content)
    async with serving(boot.answer) as server:
        with LossyNetwork(server.port, seed=3) as network:
            local = tmp_path / "local"
            assert await fetched(CLIENTS[client], network.port, "phone.cfg", local) == content
            assert network.lost > 0
