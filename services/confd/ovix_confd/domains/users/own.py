"""``/users/me``: what a user reads and changes of himself, with his own token."""

from ...kit import Operation, Work
from ...kit.view import NO_USER
from .resource import USERS
from .self_service import OwnUserRead, OwnUserUpdate


async def _show(work: Work) -> object:
    return await USERS.show_himself(work, USERS.own(work))


async def _edit(work: Work) -> None:
    await USERS.edit_himself(work, USERS.own(work))


OWN_USER = (
    Operation(
        "GET",
        "/users/me",
        "get_own_user",
        _show,
        ("confd.users.me.read",),
        answer=OwnUserRead,
        example=USERS.example.body,
        conditional=True,
        described=NO_USER,
    ),
    Operation(
        "PUT",
        "/users/me",
        "update_own_user",
        _edit,
        ("confd.users.me.update",),
        status=204,
        body=OwnUserUpdate,
        body_example={"language": "fr_FR"},
        conditional=True,
        described=NO_USER,
    ),
)
