"""The push service of a telephone: the tokens by which it is reached (reference/auth.md, C3)."""

from typing import Annotated, Any, Self

from ovix_schema import ExternalAccount
from ovix_web.bodies import Schema, text
from ovix_web.work import Work
from pydantic import model_validator

from ..errors import ExternalAuthExists, UnknownExternalAuth
from ..everybody import user_in_path
from .accounts import announce, holder_of, safe, stored
from .configs import MOBILE, config_for

PushToken = Annotated[str, text(4096, 1)]


class MobileTokens(Schema):
    """At least one of them."""

    token: PushToken | None = None
    """Of Firebase."""
    apns_token: PushToken | None = None
    apns_voip_token: PushToken | None = None
    apns_notification_token: PushToken | None = None


class MobileGiven(MobileTokens):
    """The tokens of the one telephone a user has."""

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError("give at least one token")
        return self


async def link_mobile(work: Work) -> Any:
    """For a user who has none yet."""
    body = await work.body(MobileGiven)
    somebody = await user_in_path(work)
    if await stored(work.session, somebody, MOBILE, lock=True) is not None:
        raise ExternalAuthExists(type=MOBILE)
    return await _keep(work, body, None)


async def put_mobile(work: Work) -> Any:
    """Whether the user has one or not."""
    body = await work.body(MobileGiven)
    somebody = await user_in_path(work)
    return await _keep(work, body, await stored(work.session, somebody, MOBILE, lock=True))


async def _keep(work: Work, body: MobileGiven, known: ExternalAccount | None) -> Any:
    somebody = await user_in_path(work)
    if known is None:
        row = ExternalAccount(type=MOBILE, **holder_of(somebody), data=body.model_dump())
        work.session.add(row)
    else:
        known.data = body.model_dump()
    await work.session.flush()
    await announce(work, somebody, MOBILE, "added" if known is None else "updated")
    return safe(MOBILE, True, None)


async def get_mobile(work: Work) -> Any:
    """For whoever sends push messages."""
    found = await stored(work.session, await user_in_path(work), MOBILE)
    if found is None:
        raise UnknownExternalAuth(type=MOBILE)
    return {name: found.data.get(name) for name in MobileTokens.model_fields}


async def get_sender_id(work: Work) -> Any:
    """What the telephone's application registers at Firebase with; no secret."""
    somebody = await user_in_path(work)
    config = await config_for(work.session, MOBILE, somebody.row.entity_id)
    return {"sender_id": config.get("fcm_sender_id")}
