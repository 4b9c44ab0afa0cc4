"""saml: whom an entity's SAML provider vouched for (``/saml/acs``), by the ``saml_session_id``."""

from typing import Any

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


_COLUMNS: dict[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
    "email": (User.email.expression, Account.email.expression),
    "username": (User.username.expression, Account.login.expression),
    "uuid": (cast(User.uuid, String), cast(Account.uuid, String)),
}
"""What of a telephony user and of one of auth's own the name must be."""


async def _holder(session: AsyncSession, proven: SamlLogin, config: SamlConfig) -> Holder | None:
    """The one telephony user of that name; else the one of auth's own users."""
    name = (proven.subject or "").lower()
    if not name or "\x00" in name:
        return None
    of_user, of_account = _COLUMNS[config.user_field]
    # Bound to an entity, a provider vouches for that entity's users alone.
    bound = config.entity_id is not None
    return await holders.user_where(
        session,
        func.lower(of_user) == name,
        User.entity_id == config.entity_id if bound else true(),
        by_password=False,
    ) or await holders.own_user_where(
        session,
        func.lower(of_account) == name,
        Account.entity_id == config.entity_id if bound else true(),
        by_password=False,
    )


def saml(surroundings: Surroundings) -> Saml:
    """The back end; which providers it believes is in the database."""
    return Saml(surroundings.sessions, surroundings.settings)
