"""saml: whom an entity's SAML provider vouched for (``/saml/acs``), by the ``saml_session_id``."""

from collections.abc import Callable

from ovix_schema import Account, SamlConfig, SamlLogin, User
from ovix_web import Sessions
from sqlalchemy import ColumnElement, String, cast, func, true
from sqlalchemy.ext.asyncio import AsyncSession

from .. import holders
from ..holders import Holder
from ..saml import logins
from ..saml_settings import SamlSettings
from . import LoginRequest, Refused, Surroundings


class Saml:
    """Takes a proven login, once, and finds whose it is among the entity's users."""

    def __init__(self, sessions: Sessions, settings: SamlSettings) -> None:
        self._sessions = sessions
        self._lifetime_s = settings.saml_session_lifetime_s

    async def verify(self, login: str, password: str, request: LoginRequest) -> Holder:
        """The user; login and password are not looked at."""
        session_id = request.extras.get("saml_session_id")
        if not isinstance(session_id, str) or not session_id:
            raise Refused("no_credentials", is_guess=False)
        async with self._sessions.begin() as session:
            taken = await logins.take(session, session_id)
            if taken is not None:
                proven, config = taken
                holder = await _holder(session, proven, config)
                if holder is not None:
                    await logins.belongs_to(session, proven, holder.auth_id, self._lifetime_s)
        if taken is None:
            raise Refused("unknown_saml_session")
        if holder is None:
            raise Refused("no_such_user", is_guess=False)
        return holder


_NAMED: dict[str, Callable[[str], tuple[ColumnElement[bool], ColumnElement[bool]]]] = {
    "email": lambda name: (func.lower(User.email) == name, holders.has_confirmed(name)),
    "username": lambda name: (
        func.lower(User.username) == name,
        func.lower(Account.login) == name,
    ),
    "uuid": lambda name: (cast(User.uuid, String) == name, cast(Account.uuid, String) == name),
}
"""By what a name in lower case finds a telephony user, and one of auth's own."""


async def _holder(session: AsyncSession, proven: SamlLogin, config: SamlConfig) -> Holder | None:
    """The one telephony user of that name; else the one of auth's own users."""
    name = (proven.subject or "").lower()
    if not name or "\x00" in name:
        return None
    is_user, is_account = _NAMED[config.user_field](name)
    # Bound to an entity, a provider vouches for that entity's users alone.
    bound = config.entity_id is not None
    return await holders.user_where(
        session,
        is_user,
        User.entity_id == config.entity_id if bound else true(),
        by_password=False,
    ) or await holders.own_user_where(
        session,
        is_account,
        Account.entity_id == config.entity_id if bound else true(),
        by_password=False,
    )


def saml(surroundings: Surroundings) -> Saml:
    """The back end; which providers it believes is in the database."""
    return Saml(surroundings.sessions, surroundings.settings)
