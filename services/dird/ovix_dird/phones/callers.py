"""Whose phone asks: what its user sees of the directories."""

from uuid import UUID

from ovix_schema import Entity, User
from ovix_web import Sessions
from sqlalchemy import select

from ..backend import Viewer
from .errors import UnknownUser

NOBODY = UUID(int=0)
"""Stands for a phone without a user (reference/phoned.md, A3)."""

_USER = select(User.entity_id, Entity.country).outerjoin(Entity, Entity.id == User.entity_id)
_ENTITIES = select(Entity.id, Entity.country).order_by(Entity.id).limit(2)


async def viewer_of(sessions: Sessions, user_uuid: UUID, within: int | None = None) -> Viewer:
    """What the user sees, who is of the entity ``within`` if that is given.

    A phone without a user sees what is there for everybody; where several entities share the
    server it is not known whose users it may see, and it gets none.
    Raises `UnknownUser`.
    """
    async with sessions() as session:
        if user_uuid == NOBODY:
            among = _ENTITIES if within is None else _ENTITIES.where(Entity.id == within)
            entities = (await session.execute(among)).all()
            if len(entities) > 1:
                raise UnknownUser(uuid=str(user_uuid))
            return Viewer(None, entities[0].id, entities[0].country) if entities else Viewer()
        found = (await session.execute(_USER.where(User.uuid == user_uuid))).one_or_none()
    if found is None or within not in (None, found.entity_id):
        raise UnknownUser(uuid=str(user_uuid))
    return Viewer(str(user_uuid), found.entity_id, found.country)
