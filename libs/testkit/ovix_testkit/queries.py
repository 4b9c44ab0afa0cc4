"""Counting the SQL statements that a piece of code runs."""

from types import TracebackType
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


class QueryRecorder:
    """``with QueryRecorder(engine) as queries: …``, then ``len(queries)``.

    BEGIN, COMMIT and ROLLBACK are not statements here.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.sync_engine
        self.statements: list[str] = []

    def __enter__(self) -> "QueryRecorder":
        event.listen(self._engine, "before_cursor_execute", self._record)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        event.remove(self._engine, "before_cursor_execute", self._record)

    def __len__(self) -> int:
        return len(self.statements)

    def _record(
        self, _connection: Any, _cursor: Any, statement: str, *_rest: Any, **_more: Any
    ) -> None:
        self.statements.append(statement)
