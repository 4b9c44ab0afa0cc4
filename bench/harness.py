"""What the benchmarks share: a durable PostgreSQL, services as processes, load, and the table.

Everything runs on this machine, the load generator too: figures are of the whole, on its cores.
Statements are counted by PostgreSQL itself (pg_stat_statements), so no process can hide any.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import asyncpg
from ovix_engines.ports import free_port
from ovix_engines.postgres import EmbeddedPostgres
from ovix_testkit import databases

READY_WITHIN_S = 30.0
Operation = Callable[[int], Awaitable[None]]
"""One unit of work; its argument is the number of the worker that does it."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    per_second: float
    median_ms: float
    p99_ms: float
    ratio: float | None = None
    statements: float | None = None
    """SQL statements per operation."""


def show(title: str, figures: list[Figure]) -> None:
    """Print the table."""
    print(f"\n{title}")
    width = max(len(each.name) for each in figures)
    print(
        f"  {'':{width}}  {'per s':>9}  {'median':>9}  {'p99':>9}  {'ratio':>6}  {'statements':>10}"
    )
    for each in figures:
        ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
        statements = "" if each.statements is None else f"{each.statements:.2f}"
        print(
            f"  {each.name:{width}}  {each.per_second:9.1f}  {each.median_ms:6.2f} ms"
            f"  {each.p99_ms:6.2f} ms  {ratio:>6}  {statements:>10}"
        )


async def measure(operation: Operation, *, concurrency: int, seconds: float) -> Figure:
    """Run the operation by so many workers for so long, after a short warm-up."""
    taken: list[float] = []
    warm_at = time.perf_counter() + min(0.5, seconds / 4)
    end_at = warm_at + seconds

    async def work(worker: int) -> None:
        while (started_at := time.perf_counter()) < end_at:
            await operation(worker)
            if started_at >= warm_at:
                taken.append(time.perf_counter() - started_at)

    await asyncio.gather(*(work(number) for number in range(concurrency)))
    return _figure(taken, seconds)


async def measure_in_turn(operations: Sequence[Operation], *, seconds: float) -> list[Figure]:
    """Run the operations in turn, one of each at a time, until each has had its seconds.

    For ratios: whatever else slows the machine down meanwhile slows all of them down alike.
    """
    taken: list[list[float]] = [[] for _ in operations]
    warm_at = time.perf_counter() + min(0.5, seconds / 4) * len(operations)
    end_at = warm_at + seconds * len(operations)
    while (turn_at := time.perf_counter()) < end_at:
        for operation, mine in zip(operations, taken, strict=True):
            started_at = time.perf_counter()
            await operation(0)
            if turn_at >= warm_at:
                mine.append(time.perf_counter() - started_at)
    return [_figure(mine, sum(mine)) for mine in taken]


def _figure(taken: list[float], seconds: float) -> Figure:
    """What these times (in seconds) of operations add up to."""
    if not taken:
        raise RuntimeError("not one operation ended in time")
    ordered = sorted(taken)
    return Figure(
        "",
        per_second=len(ordered) / seconds,
        median_ms=ordered[len(ordered) // 2] * 1000,
        p99_ms=ordered[int(len(ordered) * 0.99)] * 1000,
    )


@dataclass
class Machine:
    """A PostgreSQL of production's durability with the newest schema, and services on it.

    ``with Machine() as machine: machine.service("auth")``; all of it is gone afterwards.
    """

    _processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def __enter__(self) -> "Machine":
        self.directory = Path(tempfile.mkdtemp(prefix="ovix-bench-"))
        self._server = EmbeddedPostgres(
            self.directory / "postgres",
            settings={
                "shared_preload_libraries": "pg_stat_statements",
                "pg_stat_statements.track_utility": "off",
            },
        )
        self._server.start()
        self.database_url = self.database("ovix_bench")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            process.wait(30)
        self._server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.rmtree(self._server.directory, ignore_errors=True)

    def database(self, name: str) -> str:
        """Create a database with the newest schema; its URL."""

        async def create() -> None:
            connection = await asyncpg.connect(self._server.url())
            await connection.execute(f'CREATE DATABASE "{name}"')
            await connection.close()

        asyncio.run(create())
        url = self._server.url(name)
        databases.migrate(url)
        return url

    def service(self, name: str, *, port_variable: str | None = None, **environment: str) -> str:
        """Start ``python -m ovix_<name>``; its URL, once it says that it is ready.

        ``port_variable`` names the setting of its HTTP port where that is not ``OVIX_<NAME>_PORT``.
        """
        port = free_port()
        log = self.directory / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", f"ovix_{name}"],
                env={
                    **os.environ,
                    "OVIX_DATABASE_URL": self.database_url,
                    "OVIX_ACCESS_LOG": "false",
                    "OVIX_PROVD_HTTP_PORT": "0",
                    "OVIX_PROVD_TFTP_PORT": "0",
                    f"OVIX_{name.upper()}_HOST": "127.0.0.1",
                    port_variable or f"OVIX_{name.upper()}_PORT": str(port),
                    **environment,
                },
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )
        self._processes.append(process)
        give_up_at = time.monotonic() + READY_WITHIN_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"{name} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        return f"http://127.0.0.1:{port}"

    def pids(self) -> list[int]:
        """The started services, in the order of their start."""
        return [process.pid for process in self._processes]

    def resting_memory_mb(self) -> list[float]:
        """Resident memory of each started service, in the order of their start."""
        return [
            int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4096 / 1e6
            for process in self._processes
        ]

    def highest_memory_mb(self) -> float:
        """The most resident memory that the service started first has ever had."""
        status = Path(f"/proc/{self._processes[0].pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1e3

    def processor_s(self) -> float:
        """Processor time used so far by the services, PostgreSQL and this process.

        Other programs of the machine hardly change it, whatever they do to the clock's time.
        """
        postmaster = int((self._server.data / "postmaster.pid").read_text().split()[0])
        mine = {os.getpid(), postmaster, *(process.pid for process in self._processes)}
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it has just ended
                fields = stat.read_text().rpartition(")")[2].split()
                if int(stat.parent.name) in mine or int(fields[1]) == postmaster:
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    @asynccontextmanager
    async def counted(self, counts: list[int]) -> AsyncIterator[None]:
        """Append the number of statements that ran inside, of whatever process."""
        connection = await asyncpg.connect(self.database_url)
        try:
            await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            await connection.execute("SELECT pg_stat_statements_reset()")
            yield
            counts.append(
                await connection.fetchval(
                    "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements"
                    " WHERE query NOT LIKE '%pg_stat_statements%' AND query <> ALL ($1)"
                    " AND query NOT LIKE '%FROM outbox%' AND query NOT LIKE '%advisory%'",
                    list(BACKGROUND),
                )
            )
        finally:
            await connection.close()


BACKGROUND = ("SELECT $1", "SELECT 1")
"""Heartbeats of listeners, as pg_stat_statements normalises them."""


async def statements_per(machine: Machine, operation: Operation, times: int = 20) -> float:
    """How many statements one operation costs."""
    counts: list[int] = []
    async with machine.counted(counts):
        for _ in range(times):
            await operation(0)
    return counts[0] / times


async def processor_ms_per(machine: Machine, operation: Operation, times: int = 50) -> float:
    """How much processor time one operation costs, of all processes together."""
    before = machine.processor_s()
    for _ in range(times):
        await operation(0)
    return (machine.processor_s() - before) * 1000 / times


class Http:
    """One kept-alive HTTP/1.1 connection: small, so that the load costs little of the machine."""

    def __init__(self, base_url: str) -> None:
        self._host, _, port = base_url.removeprefix("http://").partition(":")
        self._port = int(port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=2**20)
        reader, writer = self._streams
        extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        kind = "Content-Type: application/json\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n{extra}{kind}"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in answer.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        content = await reader.readexactly(length) if length and method != "HEAD" else b""
        if b"transfer-encoding: chunked" in answer.lower():
            content = await _chunks(reader)
        return int(answer[9:12]), content

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A body whose length the server does not know beforehand."""
    content = b""
    while length := int(await reader.readline(), 16):
        content += await reader.readexactly(length)
        await reader.readline()
    await reader.readline()
    return content


@contextmanager
def exclusive() -> Iterator[None]:
    """Tell when the machine is busy with other things: figures would mean little."""
    load = os.getloadavg()[0]
    if load > 1:
        print(f"note: the load of this machine was {load:.1f} before the benchmark began")
    yield


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(
                b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
