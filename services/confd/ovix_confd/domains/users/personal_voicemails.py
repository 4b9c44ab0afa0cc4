"""``POST /users/{id}/voicemails``: a box made for one user, by one request."""

from orjson import Fragment

from ...kit import Operation, Work
from ..voicemails import VOICEMAILS
from ..voicemails.resource import VoicemailCreate, VoicemailRead
from .nested import linked
from .resource import USERS
from .voicemails import USER_VOICEMAILS


async def _create(work: Work) -> object:
    values = (await work.body(VoicemailCreate)).model_dump()
    user = await USERS.find(work, work.path["user_id"])
    box = await VOICEMAILS.make(work, values)
    await linked(work, USER_VOICEMAILS, user, box)
    work.headers["Location"] = f"{work.base_url}{VOICEMAILS.path}/{box.id}"
    return Fragment(await VOICEMAILS.shown(work, box.id))


USER_VOICEMAIL_CREATION = Operation(
    "POST",
    f"{USERS.below('user_id')}/voicemails",
    "create_user_voicemail",
    _create,
    ("confd.users.{user_id}.voicemails.create",),
    status=201,
    answer=VoicemailRead,
    example=VOICEMAILS.example.body,
    body=VoicemailCreate,
    body_example=VOICEMAILS.example.body,
)
