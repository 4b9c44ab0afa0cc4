"""A FastAGI client that costs little: the part of Asterisk in the benchmark of agid."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import cast

_NAME = re.compile(r"\$\{([^}]*)\}")
_SET = b"200 result=1\n"


class AgiQuestion(asyncio.Protocol):
    """One AGI() of a channel; ``done`` is set when the server closes the connection."""

    def __init__(self, request: bytes, answers: "Answers", done: "asyncio.Future[int]") -> None:
        self._request, self._answers, self._done = request, answers, done
        self._buffer = b""
        self._commands = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop has classes of its own
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
            self._commands += 1
            self._transport.write(self._answers.to(line))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            if exc is not None:
                self._done.set_exception(exc)
            else:
                self._done.set_result(self._commands)


class Answers:
    """What the channel says to each command; variables are those given, whatever is set."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._known: dict[bytes, bytes] = {}
        self.failures = 0
        """Kinds of jumps to ``agi_fail`` seen so far."""

    def to(self, line: bytes) -> bytes:
        """The answer to a command line."""
        known = self._known.get(line)
        if known is None:
            known = self._known[line] = self._new(line)
        return known

    def _new(self, line: bytes) -> bytes:
        if line.startswith(b"EXEC Goto"):
            self.failures += 1
        if not line.startswith(b"GET FULL VARIABLE"):
            return _SET
        expression = line.decode().split('"')[1]
        value = _NAME.sub(lambda name: self._variables.get(name[1], ""), expression)
        return f"200 result=1 ({value})\n".encode()


def request_of(script: str, arguments: Sequence[str] = ()) -> bytes:
    """The block of lines Asterisk opens a question with (reference/agid.md 2.2)."""
    lines = {
        "agi_network": "yes",
        "agi_network_script": script,
        "agi_request": f"agi://127.0.0.1/{script}",
        "agi_channel": "PJSIP/sip1000-00000001",
        "agi_language": "fr_FR",
        "agi_type": "PJSIP",
        "agi_uniqueid": "1700000000.1",
        "agi_version": "22.10.0",
        "agi_callerid": "1000",
        "agi_calleridname": "Alice",
        "agi_callingpres": "0",
        "agi_callingani2": "0",
        "agi_callington": "0",
        "agi_callingtns": "0",
        "agi_dnid": "unknown",
        "agi_rdnis": "unknown",
        "agi_context": "user",
        "agi_extension": "s",
        "agi_priority": "15",
        "agi_enhanced": "0.0",
        "agi_accountcode": "",
        "agi_threadid": "139912345678901",
        **{f"agi_arg_{index}": text for index, text in enumerate(arguments, start=1)},
    }
    return ("".join(f"{key}: {value}\n" for key, value in lines.items()) + "\n").encode()


async def ask(port: int, request: bytes, answers: Answers) -> int:
    """Ask one question on a connection of its own; how many commands it took."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()
    await loop.create_connection(lambda: AgiQuestion(request, answers, done), "127.0.0.1", port)
    return await done
