"""Users with their services, forwards and fallbacks, and what is linked to them.

Source: reference/confd/users.md.
"""

from .agents import USER_AGENT, USER_AGENT_DELETE, USER_AGENTS
from .call_permissions import USER_CALL_PERMISSION_LIST, USER_CALL_PERMISSIONS
from .cti import USER_CTI
from .entities import USER_ENTITY, USER_MOVE
from .fallbacks import USER_FALLBACKS
from .forwards import FORWARDS
from .groups import USER_GROUPS
from .own import OWN_USER
from .personal_voicemails import USER_VOICEMAIL_CREATION
from .resource import USER_HEAD, USERS
from .schedules import USER_SCHEDULES
from .selected_device import SELECTED_DEVICE
from .services import SERVICES
from .usage import USER_USAGE
from .voicemails import USER_VOICEMAIL_FORMS, USER_VOICEMAIL_VIEWS, USER_VOICEMAILS

SPECS = (
    USERS,
    USER_HEAD,
    *OWN_USER,
    *SERVICES,
    *FORWARDS,
    SELECTED_DEVICE,
    USER_FALLBACKS,
    USER_CTI,
    USER_ENTITY,
    USER_AGENTS,
    USER_AGENT_DELETE,
    USER_AGENT,
    USER_GROUPS,
    USER_USAGE,
    USER_MOVE,
    USER_CALL_PERMISSIONS,
    USER_CALL_PERMISSION_LIST,
    USER_SCHEDULES,
    USER_VOICEMAILS,
    USER_VOICEMAIL_CREATION,
    *USER_VOICEMAIL_FORMS,
    *USER_VOICEMAIL_VIEWS,
)

__all__ = ["SPECS", "USERS"]
