"""Where a directory is, and how it is talked to."""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host that may be connected to; raises OSError where there is none."""


@dataclass(frozen=True, slots=True)
class Server:
    """A host and port; ``tls`` comes first, or after StartTLS."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    starttls: bool = False
    resolve: Resolve | None = field(default=None, repr=False)
    """None: whatever the host's name leads to."""

    @classmethod
    def at(
        cls,
        uri: str,
        *,
        starttls: bool = False,
        verify: bool | str = True,
        resolve: Resolve | None = None,
    ) -> "Server":
        """The server of an URI; ValueError for what is none (see `address`).

        ``verify``: whether its certificate is checked, or the file of the authorities that sign
        it; OSError when that can't be read.
        """
        host, port, encrypted = address(uri)
        if encrypted and starttls:
            raise ValueError("ldaps:// is encrypted already: no StartTLS")
        tls = _trust(verify) if encrypted or starttls else None
        return cls(host, port, tls, starttls, resolve)


def address(uri: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS comes first, of an LDAP URI; ValueError for another."""
    parts = urlsplit(uri)
    if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("must be ldap://host[:port] or ldaps://host[:port]")
    encrypted = parts.scheme == "ldaps"
    return parts.hostname, parts.port or (636 if encrypted else 389), encrypted


def _trust(verify: bool | str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
