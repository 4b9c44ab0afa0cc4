"""What a phone's certificate says of it; its authority is one that the installation chose.

Vendors write the MAC into the subject, as the common name or with other things about it.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from zope.interface import implementer

if TYPE_CHECKING:
    from OpenSSL import SSL

_MAC = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f])")


def mac_in(subject: str) -> str:
    """The MAC in a subject; empty where there is none, or more than one."""
    found = {re.sub("[:-]", "", each).lower() for each in _MAC.findall(subject)}
    if len(found) != 1:
        return ""
    digits = found.pop()
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def mac_of(certificate: Any) -> str:
    """The MAC of a verified certificate (pyOpenSSL's); empty without one."""
    if certificate is None:
        return ""
    return mac_in(certificate.to_cryptography().subject.rfc4514_string())


@implementer(IOpenSSLServerConnectionCreator)
class ServerCertificate:
    """Makes the TLS connections that Twisted asks for."""

    def __init__(self, certificate: Path, key: Path, client_ca: Path | None) -> None:
        from OpenSSL import SSL  # not there where no HTTPS is served (``__main__``)

        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.use_certificate_chain_file(str(certificate))
        context.use_privatekey_file(str(key))
        context.check_privatekey()
        if client_ca is not None:
            context.load_verify_locations(str(client_ca))
            context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _is_verified)
        # Resumed sessions would need a name of their own for each server.
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        self._context = context

    def serverConnectionForTLS(self, _protocol: object) -> "SSL.Connection":
        """A connection, which Twisted then drives."""
        from OpenSSL import SSL

        return SSL.Connection(self._context, None)


def _is_verified(
    _connection: object, _certificate: object, _error: int, _depth: int, ok: int
) -> bool:
    return bool(ok)
