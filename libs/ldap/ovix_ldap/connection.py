"""One connection to an LDAP server (RFC 4511), with several searches at once on their way.

`sansldap` reads and writes the messages; here are the socket, TLS and the bounds: no server can
make anybody wait for longer, or keep more of what it says, than was allowed.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import sansldap
from sansldap import FilterPresent, LDAPFilter, LDAPMessage, LDAPResultCode, SearchScope

from .failures import (
    ConnectionOver,
    LdapFailed,
    NoSuchEntry,
    PasswordRefused,
    must_have_succeeded,
)
from .server import Server

MESSAGE_MAX = 1024 * 1024
"""Bytes without the end of a message in them: whoever sends more is no LDAP server."""
ANSWER_MAX = 16 * 1024 * 1024
"""Bytes of all messages that arrive while one search is under way."""
ABANDONED_MAX = 100
"""Searches given up on one connection, after which it is used no more."""

_SILENT = "the server did not answer in time"
_PARTIAL = frozenset(
    {
        LDAPResultCode.SIZE_LIMIT_EXCEEDED,
        LDAPResultCode.TIME_LIMIT_EXCEEDED,
        LDAPResultCode.ADMIN_LIMIT_EXCEEDED,
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a search found; attributes by their names in lower case."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]
    names: Mapping[str, str]
    """The attributes' names as the server writes them, by those in lower case."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found."""

    entries: Sequence[Entry]
    complete: bool
    """False when a limit of the server's or ours left some out."""


@dataclass(slots=True)
class _Waiting:
    done: "asyncio.Future[LDAPMessage]"
    entries: list[Entry] = field(default_factory=list)
    received: int = 0


class Connection(asyncio.Protocol):
    """Made by `open`; searches may overlap, nothing else may. Of no more use once `over`."""

    def __init__(self, answer_s: float, answer_max: int = ANSWER_MAX) -> None:
        self._answer_s = answer_s
        self._answer_max = answer_max
        self._session = sansldap.LDAPClient()
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[int, _Waiting] = {}
        self._unfinished = 0
        self._abandoned = 0
        self._reason: str | None = None
        self._deaf = False

    @classmethod
    async def open(
        cls, server: Server, *, connect_s: float, answer_s: float, answer_max: int = ANSWER_MAX
    ) -> "Connection":
        """Connect, and encrypt where the server says so; raises `LdapFailed`.

        ``answer_s`` is how long each answer may take, ``answer_max`` how many bytes a request may
        bring. Cancelling gives up.
        """
        connection: Connection | None = None
        ready = False
        try:
            async with asyncio.timeout(connect_s):
                connection = await _connected(server, lambda: cls(answer_s, answer_max))
            if server.starttls:
                await connection._encrypt(server)
            ready = True
            return connection
        except TimeoutError as error:
            raise ConnectionOver("the server did not take the connection in time") from error
        except (OSError, UnicodeError) as error:
            # Refused certificates are OSErrors too; UnicodeError: the name of no host.
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ConnectionOver(f"can't connect: {reason}") from error
        finally:
            if connection is not None and not ready:
                connection.end()

    @property
    def over(self) -> bool:
        """Whether no more searches can begin here."""
        return self._reason is not None or self._abandoned >= ABANDONED_MAX

    @property
    def busy(self) -> int:
        """How many searches are under way."""
        return len(self._waiting)

    async def bind(self, dn: str, password: str) -> None:
        """Log in; both empty is the anonymous bind. Raises `PasswordRefused`, or `LdapFailed`.

        A name without a password succeeds at many servers (RFC 4513, 5.1.2), so none is sent.
        """
        if dn and not password:
            raise PasswordRefused("a bind needs a password")
        self._must_live()
        try:
            request = self._session.bind_simple(dn, password)
        except UnicodeEncodeError as error:
            raise PasswordRefused("no server can hold this name or password") from error
        answer = await self._answer(request, "bind")
        if not isinstance(answer, sansldap.BindResponse):
            raise LdapFailed("the server answered a bind with something else")
        must_have_succeeded("bind", answer.result)

    async def search(
        self,
        base: str,
        condition: LDAPFilter,
        attributes: Sequence[str],
        *,
        limit: int,
        scope: SearchScope = SearchScope.SUBTREE,
    ) -> Answer:
        """Entries below ``base``, ``limit`` at most; cancelling gives up. Raises `LdapFailed`."""
        self._must_live()
        try:
            request = self._session.search_request(
                base,
                scope,
                size_limit=limit,
                time_limit=max(1, round(self._answer_s)),
                filter=condition,
                attributes=list(attributes),
            )
        except UnicodeEncodeError as error:
            raise NoSuchEntry("no server can hold this name") from error
        waiting = self._wait_for(request)
        try:
            async with asyncio.timeout(self._answer_s):
                done = await waiting.done
        except TimeoutError as error:
            if not waiting.received:
                # Not slow but silent: whoever comes next shall try another connection.
                self.end(_SILENT)
            raise LdapFailed(f"no answer within {self._answer_s:g} s") from error
        finally:
            del self._waiting[request]
            if waiting.done.cancelled():
                self._abandon(request)
            if self._abandoned >= ABANDONED_MAX and not self._waiting:
                self.end()
        if not isinstance(done, sansldap.SearchResultDone):
            raise LdapFailed("the server answered a search with something else")
        code = done.result.result_code
        if code is LDAPResultCode.NO_SUCH_OBJECT:
            raise NoSuchEntry(f"the server knows no {base!r}")
        if code not in _PARTIAL:
            must_have_succeeded("search", done.result)
        return Answer(waiting.entries[:limit], complete=code is LDAPResultCode.SUCCESS)

    async def read(self, dn: str, attributes: Sequence[str]) -> Entry | None:
        """The entry of this name; None when there is none or it may not be seen."""
        try:
            found = await self.search(
                dn, FilterPresent("objectClass"), attributes, limit=1, scope=SearchScope.BASE
            )
        except NoSuchEntry:
            return None
        return found.entries[0] if found.entries else None

    def end(self, reason: str = "the connection was closed") -> None:
        """Close it at once; searches under way fail."""
        if self._reason is None:
            self._reason = reason
            with suppress(sansldap.LDAPError):
                self._session.unbind()
                self._send()
        for waiting in self._waiting.values():
            if not waiting.done.done():
                waiting.done.set_exception(ConnectionOver(self._reason))
        if self._transport is not None:
            # Not 'close': that would wait for a silent server to read what is on its way.
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            # Slipped in before the encryption: it must not be taken for an encrypted answer.
            self.end("the server went on talking after it agreed to StartTLS")
            return
        try:
            messages = self._session.receive(data)
        except (sansldap.LDAPError, ValueError, LookupError, NotImplementedError) as error:
            self.end(f"the server talks no LDAP: {str(error)[:200]}")
            return
        self._unfinished = 0 if messages else self._unfinished + len(data)
        if self._unfinished > MESSAGE_MAX:
            self.end(f"the server sent more than {MESSAGE_MAX} bytes without an end")
            return
        for waiting in self._waiting.values():
            waiting.received += len(data)
            if waiting.received > self._answer_max:
                self.end(f"the server answered more than {self._answer_max} bytes")
                return
        for message in messages:
            self._take(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.end("the server closed the connection")

    def _take(self, message: LDAPMessage) -> None:
        waiting = self._waiting.get(message.message_id)
        if waiting is None or waiting.done.done():
            return  # of a search that was given up
        if isinstance(message, sansldap.SearchResultEntry):
            attributes = {each.name.lower(): each.values for each in message.attributes}
            names = {each.name.lower(): each.name for each in message.attributes}
            waiting.entries.append(Entry(message.object_name, attributes, names))
        elif not isinstance(message, sansldap.SearchResultReference):
            waiting.done.set_result(message)

    async def _encrypt(self, server: Server) -> None:
        assert server.tls is not None, "StartTLS comes with a context"
        request = self._session.extended_request(sansldap.ExtendedOperations.LDAP_START_TLS.value)
        answer = await self._answer(request, "StartTLS")
        if not isinstance(answer, sansldap.ExtendedResponse):
            raise LdapFailed("the server answered StartTLS with something else")
        must_have_succeeded("StartTLS", answer.result)
        assert self._transport is not None
        plain, self._deaf = self._transport, True
        encrypted = _Encrypted(self)
        async with asyncio.timeout(self._answer_s):
            transport = await asyncio.get_running_loop().start_tls(
                plain, encrypted, server.tls, server_hostname=server.host
            )
        if transport is None or self._reason is not None:
            raise ConnectionOver(self._reason or "the connection ended during StartTLS")
        self._transport, self._deaf = transport, False

    async def _answer(self, request: int, what: str) -> LDAPMessage:
        """What answers a request that nothing else goes beside; without it the connection ends."""
        waiting = self._wait_for(request)
        try:
            async with asyncio.timeout(self._answer_s):
                return await waiting.done
        except TimeoutError as error:
            raise ConnectionOver(f"the server did not answer the {what} in time") from error
        finally:
            del self._waiting[request]
            if waiting.done.cancelled():
                self.end(_SILENT)

    def _must_live(self) -> None:
        if self._reason is not None:
            raise ConnectionOver(self._reason)

    def _wait_for(self, request: int) -> _Waiting:
        waiting = _Waiting(asyncio.get_running_loop().create_future())
        self._waiting[request] = waiting
        self._send()
        return waiting

    def _abandon(self, request: int) -> None:
        """Tell the server that nobody waits for this search any more (RFC 4511, 4.11)."""
        self._abandoned += 1
        one, other = (
            # Numbers of messages are positive, so their first bit is zero.
            number.to_bytes(number.bit_length() // 8 + 1, "big")
            for number in (request + 1_000_000_000, request)
        )
        content = b"\x02" + bytes([len(one)]) + one + b"\x50" + bytes([len(other)]) + other
        self._write(b"\x30" + bytes([len(content)]) + content)

    def _send(self) -> None:
        self._write(self._session.data_to_send())

    def _write(self, data: bytes) -> None:
        # Refused certificates of StartTLS close the transport, and uvloop's takes nothing then.
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


class _Encrypted(asyncio.Protocol):
    """The connection's ears behind TLS: apart from those before it, which are deaf by then."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def data_received(self, data: bytes) -> None:
        self._connection.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection.connection_lost(exc)


async def _connected(server: Server, protocol: Callable[[], Connection]) -> Connection:
    """To the first address that takes a connection; raises OSError."""
    tls = None if server.starttls else server.tls
    addresses = [server.host]
    if server.resolve is not None:
        addresses = list(await server.resolve(server.host, server.port))
    failure = OSError("no address")
    for each in addresses:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                protocol,
                each,
                server.port,
                ssl=tls,
                server_hostname=server.host if tls is not None else None,
            )
        except OSError as error:
            failure = error
        else:
            return connection
    raise failure
