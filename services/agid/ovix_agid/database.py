"""Prepared statements over a few connections, within a time limit, also while PostgreSQL is away.

A question of Asterisk may not wait, so three things differ from asyncpg's own pool: a connection
that does not answer in time is dropped on the spot instead of being asked to cancel; nothing is
sent to the server when a connection is given back; and once the server is known to be away, callers
are told so at once, while one task tries to reach it again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, TypeVar

import asyncpg
import structlog
from asyncpg.prepared_stmt import PreparedStatement

RETRY_S = 0.25
CONNECT_LIMIT_S = 2.0
_NOT_CONNECTED = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What connecting may raise; a wrong password counts too, as it may be put right meanwhile."""
_NOT_ANSWERED = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,  # the connection broke off in the middle of a word
    asyncpg.OperatorInterventionError,  # shutdown, or the server's own time limit
    asyncpg.InvalidCachedStatementError,  # the schema was migrated under a prepared statement
)

_log = structlog.get_logger(__name__)
_Row: TypeAlias = Mapping[str, Any]
_Result = TypeVar("_Result")
_Ask: TypeAlias = "Callable[[PreparedStatement[Any]], Awaitable[_Result]]"


class DatabaseUnavailable(Exception):
    """PostgreSQL did not answer in time; the question has to be answered without it."""


@dataclass(slots=True)
class _Session:
    connection: "asyncpg.Connection[Any]"
    statements: "dict[str, PreparedStatement[Any]]" = field(default_factory=dict)

    async def prepared(self, statement: str) -> "PreparedStatement[Any]":
        known = self.statements.get(statement)
        if known is None:
            # Without a name asyncpg has the server parse and plan it again every time.
            name = f"agid{len(self.statements)}"
            known = await self.connection.prepare(statement, name=name)
            self.statements[statement] = known
        return known


class _Question(NamedTuple):
    arguments: tuple[object, ...]
    answer: "asyncio.Future[_Row | None]"


def _fail(questions: list[_Question], error: Exception) -> None:
    for question in questions:
        if not question.answer.done():
            question.answer.set_exception(error)


def _give_up(answer: "asyncio.Future[_Row | None]") -> None:
    if not answer.done():
        answer.set_exception(DatabaseUnavailable("no answer in time"))


class Postgres:
    """A handful of connections to the database; implements ``call.Database``."""

    def __init__(self, url: str, *, connections: int = 8, time_limit_s: float = 0.6) -> None:
        self._url = url
        self._size = connections
        self._limit_s = time_limit_s
        self._idle: list[_Session] = []
        self._open = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._available = False
        self._reconnecting: asyncio.Task[None] | None = None
        self._sharing: dict[str, list[_Question]] = {}
        """Questions for the next execution of each statement that runs shared just now."""
        self._executions: set[asyncio.Task[None]] = set()
        self.statements = 0
        """Statements run since the start, for the metrics and for the tests that count them."""

    @property
    def available(self) -> bool:
        """Whether the last contact with the server was good."""
        return self._available

    async def reached(self) -> None:
        """Wait until the server is back."""
        if not self._available and self._reconnecting:
            await asyncio.shield(self._reconnecting)

    async def open(self) -> None:
        """Connect; when the server is away, go on trying in the background."""
        try:
            self._give_back(await self._connect())
            self._available = True
        except _NOT_CONNECTED as error:
            self._lost(error)

    async def close(self) -> None:
        """Close the idle connections; those in use are dropped when they are given back."""
        self._available = False
        if self._reconnecting:
            self._reconnecting.cancel()
            await asyncio.gather(self._reconnecting, return_exceptions=True)
        sessions, self._idle = self._idle, []
        for session in sessions:
            try:
                await session.connection.close(timeout=1)
            except _NOT_CONNECTED:
                session.connection.terminate()

    async def row(self, statement: str, *arguments: object) -> _Row | None:
        """The first row of a statement that only reads."""
        return await self._ask(
            statement, lambda prepared: prepared.fetchrow(*arguments), again=True
        )

    async def rows(self, statement: str, *arguments: object) -> list[_Row]:
        """All rows of a statement that only reads."""
        return list(
            await self._ask(statement, lambda prepared: prepared.fetch(*arguments), again=True)
        )

    async def shared_row(self, statement: str, *arguments: object) -> _Row | None:
        """`call.Database.shared_row`: what is asked while an execution runs shares the next one.

        PostgreSQL takes longer to prepare an execution than to find one row more, so a busy moment
        costs little more than a single question, and nobody waits for more than one execution.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Row | None] = loop.create_future()
        if statement not in self._sharing:
            self._sharing[statement] = []
            execution = loop.create_task(self._execute_shared(statement))
            self._executions.add(execution)
            execution.add_done_callback(self._executions.discard)
        self._sharing[statement].append(_Question(arguments, answer))
        # It may have waited for an execution that was slow already.
        timer = loop.call_later(self._limit_s, _give_up, answer)
        try:
            return await answer
        finally:
            timer.cancel()

    async def _execute_shared(self, statement: str) -> None:
        while questions := self._sharing[statement]:
            self._sharing[statement] = []
            columns = zip(*(each.arguments for each in questions), strict=True)
            try:
                rows = {row["nth"]: row for row in await self.rows(statement, *map(list, columns))}
            except DatabaseUnavailable as error:
                # Those who waited meanwhile have waited long enough.
                _fail([*questions, *self._sharing[statement]], error)
                self._sharing[statement] = []
            except Exception as error:
                _fail(questions, error)
            else:
                for nth, question in enumerate(questions, start=1):
                    if not question.answer.done():  # the caller may have hung up
                        question.answer.set_result(rows.get(nth))
        del self._sharing[statement]

    async def change(self, statement: str, *arguments: object) -> _Row | None:
        """The first row of a statement that writes; it is never sent twice."""
        return await self._ask(statement, lambda prepared: prepared.fetchrow(*arguments))

    async def _ask(self, statement: str, ask: "_Ask[_Result]", *, again: bool = False) -> _Result:
        if not self._available:
            raise DatabaseUnavailable("PostgreSQL is away")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limit_s
        while True:
            try:
                session = await self._take(deadline)
            except _NOT_CONNECTED as error:
                self._lost(error)
                raise DatabaseUnavailable(str(error)) from error
            # Dropping the connection, unlike cancelling, needs no further word from the server.
            timer = loop.call_at(deadline, session.connection.terminate)
            try:
                prepared = await session.prepared(statement)
                self.statements += 1
                return await ask(prepared)
            except asyncpg.QueryCanceledError as error:
                # By its own limit, for a row that is held or the like: the server is there.
                raise DatabaseUnavailable(str(error)) from error
            except Exception as error:
                if not isinstance(error, _NOT_ANSWERED) and not session.connection.is_closed():
                    raise  # a statement of ours that is wrong, not a lost connection
                session.connection.terminate()
                if again and loop.time() < deadline:
                    again = False  # the server may just have been restarted: one fresh connection
                    continue
                self._lost(error)
                raise DatabaseUnavailable(str(error)) from error
            except asyncio.CancelledError:
                session.connection.terminate()  # its statement may still run
                raise
            finally:
                timer.cancel()
                self._give_back(session)

    async def _take(self, deadline: float) -> _Session:
        while True:
            while self._idle:
                session = self._idle.pop()
                if not session.connection.is_closed():
                    return session
                self._open -= 1
            if self._open < self._size:
                try:
                    async with asyncio.timeout_at(deadline):
                        return await self._connect()
                except asyncpg.TooManyConnectionsError:
                    # Others have what the server gives: it is there, and those we have serve.
                    if not self._open:
                        raise
            try:
                await self._turn(deadline)
            except TimeoutError as error:
                raise DatabaseUnavailable("every connection is in use") from error

    async def _turn(self, deadline: float) -> None:
        """Wait until a connection is given back."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except BaseException:
            if turn.cancelled():
                with suppress(ValueError):
                    self._waiting.remove(turn)
            else:
                self._wake_one()  # our turn had come: it is the next one's
            raise

    def _give_back(self, session: _Session) -> None:
        if session.connection.is_closed():
            self._open -= 1
        else:
            self._idle.append(session)
        self._wake_one()

    def _wake_one(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _connect(self) -> _Session:
        self._open += 1
        try:
            connection = await asyncpg.connect(
                self._url,
                timeout=CONNECT_LIMIT_S,
                statement_cache_size=0,
                server_settings={
                    "application_name": "ovix-agid",
                    # The server gives up before us: what waits for a row is then told apart from a
                    # server that is away, and a dropped connection does not stop its statement.
                    "statement_timeout": str(int(self._limit_s * 800)),
                    "jit": "off",
                    # Every statement looks rows up by id: one plan fits all, and planning the
                    # statement of a called user again takes longer than running it.
                    "plan_cache_mode": "force_generic_plan",
                },
            )
        except BaseException:
            self._open -= 1
            raise
        return _Session(connection)

    def _lost(self, error: BaseException) -> None:
        if self._reconnecting is None or self._reconnecting.done():
            _log.warning("database_lost", error=str(error) or type(error).__name__)
            self._available = False
            self._reconnecting = asyncio.create_task(self._reconnect())

    async def _reconnect(self) -> None:
        while True:
            try:
                async with asyncio.timeout(CONNECT_LIMIT_S):
                    session = await self._connect()
            except _NOT_CONNECTED:
                await asyncio.sleep(RETRY_S)
                continue
            if self._open > self._size:
                session.connection.terminate()
            self._give_back(session)
            self._available = True
            _log.info("database_back")
            return


__all__ = ["DatabaseUnavailable", "Postgres"]
