"""Services as processes of their own, on one database, to be asked whatever a client might ask."""

import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from ovix_confd import domains
from ovix_confd.kit import Example, Registry, ResourceSpec
from ovix_engines.ports import free_port
from ovix_schema import Entity
from ovix_testkit import databases
from ovix_testkit.cases import MOST
from ovix_web import hash_of, open_engine
from sqlalchemy.ext.asyncio import async_sessionmaker

READY_WITHIN_S = 90.0
PATIENCE_S = 60.0
"""For an answer: a machine that is busy with other tests may take seconds."""
ASKING = httpx.Client(timeout=PATIENCE_S)
"""Asked after every test: a client of one's own each time would read the system's certificates."""


class QuietManager(socketserver.StreamRequestHandler):
    """An Asterisk manager without a single channel: calld runs on it, and every call is unknown."""

    def handle(self) -> None:
        self.wfile.write(b"Asterisk Call Manager/7.0.3\r\n")
        fields: dict[str, str] = {}
        for line in self.rfile:
            name, colon, value = line.decode().strip().partition(":")
            if colon:
                fields[name] = value.strip()
            elif fields:
                self._answer(fields)
                fields = {}

    def _answer(self, action: dict[str, str]) -> None:
        number = f"ActionID: {action.get('ActionID', '')}\r\n"
        match action.get("Action"):
            case "Login":
                text = f"Response: Success\r\n{number}\r\n"
                text += "Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n"
            case "Status":
                text = f"Response: Success\r\n{number}EventList: start\r\n\r\n"
                text += f"Event: StatusComplete\r\n{number}EventList: Complete\r\nItems: 0\r\n\r\n"
            case "Hangup" | "Originate" | "Redirect":
                text = f"Response: Error\r\n{number}Message: No such channel\r\n\r\n"
            case _:
                text = f"Response: Success\r\n{number}Message: Fine\r\n\r\n"
        self.wfile.write(text.encode())


@pytest.fixture(scope="session")
def database_url() -> str:
    """A database of their own: the services' relay would take the events other tests wait for."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    server_url = os.environ[databases.SERVER_VARIABLE]
    return databases.clone_template(server_url, f"ovix_contract_{worker}_{os.getpid()}")


@pytest.fixture(scope="session")
def manager_port() -> Iterator[int]:
    """Where the quiet manager listens."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), QuietManager) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@dataclass
class Service:
    """A running service, its log, and a token that may do everything."""

    name: str
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path
    token: str = field(repr=False)
    _read: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Auth-Token": self.token}

    def assert_alive(self) -> None:
        """The process lives and answers, and has logged no crash since this was asked."""
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        assert ASKING.get(f"{self.url}/health/live").status_code == 200
        with self.log.open() as log:
            log.seek(self._read)
            crashes = [line for line in log if "request_crashed" in line]
            self._read = log.tell()
        assert not crashes, crashes[0].replace("\\n", "\n")[-3000:]

    def memory_mb(self) -> float:
        """Resident memory."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * 4096 / 1e6


def _is_up(port: int, name: str) -> bool:
    try:
        status = ASKING.get(f"http://127.0.0.1:{port}/status", timeout=10)
    except httpx.TransportError:
        return False
    return status.is_success and (name != "calld" or status.json()["ami"]["status"] == "ok")


async def _token(database_url: str) -> str:
    token = str(uuid4())
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO tokens (token_hash, auth_id, acl, expires_at)"
        " VALUES ($1, 'contract', '{#}', now() + interval '1 day')",
        hash_of(token),
    )
    await connection.close()
    return token


@pytest.fixture(scope="session")
async def everything_token(database_url: str) -> str:
    """A token that holds ``#``."""
    return await _token(database_url)


@pytest.fixture(scope="session")
def service(
    database_url: str,
    everything_token: str,
    manager_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Service]]:
    """A function that starts a service, or gives the one that runs already."""
    running: dict[str, Service] = {}
    directory = tmp_path_factory.mktemp("services")
    provd_port, phones_port = free_port(), free_port()

    def started(name: str) -> Service:
        if name == "phoned":  # dird's second port
            dird = started("dird")
            return Service(name, phones_port, dird.process, dird.log, everything_token)
        if name == "confd":
            started("provd")  # it has phones changed there
        if name not in running:
            port = provd_port if name == "provd" else free_port()
            log = directory / f"{name}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [sys.executable, "-m", f"ovix_{name}"],
                    env={
                        **os.environ,
                        "OVIX_DATABASE_URL": database_url,
                        "OVIX_LOG_FORMAT": "json",
                        "OVIX_ACCESS_LOG": "false",
                        f"OVIX_{name.upper()}_HOST": "127.0.0.1",
                        f"OVIX_{name.upper()}_PORT": str(port),
                        "OVIX_PROVD_HTTP_PORT": "0",
                        "OVIX_DIRD_PHONES_PORT": str(phones_port),
                        "OVIX_PROVD_TFTP_PORT": "0",
                        "OVIX_CALLD_WEBSOCKET_PORT": str(free_port()),
                        "OVIX_AMI_PORT": str(manager_port),
                        "OVIX_PROVD_KEY": "contract",
                        "OVIX_PROVD_STORAGE_DIR": str(directory / "provd"),
                        "OVIX_PROVD_PLUGIN_SERVER": directory.as_uri(),
                        "OVIX_PROVD_URL": f"http://127.0.0.1:{provd_port}/provd",
                        "OVIX_CEL_SPOOL": str(directory / "cel.csv"),
                        "OVIX_HEADER_TIMEOUT_S": "2",
                        "OVIX_KEEP_ALIVE_S": "300",
                        "OVIX_BODY_TIMEOUT_S": "2",
                    },
                    stdout=output,
                    stderr=output,
                    stdin=subprocess.DEVNULL,
                )
            running[name] = Service(name, port, process, log, everything_token)
            give_up_at = time.monotonic() + READY_WITHIN_S
            while not _is_up(port, name):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < give_up_at, log.read_text()
                time.sleep(0.1)
        return running[name]

    yield started
    for each in running.values():
        each.process.send_signal(signal.SIGTERM)
    for each in running.values():
        assert each.process.wait(30) == 0, each.log.read_text()[-3000:]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def some_of_everything(
    service: Callable[[str], Service], database_url: str
) -> dict[str, dict[str, Any]]:
    """Examples of all that confd's specs create are there, under the first ids.

    Gives, by path, a schema of bodies of which most can be stored too.
    """
    running, bodies = service("confd"), {}
    engine = open_engine(database_url, application="contract")
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        entity = Entity(name="contract")
        session.add(entity)
    async with httpx.AsyncClient(
        base_url=f"{running.url}/1.1", headers=running.headers, timeout=PATIENCE_S
    ) as client:
        for spec in Registry.discovered(domains).all(ResourceSpec):
            if spec.create is None:
                continue
            async with sessions.begin() as session:
                prepared = await spec.example.prepare(session, entity.id)
            for number in range(1, MOST):
                made = await client.post(spec.path, json=spec.example.nth(number, prepared))
                assert made.status_code == 201, made.text
            bodies[f"/1.1{spec.path}"] = _like(spec.example, prepared)
    await engine.dispose()
    await _with_a_plugin(service("provd"))
    return bodies


async def _with_a_plugin(provd: Service) -> None:
    """One of our own, which the description's examples name, and a phone of it."""
    url = f"{provd.url}/provd"
    async with httpx.AsyncClient(base_url=url, headers=provd.headers, timeout=PATIENCE_S) as client:
        begun = await client.post("/pg_mgr/install/install", json={"id": "ovix-yealink"})
        assert begun.status_code == 201, begun.text
        events = {"Accept": "text/event-stream"}
        followed = await client.get(
            begun.headers["Location"].removeprefix("/provd"), headers=events
        )
        assert "install|success" in followed.text
        phone = {"id": "yealink", "plugin": "ovix-yealink", "config": "base"}
        made = await client.post("/dev_mgr/devices", json={"device": phone})
        assert made.status_code == 201, made.text


def _like(example: Example, prepared: dict[str, Any]) -> dict[str, Any]:
    """The schema of bodies like the example, but for what must differ in each."""
    members = {name: {"const": value} for name, value in example.nth(0, prepared).items()}
    for name in example.vary(0):
        members[name] = {"enum": [example.vary(number)[name] for number in range(MOST, 100)]}
    return {"type": "object", "properties": members, "required": list(members)}
