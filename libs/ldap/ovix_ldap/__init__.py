"""LDAP (RFC 4511 to 4515) on asyncio, for logins and for directories.

`Connection` is one connection, `Pool` a few to one `Server`. `LdapFailed` is whatever goes wrong.
Values become parts of filters and names through `filter_value` and `dn_value`.
"""

from .connection import ANSWER_MAX, Answer, Connection, Entry
from .failures import ConnectionOver, LdapFailed, LdapRefused, NoSuchEntry, PasswordRefused
from .pool import Pool
from .server import Resolve, Server, address
from .values import dn_value, filter_value

__all__ = [
    "ANSWER_MAX",
    "Answer",
    "Connection",
    "ConnectionOver",
    "Entry",
    "LdapFailed",
    "LdapRefused",
    "NoSuchEntry",
    "PasswordRefused",
    "Pool",
    "Resolve",
    "Server",
    "address",
    "dn_value",
    "filter_value",
]
