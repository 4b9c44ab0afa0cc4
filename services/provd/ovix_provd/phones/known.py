"""The devices that a request may be of, by one statement over a few connections of asyncpg.

A known phone that fetches what it fetched before costs this statement and nothing else; requests
that come at the same time share one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import asyncpg
import orjson
from ovix_bus.catalogue.provisioning import device_edited
from ovix_bus.outbox import outbox_row

from .identification import Info, Known, Named

ASKED_AT_ONCE = 64
WAITS_S = 30.0
"""For a connection: when a whole site starts again, phones come faster than they are served."""
MOST_AT_ADDRESS = 16
"""Phones behind one address that are looked at; those that agree with the request come first."""

STATEMENT = f"""
SELECT asked.n, found.id, found.document::text AS document,
  config.document #>> '{{raw_config,sip_lines,1,username}}' AS own_username, nat.shared
FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS asked (
  n int, macs text[], sn text, uuids text[], ip text, mac text, vendor text, model text)
CROSS JOIN (SELECT COALESCE((
  SELECT value = '1'::jsonb FROM provd_parameters WHERE name = 'NAT'), false) AS shared) AS nat
CROSS JOIN LATERAL (
  SELECT id, document, config FROM devices
  WHERE mac = ANY(asked.macs) OR sn = asked.sn OR uuid = ANY(asked.uuids)
  UNION
  (SELECT id, document, config FROM devices WHERE ip = asked.ip
   ORDER BY COALESCE(mac <> asked.mac, false) OR COALESCE(vendor <> asked.vendor, false)
     OR COALESCE(model <> asked.model, false), id
   LIMIT {MOST_AT_ADDRESS})
) AS found
LEFT JOIN provd_configs AS config ON config.id = found.config
ORDER BY asked.n, found.id
"""  # noqa: S608 - no value of a phone is in it
"""What is known of several requests: $1 is the list of what they told, numbered."""

NOTE_ACCOUNT = """
WITH noted AS (
  UPDATE devices
  SET document = document || jsonb_build_object('remote_state_sip_username', CAST($2 AS text))
  WHERE id = $1 AND configured
    AND document ->> 'remote_state_sip_username' IS DISTINCT FROM CAST($2 AS text)
  RETURNING id
)
INSERT INTO outbox (name, routing_key, body)
SELECT CAST($3 AS text), CAST($4 AS text), CAST($5 AS jsonb) FROM noted
"""
"""No file follows from it, so nobody else's lock is needed; the event is of the same statement."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the database has on a request."""

    known: tuple[Known, ...] = ()
    shared_addresses: bool = False
    """Whether several phones may have one address (the parameter NAT); told with a device only."""


def told_of(number: int, info: Info, named: Named) -> dict[str, Any]:
    """What the statement is told of a request."""
    return {
        "n": number,
        "macs": [*named.macs, *([info["mac"]] if "mac" in info else [])],
        "uuids": [*named.uuids, *([info["uuid"]] if "uuid" in info else [])],
        **{key: info[key] for key in ("sn", "ip", "mac", "vendor", "model") if key in info},
    }


def sights(rows: Sequence[Mapping[str, Any]], count: int) -> list[Sight]:
    """The rows of the statement, for each of the requests it was asked for."""
    known: list[list[Known]] = [[] for _ in range(count)]
    for row in rows:
        device = Known(row["id"], orjson.loads(row["document"]), row["own_username"])
        known[row["n"]].append(device)
    shared = bool(rows) and bool(rows[0]["shared"])
    return [Sight(tuple(each), shared and bool(each)) for each in known]


class _Connection(asyncpg.Connection):
    """Connections run one statement that leaves nothing behind: nothing is reset."""

    def get_reset_query(self) -> str:
        return ""


class KnownDevices:
    """``async with KnownDevices(url) as devices: await devices.of(info, named)``."""

    def __init__(self, database_url: str, *, connections: int, timeout_s: float) -> None:
        self._url, self._connections, self._timeout_s = database_url, connections, timeout_s
        self._pool: Any = None
        self._waiting: list[tuple[Info, Named, asyncio.Future[Sight]]] = []
        self._asking = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "KnownDevices":
        self._pool = asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._connections,
            max_queries=0x7FFFFFFF,
            command_timeout=self._timeout_s,
            connection_class=_Connection,
            server_settings={
                "application_name": "ovix-provd-phones",
                # Planning takes longer than running; rows are found by indexes, whoever asks.
                "plan_cache_mode": "force_generic_plan",
                "jit": "off",
            },
        )
        await self._pool
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.close()

    async def note_account(self, device_id: str, username: str) -> None:
        """The phone runs with that account now; nothing happens where that is known."""
        event = outbox_row(device_edited(id=device_id))
        async with self._pool.acquire(timeout=WAITS_S) as connection:
            await connection.execute(NOTE_ACCOUNT, device_id, username, *event)

    async def of(self, info: Info, named: Named) -> Sight:
        """The devices that a request may be of. Raises what asyncpg raises, and TimeoutError.

        What is asked while a statement runs is asked together by the next one.
        """
        answer: asyncio.Future[Sight] = asyncio.get_running_loop().create_future()
        self._waiting.append((info, named, answer))
        if self._asking < self._connections:
            self._asking += 1
            task = asyncio.create_task(self._ask(), name="known devices")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _ask(self) -> None:
        """Ask for whoever waits, until nobody does."""
        try:
            while self._waiting:
                taken, self._waiting = (
                    self._waiting[:ASKED_AT_ONCE],
                    self._waiting[ASKED_AT_ONCE:],
                )
                await self._ask_for([each for each in taken if not each[2].done()])
        finally:
            self._asking -= 1

    async def _ask_for(self, taken: "list[tuple[Info, Named, asyncio.Future[Sight]]]") -> None:
        told = orjson.dumps([told_of(n, each[0], each[1]) for n, each in enumerate(taken)])
        try:
            async with self._pool.acquire(timeout=WAITS_S) as connection:
                rows = await connection.fetch(STATEMENT, told.decode())
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            for _, _, answer in taken:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, _, answer), found in zip(taken, sights(rows, len(taken)), strict=True):
            if not answer.done():
                answer.set_result(found)
