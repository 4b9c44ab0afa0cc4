"""The back ends of XiVO whose passwords lie in our database: administrators, programs, users."""

from collections.abc import Awaitable, Callable

from ovix_web import Sessions
from ovix_web.passwords import verify_password
from sqlalchemy.ext.asyncio import AsyncSession

from .. import holders
from ..holders import Holder
from . import LoginRequest, Refused, Surroundings

Find = Callable[[AsyncSession, str], Awaitable[Holder | None]]


class StoredPassword:
    """Proves a password by its stored hash."""

    def __init__(self, sessions: Sessions, find: Find) -> None:
        self._sessions = sessions
        self._find = find

    async def verify(self, login: str, password: str, request: LoginRequest) -> Holder:
        """The holder. No connection is held while a hash is computed."""
        if not login:
            raise Refused("no_credentials", is_guess=False)
        async with self._sessions() as session:
            holder = await self._find(session, login)
        if not await verify_password(holder.password_hash if holder else None, password):
            raise Refused("wrong_password" if holder else "unknown_login")
        assert holder is not None, "no password is right for nobody"
        return holder


def xivo_admin(surroundings: Surroundings) -> StoredPassword:
    """Administrators."""
    return StoredPassword(surroundings.sessions, holders.administrator)


def xivo_service(surroundings: Surroundings) -> StoredPassword:
    """Programs."""
    return StoredPassword(surroundings.sessions, holders.program)


def xivo_user(surroundings: Surroundings) -> StoredPassword:
    """Telephony users."""
    return StoredPassword(surroundings.sessions, holders.telephony_user)


def wazo_user(surroundings: Surroundings) -> StoredPassword:
    """Users of auth's own."""
    return StoredPassword(surroundings.sessions, holders.own_user)
