"""``ovix up``: everything on one machine, until Ctrl-C."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import httpx
import typer
from ovix_engines.postgres import EmbeddedPostgres, EngineError

from ovix_cli import (
    accounts,
    addresses,
    company,
    database,
    directories,
    phone_plugins,
    welcome,
)
from ovix_cli.asterisk import Asterisk, AsteriskMissing, Installation, Telephony, installed
from ovix_cli.environment import SERVICES, service_environment
from ovix_cli.home import CliError, Home, home
from ovix_cli.journal import Journal
from ovix_cli.rest import Rest, local_token
from ovix_cli.supervisor import Program, Supervisor, next_pause

READY_WITHIN_S = 60.0
WATCH_S = 1.0
"""How often the embedded PostgreSQL is looked at."""


def up(
    listen: Annotated[
        str, typer.Option(help="Address the APIs listen on; 0.0.0.0 opens them to the network.")
    ] = "127.0.0.1",
    demo: Annotated[
        bool, typer.Option(help="Create the small company where nothing is configured yet.")
    ] = True,
    asterisk: Annotated[bool, typer.Option(help="Start Asterisk, where one is installed.")] = True,
) -> None:
    """Start everything on this machine; Ctrl-C stops it.

    PostgreSQL is embedded in .ovix/ unless OVIX_DATABASE_URL names one; the bus is PostgreSQL
    unless OVIX_BUS_URL names a RabbitMQ (amqp://…).
    """
    here = home()
    journal = Journal()
    # Stopped by docker, systemd or kill like by Ctrl-C, also before the services run.
    for number in _stopping_signals():
        signal.signal(number, signal.default_int_handler)
    try:
        with database.exclusively(here):
            installation = _asterisk(here, journal) if asterisk else None
            _claim_ports(listen, with_asterisk=installation is not None)
            if not addresses.may_serve_tftp():
                journal.write("provd", phone_plugins.no_tftp())
            with _database(here, journal) as (url, postgres):
                environment = service_environment(
                    here, database_url=url, listen=listen, coloured=journal.coloured
                )
                _prepare(here, url, journal)
                if installation is not None:
                    _render_configuration(environment, journal)
                asyncio.run(_run(here, environment, journal, postgres, installation, demo))
    except KeyboardInterrupt:
        journal.write("ovix", "stopped")


def _asterisk(here: Home, journal: Journal) -> Installation | None:
    try:
        return installed(here)
    except AsteriskMissing as missing:
        journal.write("asterisk", f"no phone will ring: {missing}")
        return None


def _claim_ports(listen: str, *, with_asterisk: bool) -> None:
    ports = addresses.SERVICE_PORTS + (addresses.ASTERISK_PORTS if with_asterisk else ())
    conflicts = addresses.taken(ports, listen)
    if conflicts:
        raise CliError(addresses.explain(conflicts))


@contextlib.contextmanager
def _database(here: Home, journal: Journal) -> Iterator[tuple[str, EmbeddedPostgres | None]]:
    url = os.environ.get("OVIX_DATABASE_URL")
    if url:
        journal.write("ovix", "using the PostgreSQL of OVIX_DATABASE_URL")
        yield url, None
        return
    postgres = database.embedded(here)
    journal.write("ovix", "starting PostgreSQL …")
    try:
        database.start(postgres)
        journal.write("postgres", f"ready on port {postgres.port}; its log is {postgres.log}")
        yield postgres.url(database.DATABASE), postgres
    finally:
        postgres.stop()
        journal.write("postgres", "stopped")


def _prepare(here: Home, url: str, journal: Journal) -> None:
    """Schema, the first administrator, and the account ``ovix`` itself uses."""
    database.upgrade(here, url)
    journal.write("ovix", "the database has the newest schema")
    secrets = here.secrets()
    asyncio.run(accounts.ensure_local(url, secrets["OVIX_LOCAL_PASSWORD"]))
    if not asyncio.run(accounts.administrators(url)):
        asyncio.run(
            accounts.create_administrator(
                url, "root", secrets["OVIX_ADMIN_PASSWORD"], name="The first administrator"
            )
        )
        journal.write("ovix", f"administrator root created; its password is in {here.secrets_file}")


def _render_configuration(environment: Mapping[str, str], journal: Journal) -> None:
    """Asterisk must find its files when it starts."""
    done = subprocess.run(
        [sys.executable, "-m", "ovix_confgen", "--once"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    for line in (done.stdout + done.stderr).splitlines():
        journal.write("confgen", line)
    if done.returncode != 0:
        raise CliError("Asterisk's configuration could not be written; confgen says why above.")


def _stopping_signals() -> list[signal.Signals]:
    """SIGTERM, and the end of the terminal where nohup does not ignore it."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGTERM, *([] if ignored else [signal.SIGHUP])]


async def _run(
    here: Home,
    environment: Mapping[str, str],
    journal: Journal,
    postgres: EmbeddedPostgres | None,
    installation: Installation | None,
    demo: bool,
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, *_stopping_signals()):
        loop.add_signal_handler(number, stopped.set)
    supervisor = Supervisor(journal.write)
    telephony: Telephony | None = None
    if installation is not None:
        etc = Path(environment["OVIX_ASTERISK_CONFIG_DIR"])
        asterisk = Asterisk(here.asterisk_run, etc, installation=installation)
        telephony = Telephony(asterisk, journal.write)
        telephony.start()
    for service in SERVICES:
        command = (sys.executable, "-m", f"ovix_{service}")
        supervisor.start(Program(service, command, environment))
    tasks = [asyncio.create_task(_welcome(here, journal, installation, demo))]
    if postgres is not None:
        tasks.append(asyncio.create_task(_keep_postgres(postgres, journal)))
    await stopped.wait()
    journal.write("ovix", "stopping …")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # Asterisk first, so that calld and agid still see how the calls end.
    if telephony is not None:
        await telephony.stop()
    await supervisor.stop()
    journal.write("ovix", "every service has stopped")


async def _keep_postgres(postgres: EmbeddedPostgres, journal: Journal) -> None:
    """Start the database again when it died; the services connect to it by themselves."""
    pause = 0.0
    while True:
        await asyncio.sleep(WATCH_S + pause)
        if postgres.running:
            pause = 0.0
            continue
        journal.write("postgres", "has ended; starting again")
        try:
            await asyncio.to_thread(postgres.start)
            journal.write("postgres", f"ready on port {postgres.port}")
        except EngineError as error:
            pause = next_pause(pause, lived=0.0)
            journal.write("postgres", f"{error}; trying again in {pause:g} s")


async def _welcome(
    here: Home, journal: Journal, installation: Installation | None, demo: bool
) -> None:
    while late := await _wait_until_ready(SERVICES):
        journal.write("ovix", f"not ready after {READY_WITHIN_S:g} s: {', '.join(late)}")
    try:
        token = await local_token(here)
        async with Rest(token) as rest:
            if demo and await company.found_once(rest, here):
                journal.write("ovix", "a small company was created: ovix demo lists its phones")
                await directories.filled_once(token, here)
            known = await company.phones(rest)
    except CliError as error:
        journal.write("ovix", str(error))
        return
    try:
        plugins = await phone_plugins.installed_once(token, here)
    except CliError as error:
        journal.write("ovix", str(error))
        plugins = []
    page = welcome.welcome(
        token=token,
        phones=known,
        plugins=plugins,
        asterisk=installation.version if installation else None,
        secrets_file=str(here.secrets_file),
    )
    welcome.show(page)


async def _wait_until_ready(services: tuple[str, ...]) -> list[str]:
    """Names of the services that are not ready in time."""
    async with httpx.AsyncClient(timeout=2) as client:
        waits = [_until_ready(client, service) for service in services]
        ready = await asyncio.gather(*waits)
    return [service for service, is_ready in zip(services, ready, strict=True) if not is_ready]


async def _until_ready(client: httpx.AsyncClient, service: str) -> bool:
    url = f"{addresses.base_url(service)}/health/ready"
    deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
    while asyncio.get_running_loop().time() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if (await client.get(url)).is_success:
                return True
        await asyncio.sleep(0.2)
    return False
