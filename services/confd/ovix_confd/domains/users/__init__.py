"""Users with their services, forwards and fallbacks, and what is linked to them.

Source: reference/confd/users.md.
"""

from fastapi import APIRouter

from . import entities, own, personal_voicemails
from .call_permissions import USER_CALL_PERMISSION_LIST, USER_CALL_PERMISSIONS
from .cti import USER_CTI
from .entities import USER_ENTITY
from .fallbacks import USER_FALLBACKS
from .forwards import FORWARDS
from .resource import USERS
from .schedules import USER_SCHEDULES
from .services import SERVICES
from .voicemails import USER_VOICEMAIL_VIEWS, USER_VOICEMAILS

SPECS = (
    USERS,
    *SERVICES,
    *FORWARDS,
    USER_FALLBACKS,
    USER_CTI,
    USER_ENTITY,
    USER_CALL_PERMISSIONS,
    USER_CALL_PERMISSION_LIST,
    USER_SCHEDULES,
    USER_VOICEMAILS,
    *USER_VOICEMAIL_VIEWS,
)

ROUTER = APIRouter()
for part in (entities, own, personal_voicemails):
    ROUTER.include_router(part.ROUTER)

__all__ = ["ROUTER", "SPECS", "USERS"]
