"""``/0.1/idp``: by which identity provider users prove their logins (reference/auth.md, C2, C3).

A login must be proven by a back end of the user's method. ``default`` leaves it to the tenant;
where that has no method, as entities made in confd, any back end will do, as in XiVO.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from ovix_schema import AUTHENTICATION_METHODS, Account, User
from ovix_web import Operation
from ovix_web.bodies import Schema
from ovix_web.work import Work
from pydantic import Field
from sqlalchemy import update

from .errors import ObjectError
from .everybody import Somebody, somebody, user_in_path
from .taking_over import must_be_root

USERS_MAX = 1000
_METHODS: Mapping[str, str] = {
    "xivo_user": "native",
    "xivo_admin": "native",
    "xivo_service": "native",
    "wazo_user": "native",
    "ldap_user": "ldap",
    "oidc": "oidc",
    "saml": "saml",
}


def proves(backend: str, method: str | None) -> bool:
    """Whether a back end may prove the logins of somebody with this method; None: any may.

    A back end of a plug-in's has a method of its own, which nobody can be given.
    """
    return method is None or _METHODS.get(backend, backend) == method


class UnknownIdpType(ObjectError):
    """No such method."""

    status = 404
    resource = "idp"
    template = 'No such identity provider: "{type}"'


class IdpList(Schema):
    """The methods a user can have."""

    items: list[str]
    total: Annotated[int, Field(ge=0)]
    filtered: Annotated[int, Field(ge=0)]


class IdpUser(Schema):
    """A user."""

    uuid: UUID


class IdpUsers(Schema):
    """Users who shall log in by the method."""

    users: list[IdpUser] = Field(max_length=USERS_MAX)


async def list_idp(_work: Work) -> Any:
    """All methods."""
    count = len(AUTHENTICATION_METHODS)
    return {"items": list(AUTHENTICATION_METHODS), "total": count, "filtered": count}


def _method_in_path(work: Work) -> str:
    method = str(work.path["type"])
    if method not in AUTHENTICATION_METHODS:
        raise UnknownIdpType(type=method)
    return method


async def _set(work: Work, user: Somebody, method: str) -> None:
    if user.row.is_root:
        must_be_root(work)
    of, key = (Account, Account.uuid) if user.is_account else (User, User.uuid)
    await work.session.execute(
        update(of)
        .where(key == user.uuid)
        .values(authentication_method=method)
        .execution_options(synchronize_session=False)
    )


async def add_users(work: Work) -> None:
    """Those named log in by the method from now on; others keep theirs."""
    method = _method_in_path(work)
    body = await work.body(IdpUsers)
    for uuid in {each.uuid for each in body.users}:
        await _set(work, await somebody(work, uuid), method)


async def add_user(work: Work) -> None:
    """One user."""
    method = _method_in_path(work)
    await _set(work, await user_in_path(work), method)


async def remove_user(work: Work) -> None:
    """Back to the tenant's method, if it is this one."""
    method = _method_in_path(work)
    user = await user_in_path(work)
    if user.row.authentication_method == method:
        await _set(work, user, "default")


_USERS, _SCOPE = "/idp/{type}/users", "auth.idp.{type}.users"
OPERATIONS = (
    Operation(
        "GET", "/idp", "list_idp", list_idp, ("auth.idp.read",), answer=IdpList,
        example={"items": ["default", "native"]}, summary="The ways users may prove their logins",
    ),
    Operation(
        "PUT", _USERS, "add_users_to_idp", add_users, (f"{_SCOPE}.update",), status=204,
        body=IdpUsers, body_example={"users": [{"uuid": "5f7e9a52-6f43-4e0b-9c0e-3b6b8a3f2f0d"}]},
        summary="Have users log in by this method; others keep theirs",
    ),
    Operation(
        "PUT", f"{_USERS}/{{user:uuid}}", "add_user_to_idp", add_user,
        (f"{_SCOPE}.{{user}}.create",), status=204, summary="Have a user log in by this method",
    ),
    Operation(
        "DELETE", f"{_USERS}/{{user:uuid}}", "remove_user_from_idp", remove_user,
        (f"{_SCOPE}.{{user}}.delete",), status=204, summary="Leave it to the tenant again",
    ),
)  # fmt: skip
"""What is routed."""
