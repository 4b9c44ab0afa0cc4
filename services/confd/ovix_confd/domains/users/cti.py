"""``/users/{id}/cti``: whether the user may log in with his username and password, and as what."""

from ovix_bus.catalogue import users
from ovix_schema import CtiProfile, User
from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Id,
    Link,
    ResourceError,
    Schema,
    Strict,
    ViewExample,
    ViewSpec,
    Work,
    json_object,
    link,
    links,
    param_not_found,
)
from .resource import USERS


class UserCtiRead(Schema):
    """Whether the user may log in, and his profile."""

    user_id: int
    cti_profile_id: int | None
    enabled: bool
    links: list[Link]


class UserCtiUpdate(Schema):
    """What changes; keys that are not given stay as they are."""

    cti_profile_id: Id | None = None
    enabled: Strict = False


async def switch_login(work: Work, user: User, body: UserCtiUpdate) -> None:
    """Let him log in, or not; only who has name and password may."""
    if body.cti_profile_id is not None:
        await _profile_exists(work, body.cti_profile_id)
    if "cti_profile_id" in body.model_fields_set:
        user.cti_profile_id = body.cti_profile_id
    if "enabled" in body.model_fields_set:
        user.cti_enabled = body.enabled
    if user.cti_enabled and not (user.username and user.password_hash):
        raise ResourceError("User must have a username and password to enable a CtiProfile")
    work.announce(
        users.cti_profile_edited(
            user_id=user.id, cti_profile_id=user.cti_profile_id, enabled=user.cti_enabled
        )
    )


async def _profile_exists(work: Work, profile_id: int) -> None:
    """The profiles are XiVO's, for all entities."""
    statement = select(CtiProfile.id).where(CtiProfile.id == profile_id)
    key = ("cti profile", profile_id)
    if await work.known(key, lambda: work.session.scalar(statement)) is None:
        raise param_not_found("cti_profile_id", "CtiProfile", id=profile_id)


async def _a_user_with_login(session: AsyncSession, entity_id: int) -> object:
    user = User(
        firstname="Jeanne",
        caller_id='"Jeanne"',
        entity_id=entity_id,
        username=f"jeanne{entity_id}",
        password_hash="not a hash that anything matches",  # noqa: S106
    )
    session.add(user)
    await session.flush()
    return user.id


_USER_LINK = link("users", "/users/", User.id)

USER_CTI = ViewSpec(
    name="user_cti",
    parent=USERS,
    path="/cti",
    shows=json_object(
        user_id=User.id,
        cti_profile_id=User.cti_profile_id,
        enabled=User.cti_enabled,
        links=case(
            (
                User.cti_profile_id.is_not(None),
                links(link("cti_profiles", "/cti_profiles/", User.cti_profile_id), _USER_LINK),
            ),
            else_=links(_USER_LINK),
        ),
    ),
    read=UserCtiRead,
    write=UserCtiUpdate,
    apply=switch_login,
    example=ViewExample(_a_user_with_login, {"enabled": True, "cti_profile_id": 1}),
)
