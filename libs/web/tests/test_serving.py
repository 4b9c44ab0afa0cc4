"""A service as a process: it survives its database, and stops without losing what runs."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from ovix_engines.postgres import EmbeddedPostgres
from ovix_testkit.databases import migrate

WITHIN_S = 60.0
SERVICE = """
import asyncio, sys
from pathlib import Path
from typing import Any
from fastapi import APIRouter
from ovix_schema import Entity
from ovix_web import DbSession, ServiceSettings, confd_errors, create_app, run
from sqlalchemy import func, select

router = APIRouter(prefix="/1.1")

@router.get("/count")
async def count(session: DbSession) -> Any:
    return {"count": await session.scalar(select(func.count()).select_from(Entity))}

@router.get("/slow")
async def slow() -> Any:
    print("slow has begun", flush=True)
    while not Path(sys.argv[2]).exists():
        await asyncio.sleep(0.02)
    return {"done": True}

settings = ServiceSettings(host="127.0.0.1", port=int(sys.argv[1]), database_timeout_s=1)
app = create_app(
    settings, name="probe", version="1.1", title="Probe", routers=[router], render=confd_errors
)
run(app, settings, service="probe")
"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that may be stopped."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    migrate(server.url())
    yield server
    server.stop()


@pytest.fixture
def probe(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Any]:
    """The URL, the process and the log of a small service."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "probe.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVICE, str(port), str(tmp_path / "slow may end")],
            env={
                "OVIX_DATABASE_URL": postgres.url(),
                "OVIX_LOG_FORMAT": "json",
                "OVIX_SHUTDOWN_TIMEOUT_S": str(WITHIN_S),
            },
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}"
    _wait_until(lambda: _status(f"{url}/health/ready") == 200)
    yield url, process, log
    if process.poll() is None:
        process.kill()
        process.wait(10)


def _status(url: str) -> int:
    try:
        return httpx.get(url, timeout=WITHIN_S, verify=False).status_code
    except httpx.TransportError:
        return 0


def _wait_until(condition: Any) -> None:
    give_up_at = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < give_up_at, "it never became true"
        time.sleep(0.05)


def test_a_database_that_is_away_is_503_and_comes_back_without_a_restart(
    probe: Any, postgres: EmbeddedPostgres
) -> None:
    url, process, log = probe
    assert _status(f"{url}/1.1/count") == 200
    postgres.stop()
    response = httpx.get(f"{url}/1.1/count", timeout=WITHIN_S)
    assert response.status_code == 503
    assert response.json() == ["Service unavailable - the database can't be reached, try again"]
    assert _status(f"{url}/health/ready") == 503
    assert _status(f"{url}/health/live") == 200
    postgres.start()
    _wait_until(lambda: _status(f"{url}/health/ready") == 200)
    assert _status(f"{url}/1.1/count") == 200
    _wait_until(
        lambda: (
            httpx.get(f"{url}/status", timeout=WITHIN_S).json()["token_listener"]["status"] == "ok"
        )
    )
    assert process.poll() is None
    assert "request_crashed" not in log.read_text()


async def test_sigterm_lets_a_running_request_end(probe: Any, tmp_path: Path) -> None:
    url, process, log = probe
    async with httpx.AsyncClient(timeout=WITHIN_S) as client:
        running = asyncio.create_task(client.get(f"{url}/1.1/slow"))
        await asyncio.to_thread(_wait_until, lambda: "slow has begun" in log.read_text())
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(_wait_until, lambda: _status(f"{url}/health/live") == 0)
        assert not running.done()
        (tmp_path / "slow may end").touch()
        response = await running
    assert response.json() == {"done": True}
    assert await asyncio.to_thread(process.wait, WITHIN_S) == 0


def test_a_log_line_is_one_json_object_with_its_request(probe: Any) -> None:
    url, _, log = probe
    httpx.get(f"{url}/1.1/count", headers={"X-Request-ID": "find-me"}, timeout=WITHIN_S)
    _wait_until(lambda: "find-me" in log.read_text())
    [line] = [line for line in log.read_text().splitlines() if "find-me" in line]
    assert '"event":"request_answered"' in line
    assert '"path":"/1.1/count"' in line
    assert '"service":"probe"' in line
