"""How PostgreSQL would find what a statement asks for, if there were many of everything."""

import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import orjson

_ROWS = """
    INSERT INTO contexts (name) SELECT 'many' || n FROM generate_series(1, 2000) n;
    INSERT INTO users (id, firstname, caller_id)
        SELECT n, 'Zoé', '' FROM generate_series(1, 2000) n;
    INSERT INTO voicemails (id, name, number, context)
        SELECT n, 'box', n, 'many1' FROM generate_series(1, 2000) n;
    INSERT INTO endpoints_sip (id, username, secret) SELECT n, n, n FROM generate_series(1, 2000) n;
    INSERT INTO endpoints_sccp (cid_name) SELECT n FROM generate_series(1, 2000) n;
    INSERT INTO endpoints_custom (interface) SELECT n FROM generate_series(1, 2000) n;
    INSERT INTO lines (id, context, provisioning_code, endpoint_sip_id)
        SELECT n, 'many1', n, n FROM generate_series(1, 2000) n;
    INSERT INTO extensions (id, exten, context)
        SELECT 10000 + n, n, 'many1' FROM generate_series(1, 2000) n;
    INSERT INTO line_extensions SELECT n, 10000 + n, true FROM generate_series(1, 2000) n;
    INSERT INTO user_lines SELECT n, n, true, true FROM generate_series(1, 2000) n;
    INSERT INTO devices (id, document)
        SELECT n, jsonb_build_object('id', n::text) FROM generate_series(1, 2000) n;
    ANALYZE;
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off
"""
LARGE = frozenset(
    {
        "users",
        "voicemails",
        "endpoints_sip",
        "endpoints_sccp",
        "endpoints_custom",
        "lines",
        "extensions",
        "line_extensions",
        "user_lines",
        "devices",
    }
)
"""The tables that grow with a company."""
_SCANS = ("Seq Scan", "Index Scan", "Index Only Scan")


class Many:
    """A database of many rows, whose planner reads a whole table only where no index helps."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._read_whole: dict[str, set[str]] = {}

    @classmethod
    async def filled(cls, database_url: str) -> "Many":
        """Fill an empty database with rows, and get ready to ask about it."""
        connection = await asyncpg.connect(database_url)
        await connection.execute(_ROWS)
        return cls(connection)

    async def plan(self, statement: str) -> dict[str, Any]:
        """The plan of a statement, whose parameters are ``$1`` …"""
        await self._connection.execute(f"PREPARE asked AS {statement}")
        given = ", ".join(["NULL"] * len(set(re.findall(r"\$\d+", statement))))
        asking = f"EXPLAIN (FORMAT JSON) EXECUTE asked{f'({given})' if given else ''}"
        told = await self._connection.fetchval(asking)
        await self._connection.execute("DEALLOCATE asked")
        plan: dict[str, Any] = orjson.loads(told)[0]["Plan"]
        return plan

    async def indexes(self, statement: str) -> set[str]:
        """The indexes that the statement finds something by."""
        nodes = _nodes(await self.plan(statement))
        return {each["Index Name"] for each in nodes if "Index Name" in each}

    async def read_whole(self, statement: str) -> set[str]:
        """The large tables of which the statement looks at every row."""
        if statement not in self._read_whole:
            self._read_whole[statement] = {
                each["Relation Name"]
                for each in _nodes(await self.plan(statement))
                if each["Node Type"] in _SCANS and "Index Cond" not in each
            } & LARGE
        return self._read_whole[statement]

    async def close(self) -> None:
        """Let go of the database."""
        await self._connection.close()


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)
