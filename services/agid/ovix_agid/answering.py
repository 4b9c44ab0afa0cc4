"""One question of Asterisk, from its request to its last command.

Read everything in one command, decide, set everything in one: two round trips, a third one when the
handler has something to say, more only when the values do not fit one command line
(reference/agid.md 2.3 and 2.4). The line of XiVO, "AGI handler '…' successfully executed", costs as
much as reading all variables; it is written where ``say_success`` asks for it.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from ovix_asterisk.agi import AgiCommandError, AgiDeadChannel, AgiUnknownCommand
from ovix_asterisk.fastagi import Agi, AgiDisconnected
from prometheus_client import CollectorRegistry

from .call import Call, Database, DialplanBreak, Handler, Whose, nobody_knows
from .database import DatabaseUnavailable
from .metrics import AgiMetrics

_log = structlog.get_logger(__name__)

UNKNOWN = "unknown"


class Answering:
    """Answers every question with its handler; ``handlers`` may be replaced while it runs."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        database: Database,
        *,
        registry: CollectorRegistry,
        say_success: bool = False,
        whose: Whose = nobody_knows,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.handlers = handlers
        self._database = database
        self._say_success = say_success
        self._whose = whose
        self._now = now
        self._metrics = AgiMetrics(registry)

    async def answer(self, agi: Agi) -> None:
        """Answer one question; the connection is closed behind it."""
        started = time.perf_counter()
        handler = self.handlers.get(agi.request.handler)
        name = handler.name if handler else UNKNOWN
        outcome = "hung_up"
        try:
            outcome = await self._outcome(agi, handler)
        except AgiDeadChannel:
            # The caller left while an application ran: nobody is there to be told anything.
            _log.info("caller_left", handler=name)
        finally:
            self._metrics.answered(name, outcome, time.perf_counter() - started)

    async def _outcome(self, agi: Agi, handler: Handler | None) -> str:
        try:
            await self._answer(agi, handler)
        except DialplanBreak as refusal:
            await _leave(agi, str(refusal))
            return "refused"
        except DatabaseUnavailable as error:
            _log.warning("question_unanswered", handler=agi.request.handler, error=str(error))
            await _without_answer(agi, handler, "the database is away")
            return "unavailable"
        except (AgiDisconnected, AgiDeadChannel):
            raise
        except Exception:
            # The edge of the service: whatever it was, half a new schema too, the call goes on.
            _log.exception("question_failed", handler=agi.request.handler)
            await _without_answer(agi, handler, "failed, see the log of agid")
            return "error"
        return "answered"

    async def _answer(self, agi: Agi, handler: Handler | None) -> None:
        if handler is None:
            raise DialplanBreak(f"no AGI handler is called '{agi.request.handler}'")
        if handler.says:
            agi.tell(handler.says)
            return
        read = await agi.get_full_variable(handler.reads) if handler.reads else {}

        async def execute(application: str, arguments: str) -> bool:
            return not (await agi.exec(application, arguments)).startswith("-")

        call = Call(
            arguments=agi.request.arguments,
            request=agi.request.variables,
            variables=read,
            database=self._database,
            now=self._now(),
            execute=execute,
            whose=self._whose,
        )
        variables = await handler.answer(call)
        if variables:
            await agi.msets(variables.items())
        if self._say_success:
            call.notes.append(f"AGI handler '{handler.name}' successfully executed")
        if call.notes:
            await agi.verbose("; ".join(call.notes))


async def _without_answer(agi: Agi, handler: Handler | None, why: str) -> None:
    """The documented failure (docs/dialplan.md): values a call can go on with, or a break."""
    message = f"AGI handler '{agi.request.handler}': {why}"
    if handler is None or handler.unavailable is None:
        await _leave(agi, message)
        return
    await agi.msets(handler.unavailable.items())
    await agi.verbose(message)


async def _leave(agi: Agi, message: str) -> None:
    """Send the call to ``agi_fail,s,1`` and let Asterisk know that the AGI failed.

    The word FAILURE is no command, which is what makes ``AGISTATUS`` say so; Asterisk answers 510
    or closes the connection at once.
    """
    await agi.verbose(message)
    with suppress(AgiCommandError):
        await agi.exec("Goto", "agi_fail,s,1")
    with suppress(AgiUnknownCommand, AgiDisconnected):
        await agi.send("FAILURE")


__all__ = ["Answering"]
