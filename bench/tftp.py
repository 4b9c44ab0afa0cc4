"""Phones' files over TFTP, beside tftpd-hpa: 30 kB each, 200 at once.

``python -m bench.tftp [--rounds 5]``, as root (tftpd-hpa changes its root directory). All send 59
blocks of 512 bytes for a file, one for each acknowledgement; the load comes from another process.
Measured are provd's TFTP server alone, and the whole service, which identifies each phone by its
MAC and address and asks the plugin of its device.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import asyncpg
import orjson
from ovix_engines.ports import free_port

from bench.harness import Figure, Machine, exclusive, show
from bench.phones import KEY, Rest, install, mac
from bench.tftp_client import download

FILE_BYTES = 30_000
AT_ONCE = 200
FILES = 1_000
"""Of one round."""
TARGET_RATIO = 0.5
PLUGIN = "ovix-generic"
UNPACKED = Path(__file__).resolve().parents[1] / ".ovix" / "tftpd-hpa"

_OURS = """
import sys
from pathlib import Path
import uvloop
from ovix_provd.phones.tftp import TftpServer
from ovix_provd.plugins import FileBelow, TftpRequest

async def serve() -> None:
    import asyncio
    server = TftpServer("127.0.0.1", int(sys.argv[1]))
    await server.start()
    async def answer(request: TftpRequest) -> FileBelow:
        return FileBelow(Path(sys.argv[2]), request.filename)
    server.attach(answer)
    await asyncio.Event().wait()

uvloop.run(serve())
"""


def _ours(port: int, directory: Path) -> list[str]:
    return [sys.executable, "-c", _OURS, str(port), str(directory)]


def _tftpd_hpa(port: int, directory: Path) -> list[str]:
    program = shutil.which("in.tftpd", path="/usr/sbin:/usr/bin:/sbin") or _unpacked()
    address = f"127.0.0.1:{port}"
    how = ["--listen", "--foreground", "--user", "nobody", "--address", address, "--secure"]
    return [program, *how, str(directory)]


def _unpacked() -> str:
    """The program out of Debian's package, which, installed, would start a server of its own."""
    program = UNPACKED / "usr/sbin/in.tftpd"
    if not program.exists():
        UNPACKED.mkdir(parents=True, exist_ok=True)
        packages = ["tftpd-hpa", "libwrap0"]
        try:
            subprocess.run(
                ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *packages],
                cwd=UNPACKED,
                check=True,
            )
            for package in UNPACKED.glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", package, UNPACKED], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SystemExit(f"tftpd-hpa is needed to compare with: {error}") from error
    (library,) = (UNPACKED / "usr/lib").glob("*/libwrap.so.0")
    os.environ["LD_LIBRARY_PATH"] = str(library.parent)
    return str(program)


def _ip(number: int) -> str:
    """The address of a phone, which is this machine's all the same."""
    return f"127.1.0.{number + 1}"


def _name(number: int) -> str:
    return f"generic/{mac(number, '')}.cfg"


async def _whole_provd(machine: Machine, port: int) -> Path:
    """The service with a device for each phone; where their files lie."""
    storage = machine.directory / "provd"
    url = machine.service(
        "provd",
        OVIX_PROVD_STORAGE_DIR=str(storage),
        OVIX_PROVD_KEY=KEY,
        OVIX_PROVD_HTTP_PORT=str(free_port()),
        OVIX_PROVD_TFTP_PORT=str(port),
        OVIX_PROVD_EXTERNAL_IP="192.0.2.1",
    )
    rest = Rest(url)
    await install(rest, PLUGIN)
    await rest.close()
    devices = [
        {
            "id": f"phone{number}", "mac": mac(number), "ip": _ip(number), "plugin": PLUGIN,
            "config": "base", "configured": True, "added": "auto",
        }
        for number in range(AT_ONCE)
    ]  # fmt: skip
    connection = await asyncpg.connect(machine.database_url)
    await connection.execute(
        "INSERT INTO devices (id, document) SELECT each ->> 'id', each"
        " FROM jsonb_array_elements(CAST($1 AS jsonb)) AS each",
        orjson.dumps(devices).decode(),
    )
    await connection.close()
    return storage / "plugins" / PLUGIN / "var" / "tftpboot"


def _round(port: int, content: bytes | None, count: int) -> Figure:
    numbers = [number % AT_ONCE for number in range(count)]
    files = [(_ip(number), _name(number).encode()) for number in numbers]
    started_at = time.perf_counter()
    taken = sorted(download(port, files, content, AT_ONCE))
    return Figure(
        "",
        per_second=count / (time.perf_counter() - started_at),
        median_ms=taken[len(taken) // 2] * 1000,
        p99_ms=taken[int(len(taken) * 0.99)] * 1000,
    )


def _run(machine: Machine, rounds: int) -> bool:
    content = os.urandom(FILE_BYTES)
    ports = {name: free_port() for name in ("tftpd-hpa", "provd's server", "provd")}
    directory = asyncio.run(_whole_provd(machine, ports["provd"]))
    (directory / "generic").mkdir(exist_ok=True)
    for number in range(AT_ONCE):
        (directory / _name(number)).touch()
    # Phones are completed and configured by what they first tell: of that, only the files stay.
    _round(ports["provd"], None, AT_ONCE)
    for number in range(AT_ONCE):
        (directory / _name(number)).write_bytes(content)
    # tftpd-hpa reads as nobody.
    for folder in (directory / "generic", *(directory / "generic").parents):
        if folder.is_relative_to(machine.directory):
            folder.chmod(0o755)
    for number in range(AT_ONCE):
        (directory / _name(number)).chmod(0o644)
    commands = {"tftpd-hpa": _tftpd_hpa, "provd's server": _ours}
    processes = [
        subprocess.Popen(command(ports[name], directory), stderr=subprocess.DEVNULL)
        for name, command in commands.items()
    ]
    figures: dict[str, list[Figure]] = {name: [] for name in ports}
    try:
        for port in ports.values():  # ready, and warm
            _round(port, content, AT_ONCE)
        for _ in range(rounds):
            for name, port in ports.items():
                figures[name].append(_round(port, content, FILES))
    finally:
        for process in processes:
            process.terminate()
            process.wait(10)
    ratios = {
        name: median(
            ours.per_second / theirs.per_second
            for ours, theirs in zip(measured, figures["tftpd-hpa"], strict=True)
        )
        for name, measured in figures.items()
    }
    show(
        f"tftp, {FILE_BYTES // 1000} kB, {AT_ONCE} at once",
        [
            replace(
                each[0],
                name=name,
                per_second=median(figure.per_second for figure in each),
                median_ms=median(figure.median_ms for figure in each),
                p99_ms=median(figure.p99_ms for figure in each),
                ratio=ratios[name],
            )
            for name, each in figures.items()
        ],
    )
    held = min(ratios.values()) >= TARGET_RATIO
    print(f"  highest memory of provd: {machine.highest_memory_mb():.0f} MB, its plugins beside")
    print(f"  target ({TARGET_RATIO} of tftpd-hpa): {'held' if held else 'MISSED'}")
    return held


def main() -> int:
    """Measure and print; 1 when the target is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    rounds = arguments.parse_args().rounds
    with exclusive(), Machine() as machine:
        return 0 if _run(machine, rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
