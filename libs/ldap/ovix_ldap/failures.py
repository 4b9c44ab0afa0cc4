"""What goes wrong with a directory. No text of theirs holds a secret.

LdapFailed
├── ConnectionOver       another connection may do better
└── LdapRefused          the server is well, and does not do what this request asks
    ├── NoSuchEntry      the name is nobody's, or may not be seen
    └── PasswordRefused  it judged the password of a bind
"""

from sansldap import LDAPResult, LDAPResultCode


class LdapFailed(Exception):
    """The server can't be reached, is away, refuses, or talks nonsense."""


class ConnectionOver(LdapFailed):
    """The connection ended, or never began."""


class LdapRefused(LdapFailed):
    """The server is well, and does not do what this request asks."""


class NoSuchEntry(LdapRefused):
    """What was asked about is not there, or not for this bind."""


class PasswordRefused(LdapRefused):
    """The server does not take this name with this password."""


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


def must_have_succeeded(what: str, result: LDAPResult) -> None:
    """Raise what the answer to a request means (RFC 4511, 4.1.9)."""
    code = result.result_code
    if code is LDAPResultCode.SUCCESS:
        return
    kind: type[LdapFailed] = LdapRefused
    if code in _AWAY:
        kind = LdapFailed
    elif what == "bind" and code not in _NO_JUDGEMENT:
        kind = PasswordRefused
    raise kind(f"the server refuses the {what}: {code.name}")
