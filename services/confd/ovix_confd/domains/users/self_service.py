"""What a user sees and changes of himself with his own token, however the path names him.

Beside XiVO's API: an intranet lets people help themselves. Names, caller id, rights, numbers and
passwords are not theirs to change; those members of a body are passed over like unknown ones.
XiVO lets the same token change all of them at ``/users/{uuid}``, the code of the user's call rights
too.
"""

from dataclasses import dataclass
from typing import Any

from ovix_schema import User
from pydantic import create_model

from ...kit import ResourceSpec, Schema, Work
from .reading import ROWS
from .schemas import UserRead, UserUpdate

THEIRS = ("email", "language", "timezone", "mobile_phone_number", "description")
"""The fields that a user may change of himself."""
NOT_SHOWN = frozenset({"labels"})
"""What the administration keeps to itself."""
_NOBODY = "00000000-0000-0000-0000-000000000000"

_CHANGED: dict[str, Any] = {
    name: (UserUpdate.model_fields[name].annotation, UserUpdate.model_fields[name])
    for name in THEIRS
}
_SHOWN: dict[str, Any] = {
    name: (field.annotation, field)
    for name, field in UserRead.model_fields.items()
    if name not in NOT_SHOWN
}
OwnUserUpdate: type[Schema] = create_model(
    "OwnUserUpdate",
    __base__=Schema,
    __doc__="What a user changes of himself; keys that are not given stay as they are.",
    **_CHANGED,
)
OwnUserRead: type[Schema] = create_model(
    "OwnUserRead",
    __base__=Schema,
    __doc__="A user, as he sees himself: labels are the administration's.",
    **_SHOWN,
)
_OWN_ROWS = ROWS.showing(
    **{name: shown for name, shown in ROWS.item.items() if name not in NOT_SHOWN}
)


@dataclass(frozen=True, kw_only=True)
class UserSpec(ResourceSpec[User]):
    """Users, who are shown and changed otherwise by themselves."""

    async def show_himself(self, work: Work, uuid: object) -> object:
        """Without what the administration keeps to itself."""
        return work.tagged(await self._shown_to_himself(work, uuid))

    async def edit_himself(self, work: Work, uuid: object) -> None:
        """No more than `THEIRS`."""
        values = (await work.body(OwnUserUpdate)).model_dump(exclude_unset=True)
        user = await self.find(work, uuid)
        await work.must_be_unchanged(self.title, lambda: self._shown_to_himself(work, uuid))
        await self.edit(work, user, values)

    async def _shown_to_himself(self, work: Work, uuid: object) -> str:
        found = await _OWN_ROWS.one(work, uuid)
        if found is None:
            raise self.not_found(uuid)
        return found

    async def _show(self, work: Work) -> object:
        if _as_himself_only(work, "read"):
            return await self.show_himself(work, work.path["id"])
        return await super()._show(work)

    async def _edit(self, work: Work) -> None:
        if _as_himself_only(work, "update"):
            return await self.edit_himself(work, work.path["id"])
        return await super()._edit(work)


def _as_himself_only(work: Work, verb: str) -> bool:
    """Whether the path names who asks, and he may not ask the same of anybody else."""
    if work.identity is None or str(work.own_uuid) != str(work.path["id"]).lower():
        return False
    return not work.identity.allows(f"confd.users.{_NOBODY}.{verb}")
