"""``/users/{id}/selected_device``: which device of his unique account rings (features F-121).

Beside XiVO's API, whose unique accounts are chosen in the assistant. The choice is the user's, not
the line's: it stays when his line becomes a unique account, or no longer is one, and means nothing
for other lines.
"""

from typing import Literal

from ovix_bus.catalogue import users
from ovix_schema import User

from ...kit import Schema, ViewExample, ViewSpec, Work, json_object
from .resource import USERS
from .services import a_user


class SelectedDevice(Schema):
    """What rings of a unique account: the desk phone or the browser."""

    device: Literal["phone", "webrtc"]


async def _select(work: Work, user: User, body: SelectedDevice) -> None:
    user.selected_device = body.device
    work.announce(users.users_selected_device_updated(user_uuid=user.uuid, device=body.device))


SELECTED_DEVICE = ViewSpec(
    name="user_selected_device",
    parent=USERS,
    own=True,
    path="/selected_device",
    shows=json_object(device=User.selected_device),
    read=SelectedDevice,
    write=SelectedDevice,
    apply=_select,
    example=ViewExample(a_user, {"device": "webrtc"}),
)
