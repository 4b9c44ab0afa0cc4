"""Single keys by their position, and the kinds of destinations there are."""

from typing import Any

import orjson
from pydantic import RootModel

from ...kit import InputError, NotFound, Operation, Work
from ..users import USERS
from .destinations import described
from .schemas import DestinationKindRead, FuncKeyRead, FuncKeyWrite
from .storing import remove_key, set_key
from .templates import EXAMPLE_KEY, TEMPLATES
from .users import USER_KEYS, find_private_template, private_template

_POSITIONS = range(1, 2**31)
_OF_TEMPLATE = "confd.funckeys.templates.{id}.{position}"
_OF_USER = "confd.users.{user_id}.funckeys.{position}"


class DestinationKinds(RootModel[list[DestinationKindRead]]):
    """All kinds of destinations."""


async def _list_kinds(work: Work) -> object:
    return list(described(work.base_url))


def _key_at(keys: str, position: int) -> object:
    found = orjson.loads(keys)["keys"].get(str(position))
    if found is None:
        raise NotFound("FuncKey", position=position)
    return found


def _position_of(work: Work) -> int:
    position = int(work.path["position"])
    if position not in _POSITIONS:
        raise InputError("field 'position': wrong type. Should be a positive number")
    return position


async def _show_of_template(work: Work) -> object:
    given = work.path["id"]
    found = await TEMPLATES.rows.one(work, given)
    if found is None:
        raise TEMPLATES.not_found(given)
    return _key_at(found, work.path["position"])


async def _set_of_template(work: Work) -> None:
    key = (await work.body(FuncKeyWrite)).model_dump()
    template = await TEMPLATES.find(work, work.path["id"])
    await set_key(work, template, _position_of(work), key)


async def _remove_of_template(work: Work) -> None:
    template = await TEMPLATES.find(work, work.path["id"])
    await remove_key(work, template, _position_of(work))


async def _show_of_user(work: Work) -> object:
    given = work.path["user_id"]
    found = await USER_KEYS.one(work, given)
    if found is None:
        raise USERS.not_found(given)
    return _key_at(found, work.path["position"])


async def _set_of_user(work: Work) -> None:
    key = (await work.body(FuncKeyWrite)).model_dump()
    user = await USERS.find(work, work.path["user_id"])
    position = _position_of(work)
    await set_key(work, await private_template(work, user), position, key)


async def _remove_of_user(work: Work) -> None:
    user = await USERS.find(work, work.path["user_id"])
    position = _position_of(work)
    template = await find_private_template(work, user)
    if template is not None:
        await remove_key(work, template, position)


def _key(of: str, name: str, scope: str, show: Any, put: Any, remove: Any) -> tuple[Operation, ...]:
    path = f"{of}/{{position:int}}"
    taken: Any = {"body": FuncKeyWrite, "body_example": EXAMPLE_KEY}
    told: Any = {"answer": FuncKeyRead, "example": EXAMPLE_KEY}
    return (
        Operation("GET", path, f"get_{name}", show, (f"{scope}.read",), **told),
        Operation("PUT", path, f"update_{name}", put, (f"{scope}.update",), status=204, **taken),
        Operation("DELETE", path, f"delete_{name}", remove, (f"{scope}.delete",), status=204),
    )


SINGLE_KEYS = (
    Operation(
        "GET",
        "/funckeys/destinations",
        "list_func_key_destinations",
        _list_kinds,
        ("confd.funckeys.destinations.read",),
        answer=DestinationKinds,
    ),
    *_key(
        TEMPLATES.below(), "func_key_template_key", _OF_TEMPLATE,
        _show_of_template, _set_of_template, _remove_of_template,
    ),
    *_key(
        f"{USERS.below('user_id')}/funckeys", "user_func_key", _OF_USER,
        _show_of_user, _set_of_user, _remove_of_user,
    ),
)  # fmt: skip
