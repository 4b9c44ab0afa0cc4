"""Whether an LDAP server takes connections: a test for who declares one."""

from ...backend import SourceFailed
from ...reach import Reach
from .connection import Connection, LdapFailed
from .source import LdapSettings, server_of

CONNECT_S, ANSWER_S = 3.0, 5.0


async def try_to_bind(settings: LdapSettings, reach: Reach) -> None:
    """Connect, encrypt and bind as a source of these settings would. Raises `SourceFailed`."""
    server = server_of(settings, reach.addresses)
    try:
        connection = await Connection.open(server, CONNECT_S, ANSWER_S)
    except LdapFailed as error:
        raise SourceFailed(str(error)) from error
    connection.end()
