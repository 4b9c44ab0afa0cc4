"""Do not disturb, switched by a key of the phone (reference/phoned.md, C4)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from ovix_bus.catalogue.users import users_services_dnd_updated
from ovix_bus.outbox import emit
from ovix_schema import User
from ovix_web import Sessions, answers
from sqlalchemy import select, update
from starlette.responses import Response

from .dnd_on_phones import Echoes
from .errors import UnknownUser
from .routes import authorized

router = APIRouter(prefix="/0.1", dependencies=[Depends(authorized)])


@router.get(
    "/{phones}/users/{user_uuid}/services/dnd/{state}",
    tags=["services"],
    response_class=Response,
    **answers(None, 403, 404),
)
async def switch_dnd(
    request: Request,
    phones: Annotated[Literal["fanvil", "yealink"], Path(description="The phone's vendor")],
    user_uuid: Annotated[UUID, Path(description="Whose phone it is")],
    state: Literal["enable", "disable"],
) -> Response:
    """What phones fetch when somebody presses their DND key; 200 without a body."""
    echoes: Echoes = request.app.state.echoes
    enabled = state == "enable"
    if not echoes.is_one(user_uuid, enabled):
        await _switch(request.app.state.sessions, user_uuid, enabled)
    return Response()


async def _switch(sessions: Sessions, user_uuid: UUID, enabled: bool) -> None:
    """Switch it, announced by one event; where it is so already nothing is changed or told.

    Raises `UnknownUser`.
    """
    whose = User.uuid == user_uuid
    async with sessions.begin() as session:
        changed = await session.scalar(
            update(User)
            .where(whose, User.dnd_enabled != enabled)
            .values(dnd_enabled=enabled)
            .returning(User.uuid)
        )
        if changed is not None:
            await emit(session, users_services_dnd_updated(user_uuid=changed, enabled=enabled))
        elif await session.scalar(select(User.id).where(whose)) is None:
            raise UnknownUser(uuid=str(user_uuid))
