"""How an external service is reached: ``/external/{type}/config`` (reference/auth.md, C3)."""

from collections.abc import Mapping
from typing import Annotated, Any

from ovix_schema import ExternalConfig
from ovix_web.bodies import Schema, Strict, text
from ovix_web.work import Work
from pydantic import Field, RootModel
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from .. import audit
from ..audit import Action
from ..errors import ExternalAuthExists, InvalidData, UnknownConfig, UnknownExternalAuthType
from ..settings import AuthSettings

MOBILE = "mobile"
TYPES = ("google", "microsoft", MOBILE)

Short = Annotated[str, text(1024)]
Long = Annotated[str, text(32 * 1024)]


class OAuthConfig(Schema):
    """Our client at Google or Microsoft, as registered there."""

    client_id: Annotated[str, text(512, 1)]
    client_secret: Annotated[str, text(1024, 1)] | None = Field(
        None, description="Never shown; an edit without it keeps the one there is"
    )


class MobileConfig(Schema):
    """What push messages to telephones are sent by; whoever sends them reads it here."""

    fcm_api_key: Short | None = None
    fcm_sender_id: Short | None = None
    fcm_service_account_info: Long | None = None
    ios_apn_certificate: Long | None = None
    ios_apn_private: Long | None = None
    use_sandbox: Strict = False


class ConfigWrite(RootModel[OAuthConfig | MobileConfig]):
    """That of google and microsoft, or that of mobile."""


class OAuthConfigRead(Schema):
    """Our client at Google or Microsoft, without its secret."""

    client_id: str


class ExternalConfigRead(RootModel[OAuthConfigRead | MobileConfig]):
    """That of google and microsoft, or that of mobile."""


def type_in_path(work: Work) -> str:
    """The external service that the path names."""
    settings: AuthSettings = work.request.app.state.settings
    named = str(work.path["type"])
    if named not in TYPES or named not in settings.external_auth_types:
        raise UnknownExternalAuthType(type=named)
    return named


async def config_for(
    session: AsyncSession, service: str, entity_id: int | None
) -> Mapping[str, Any]:
    """What the people of an entity reach it by: the entity's own config, else that of all."""
    found: dict[str, Any] | None = await session.scalar(
        select(ExternalConfig.data)
        .where(ExternalConfig.type == service)
        .where(or_(ExternalConfig.entity_id == entity_id, ExternalConfig.entity_id.is_(None)))
        .order_by(ExternalConfig.entity_id.nulls_last())
        .limit(1)
    )
    if found is None:
        raise UnknownConfig(type=service)
    return found


async def _own(work: Work, service: str) -> ExternalConfig | None:
    """That of the caller's entity, or of a caller without one that of all."""
    found = await work.session.scalars(
        select(ExternalConfig)
        .where(ExternalConfig.type == service)
        .where(ExternalConfig.entity_id.is_not_distinct_from(work.entity_id))
        .with_for_update()
    )
    return found.one_or_none()


def _shown(service: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return dict(data) if service == MOBILE else {"client_id": data["client_id"]}


async def get_config(work: Work) -> Any:
    """Without the secret that only auth itself needs."""
    service = type_in_path(work)
    found = await _own(work, service)
    if found is None:
        raise UnknownConfig(type=service)
    return _shown(service, found.data)


async def _given(work: Work, service: str) -> dict[str, Any]:
    body = await work.body(MobileConfig if service == MOBILE else OAuthConfig)
    return body.model_dump()


async def create_config(work: Work) -> Any:
    """For the caller's entity, or for all."""
    service = type_in_path(work)
    data = await _given(work, service)
    if await _own(work, service) is not None:
        raise ExternalAuthExists(type=service)
    _must_have_secret(service, data)
    work.session.add(ExternalConfig(type=service, entity_id=work.entity_id, data=data))
    await work.session.flush()
    await _told(work, service, "created")
    return _shown(service, data)


async def edit_config(work: Work) -> Any:
    """The whole of it, but for a secret that is not given."""
    service = type_in_path(work)
    data = await _given(work, service)
    found = await _own(work, service)
    if found is None:
        raise UnknownConfig(type=service)
    if service != MOBILE and data["client_secret"] is None:
        data["client_secret"] = found.data["client_secret"]
    found.data = data
    await _told(work, service, "updated")
    return _shown(service, data)


async def delete_config(work: Work) -> None:
    """Accounts that are linked stay, and can't be renewed."""
    service = type_in_path(work)
    found = await _own(work, service)
    if found is None:
        raise UnknownConfig(type=service)
    await work.session.delete(found)
    await _told(work, service, "deleted")


def _must_have_secret(service: str, data: Mapping[str, Any]) -> None:
    if service != MOBILE and data["client_secret"] is None:
        raise InvalidData("external", "client_secret: Field required")


async def _told(work: Work, service: str, done: str) -> None:
    await audit.record(
        work.session,
        Action.EXTERNAL_CONFIG,
        by_auth_id=work.identity.auth_id if work.identity else None,
        address=work.request.scope["ovix.client"],
        entity_id=work.entity_id,
        details={"type": service, "done": done},
    )
