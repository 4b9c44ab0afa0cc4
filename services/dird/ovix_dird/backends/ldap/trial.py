"""Whether an LDAP server takes connections: a test for who declares one."""

from ovix_ldap import Connection, LdapFailed

from ...backend import SourceFailed
from ...reach import Reach
from .source import LdapSettings, server_of

CONNECT_S, ANSWER_S = 3.0, 5.0


async def try_to_bind(settings: LdapSettings, reach: Reach) -> None:
    """Connect, encrypt and bind as a source of these settings would. Raises `SourceFailed`."""
    server = server_of(settings, reach.addresses)
    try:
        connection = await Connection.open(server, connect_s=CONNECT_S, answer_s=ANSWER_S)
        try:
            await connection.bind(settings.ldap_username, settings.ldap_password.get_secret_value())
        finally:
            connection.end()
    except LdapFailed as error:
        raise SourceFailed(str(error)) from error
