"""``/0.1/users/password/reset``: asks for a link, and sets the password by it (C3, C5)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from ovix_web import Unauthorized, answers
from ovix_web.passwords import hash_password
from pydantic import BaseModel, Field
from starlette.responses import Response

from .. import audit
from ..audit import Action
from ..errors import InvalidData, PasswordManagedExternally
from ..throttle import Throttle
from . import resets
from .owners import store
from .resets import Asked, Resets
from .rules import LONGEST, accept

router = APIRouter(prefix="/0.1")

Name = Annotated[str | None, Query(max_length=254)]


class NewPassword(BaseModel):
    """The password to set; null takes it away."""

    password: Annotated[str, Field(max_length=4 * LONGEST)] | None


@router.get("/users/password/reset", tags=["passwords"], status_code=204, **answers(None))
async def ask_for_reset(
    request: Request, username: Name = None, email: Name = None, login: Name = None
) -> Response:
    """Have a link mailed. Always 204: nobody learns whether there is such a user."""
    named = {"username": username, "email": email, "login": login}
    given = [(name, value) for name, value in named.items() if value]
    if len(given) != 1:
        raise InvalidData("users", "name exactly one of username, email and login")
    [(by, value)] = given
    worker: Resets = request.app.state.resets
    worker.ask(
        Asked(
            by,  # type: ignore[arg-type]  # one of the three
            value,
            request.scope["ovix.client"],
            request.headers.get("User-Agent"),
        )
    )
    return Response(status_code=204)


@router.post(
    "/users/password/reset", tags=["passwords"], status_code=204, **answers(None, 401, 405)
)
async def reset_password(
    request: Request,
    body: NewPassword,
    token: Annotated[str, Query(max_length=200, description="Of the mail")],
    user_uuid: UUID,
) -> Response:
    """Set the password that the link is for. The link is used up, and all sessions end."""
    sessions, settings = request.app.state.sessions, request.app.state.settings
    async with sessions() as session:
        owner = await resets.owner_by_token(session, token, user_uuid)
    if owner is None:
        raise Unauthorized(reason="not_found_or_expired")
    if owner.is_external:
        raise PasswordManagedExternally(uuid=str(owner.uuid), method=owner.method)
    new_hash = None
    if body.password is not None:
        await accept(
            body.password,
            owner.names,
            shortest=settings.password_min_length,
            score=settings.password_min_score,
        )
        new_hash = await hash_password(body.password)
    throttle: Throttle = request.app.state.login.throttle
    address = request.scope["ovix.client"]
    async with sessions.begin() as session:
        if not await resets.use(session, token) or not await store(session, owner, new_hash):
            raise Unauthorized(reason="not_found_or_expired")
        # Whoever reads the mailbox is let in from here, whatever is guessed elsewhere.
        await throttle.succeeded(session, owner.attempt(address))
        await audit.record(
            session,
            Action.PASSWORD_RESET,
            backend=owner.backend,
            login=owner.login,
            auth_id=str(owner.uuid),
            address=address,
            user_agent=request.headers.get("User-Agent"),
            entity_id=owner.entity_id,
        )
    return Response(status_code=204)
