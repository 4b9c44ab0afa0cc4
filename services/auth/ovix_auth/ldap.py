"""A short conversation with an LDAP server (RFC 4511): connect, encrypt, bind, search.

`sansldap` reads and writes the messages; here are the socket, TLS and the bounds. Deadlines are the
caller's (``asyncio.timeout``): nothing here blocks a thread that a silent server could keep.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import sansldap
from sansldap import LDAPMessage, LDAPResultCode, SearchScope

ANSWER_MAX_BYTES = 256 * 1024
"""Of one connection in all: a login reads one entry with one attribute."""

_AWAY = frozenset({LDAPResultCode.BUSY, LDAPResultCode.UNAVAILABLE})
_NO_JUDGEMENT = frozenset(
    {
        LDAPResultCode.PROTOCOL_ERROR,
        LDAPResultCode.AUTH_METHOD_NOT_SUPPORTED,
        LDAPResultCode.STRONG_AUTH_REQUIRED,
        LDAPResultCode.CONFIDENTIALITY_REQUIRED,
        LDAPResultCode.REFERRAL,
    }
)
"""Answers to a bind that say nothing about the password; all others than success refuse it."""


class LdapFailed(Exception):
    """The server can't be reached, says that it is away, or talks nonsense."""


class LdapRefused(LdapFailed):
    """The server is well, and does not do what this request asks."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a directory is, and how to talk to it."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    starttls: bool = False

    @classmethod
    def at(cls, uri: str, *, starttls: bool = False, ca_file: str | None = None) -> "Server":
        """The server of an ``ldap://`` or ``ldaps://`` URI; ValueError for another."""
        parts = urlsplit(uri)
        if parts.scheme not in ("ldap", "ldaps") or not parts.hostname:
            raise ValueError(f"not the URI of an LDAP server: {uri!r}")
        if parts.scheme == "ldaps" and starttls:
            raise ValueError("an ldaps:// connection is encrypted already: no StartTLS")
        encrypted = starttls or parts.scheme == "ldaps"
        return cls(
            parts.hostname,
            parts.port or (636 if parts.scheme == "ldaps" else 389),
            ssl.create_default_context(cafile=ca_file) if encrypted else None,
            starttls,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What a search found; attributes under the names they were asked by, in lower case."""

    dn: str
    attributes: Mapping[str, tuple[bytes, ...]]


def escaped(value: str) -> str:
    """A value for a distinguished name (RFC 4514, 2.4): all but letters and digits as hex pairs."""
    return "".join(
        character
        if character.isascii() and character.isalnum()
        else "".join(f"\\{byte:02x}" for byte in character.encode())
        for character in value
    )


class _Wire(asyncio.Protocol):
    """The bytes of one transport, kept until they are asked for."""

    def __init__(self) -> None:
        self._arrived = bytearray()
        self._news = asyncio.Event()
        self._over: Exception | None = None

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = exc or ConnectionResetError("the server closed the connection")
        self._news.set()

    async def read(self) -> bytes:
        """What has arrived since, at least a byte; OSError once the connection is over."""
        while not self._arrived:
            if self._over is not None:
                raise self._over
            self._news.clear()
            await self._news.wait()
        data = bytes(self._arrived)
        self._arrived.clear()
        return data


class Conversation:
    """One connection. Requests are made one after another."""

    def __init__(self, transport: asyncio.Transport, wire: _Wire) -> None:
        self._transport = transport
        self._wire = wire
        self._session = sansldap.LDAPClient()
        self._read = 0

    @classmethod
    @asynccontextmanager
    async def with_server(cls, server: Server) -> AsyncIterator["Conversation"]:
        """A connection, encrypted when the server says so; `LdapFailed` for whatever goes wrong."""
        transport: asyncio.Transport | None = None
        try:
            direct = None if server.starttls else server.tls
            transport, wire = await asyncio.get_running_loop().create_connection(
                _Wire, server.host, server.port, ssl=direct
            )
            conversation = cls(transport, wire)
            if server.starttls:
                assert server.tls is not None, "Server.at makes one"
                await conversation._encrypt(server.tls, server.host)
            yield conversation
        except (OSError, sansldap.LDAPError, UnicodeError) as error:
            # ssl.SSLError and refused certificates are OSErrors too.
            raise LdapFailed(str(error) or type(error).__name__) from error
        finally:
            if transport is not None:
                transport.abort()  # nobody waits for a silent server to say goodbye

    async def bind(self, dn: str, password: str) -> bool:
        """Whether the password is the entry's. Both empty is the anonymous bind.

        An empty password with a DN succeeds at any server (RFC 4513, 5.1.2), so it is refused here.
        """
        if dn and not password:
            return False
        [answer] = await self._answers(self._session.bind_simple(dn, password))
        if not isinstance(answer, sansldap.BindResponse):
            raise LdapFailed("answered a bind with something else")
        code = answer.result.result_code
        if code in _AWAY or code in _NO_JUDGEMENT:
            _succeeded("bind", answer.result)
        return code is LDAPResultCode.SUCCESS

    async def search(
        self, base: str, condition: sansldap.LDAPFilter, wanted: str, *, limit: int
    ) -> Sequence[Entry]:
        """Entries below ``base`` that fulfil the condition, up to one over the limit."""
        return await self._search(base, SearchScope.SUBTREE, condition, wanted, limit + 1)

    async def read(self, dn: str, wanted: str) -> Entry | None:
        """The entry of this name with one attribute; None when it may not be seen."""
        found = await self._search(
            dn, SearchScope.BASE, sansldap.FilterPresent("objectClass"), wanted, 1
        )
        return found[0] if found else None

    async def _search(
        self,
        base: str,
        scope: SearchScope,
        condition: sansldap.LDAPFilter,
        wanted: str,
        size: int,
    ) -> Sequence[Entry]:
        answers = await self._answers(
            self._session.search_request(
                base, scope, size_limit=size, filter=condition, attributes=[wanted]
            )
        )
        done = answers[-1]
        assert isinstance(done, sansldap.SearchResultDone), "the last answer of a search"
        code = done.result.result_code
        if code not in (LDAPResultCode.SIZE_LIMIT_EXCEEDED, LDAPResultCode.NO_SUCH_OBJECT):
            _succeeded("search", done.result)
        return [
            Entry(
                answer.object_name,
                {each.name.lower(): tuple(each.values) for each in answer.attributes},
            )
            for answer in answers
            if isinstance(answer, sansldap.SearchResultEntry)
        ]

    async def _encrypt(self, tls: ssl.SSLContext, host: str) -> None:
        [answer] = await self._answers(
            self._session.extended_request(sansldap.ExtendedOperations.LDAP_START_TLS.value)
        )
        if not isinstance(answer, sansldap.ExtendedResponse):
            raise LdapFailed("answered StartTLS with something else")
        _succeeded("StartTLS", answer.result)
        # A new wire: what somebody slipped in before the encryption must never be read after it.
        wire = _Wire()
        upgraded = await asyncio.get_running_loop().start_tls(
            self._transport, wire, tls, server_hostname=host
        )
        if upgraded is None:
            raise LdapFailed("the connection ended during StartTLS")
        self._transport, self._wire = upgraded, wire

    async def _answers(self, request: int) -> list[LDAPMessage]:
        """The messages that answer a request, the last of which ends it."""
        self._transport.write(self._session.data_to_send())
        answers: list[LDAPMessage] = []
        while True:
            data = await self._wire.read()
            self._read += len(data)
            if self._read > ANSWER_MAX_BYTES:
                raise LdapFailed(f"answered more than {ANSWER_MAX_BYTES} bytes")
            answers += self._session.receive(data)
            if any(each.message_id != request for each in answers):
                raise LdapFailed("answered what was not asked")
            ends = [each for each in answers if not isinstance(each, _PARTS_OF_A_SEARCH)]
            if ends:
                if answers[-1] is not ends[0] or len(ends) > 1:
                    raise LdapFailed("went on after the end of its answer")
                return answers


_PARTS_OF_A_SEARCH = (sansldap.SearchResultEntry, sansldap.SearchResultReference)


def _succeeded(what: str, result: sansldap.LDAPResult) -> None:
    code = result.result_code
    if code is not LDAPResultCode.SUCCESS:
        raise (LdapFailed if code in _AWAY else LdapRefused)(f"{what} refused: {code.name}")
