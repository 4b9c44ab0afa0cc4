"""``/profiles``: which sources a lookup looks in (reference/dird.md, part C)."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

from ovix_schema import (
    DirectoryDisplay,
    DirectoryProfile,
    DirectoryProfileSource,
    DirectorySource,
)
from ovix_web import Operation, Work
from ovix_web.bodies import Schema, text
from pydantic import ConfigDict, Field
from sqlalchemy import delete, select

from ..engine.configuration import Merge, ServiceName
from . import configured
from .listing import PARAMETERS

TIMEOUT_MAX_S = 60
Seen = TypeVar("Seen", DirectoryDisplay, DirectorySource)


class Reference(Schema):
    """A source or display, by its uuid."""

    uuid: UUID


class ServiceOptions(Schema):
    """How a service asks its sources."""

    model_config = ConfigDict(extra="forbid")

    timeout: Annotated[float, Field(gt=0, le=TIMEOUT_MAX_S)] | None = None
    """Seconds that a source may take; null: dird's own setting."""
    merge: Merge | None = None
    """Which contacts of two sources are shown as one; null: ``safe``."""


class ServiceWrite(Schema):
    """A service of a profile: its sources, in order."""

    model_config = ConfigDict(extra="forbid")

    sources: Annotated[list[Reference], Field(max_length=100)] = Field(default_factory=list)
    options: ServiceOptions = ServiceOptions()


class Services(Schema):
    """The services that a profile offers."""

    model_config = ConfigDict(extra="forbid")

    lookup: ServiceWrite | None = None
    reverse: ServiceWrite | None = None
    favorites: ServiceWrite | None = None


class ProfileWrite(Schema):
    """A profile: what shows contacts, and where they are looked up."""

    name: Annotated[str, text(512, 1)]
    display: Reference | None = None
    services: Services = Services()


class ProfileRead(Schema):
    """A profile."""

    uuid: UUID
    name: str
    display: Reference | None
    services: Services
    entity_id: int | None


class ProfileList(Schema):
    """Profiles."""

    total: int
    filtered: int
    items: list[ProfileRead]


async def list_profiles(work: Work) -> object:
    """Every profile."""
    found = await configured.rows(work, DirectoryProfile)
    return configured.page(work, await _shown(work, *found))


async def create(work: Work) -> object:
    """A new profile."""
    body = await work.body(ProfileWrite)
    await configured.must_be_free(work, DirectoryProfile, body.name)
    profile = DirectoryProfile(name=body.name, entity_id=work.entity_id, services={})
    work.session.add(profile)
    await work.session.flush()  # for its uuid
    await _fill(work, profile, body)
    configured.applies_on_commit(work)
    [shown] = await _shown(work, profile)
    return shown


async def get_profile(work: Work) -> object:
    """One profile."""
    [shown] = await _shown(work, await configured.this_one(work, DirectoryProfile, "profile"))
    return shown


async def replace(work: Work) -> object:
    """Other sources, another display."""
    profile = await configured.to_change(work, DirectoryProfile, "profile")
    body = await work.body(ProfileWrite)
    await configured.must_be_free(work, DirectoryProfile, body.name, profile)
    profile.name = body.name
    await _fill(work, profile, body)
    return None


async def delete_profile(work: Work) -> object:
    """A profile goes; its sources and display stay."""
    await work.session.delete(await configured.to_change(work, DirectoryProfile, "profile"))
    return None


async def _fill(work: Work, profile: DirectoryProfile, body: ProfileWrite) -> None:
    """Store display and services; raises `Unknown` for what the token's entity does not see."""
    services: dict[ServiceName, ServiceWrite | None] = {
        "lookup": body.services.lookup,
        "reverse": body.services.reverse,
        "favorites": body.services.favorites,
    }
    display_uuid = None if body.display is None else body.display.uuid
    if display_uuid is not None:
        await _must_see(work, DirectoryDisplay, "display", {display_uuid})
    wanted = {each.uuid for service in services.values() if service for each in service.sources}
    await _must_see(work, DirectorySource, "source", wanted)
    profile.display_uuid = display_uuid
    profile.services = {
        name: {"options": service.options.model_dump(exclude_none=True)}
        for name, service in services.items()
        if service is not None
    }
    of_profile = DirectoryProfileSource.profile_uuid == profile.uuid
    await work.session.execute(delete(DirectoryProfileSource).where(of_profile))
    for name, service in services.items():
        uuids = dict.fromkeys(each.uuid for each in service.sources) if service else ()
        work.session.add_all(
            DirectoryProfileSource(
                profile_uuid=profile.uuid, service=name, source_uuid=uuid, position=position
            )
            for position, uuid in enumerate(uuids)
        )
    await work.session.flush()


async def _must_see(
    work: Work,
    model: type[Seen],
    resource: str,
    uuids: set[UUID],
) -> None:
    if not uuids:
        return
    statement = select(model.uuid).where(model.uuid.in_(uuids), *configured.seen(work, model))
    missing = uuids - set(await work.session.scalars(statement))
    if missing:
        raise configured.Unknown(resource=resource, uuid=str(min(missing)))


async def _shown(work: Work, *profiles: DirectoryProfile) -> list[dict[str, Any]]:
    links = await work.session.scalars(
        select(DirectoryProfileSource)
        .where(DirectoryProfileSource.profile_uuid.in_([each.uuid for each in profiles]))
        .order_by(DirectoryProfileSource.position)
    )
    linked: dict[tuple[UUID, str], list[dict[str, str]]] = {}
    for link in links:
        of_service = linked.setdefault((link.profile_uuid, link.service), [])
        of_service.append({"uuid": str(link.source_uuid)})
    return [
        {
            "uuid": str(each.uuid),
            "name": each.name,
            "display": None if each.display_uuid is None else {"uuid": str(each.display_uuid)},
            "services": {
                name: {
                    "sources": linked.get((each.uuid, name), []),
                    "options": stored.get("options", {}),
                }
                for name, stored in each.services.items()
            },
            "entity_id": each.entity_id,
        }
        for each in profiles
    ]


_ONE = "/profiles/{uuid:uuid}"
_TAKEN = {
    "responses": {
        "404": {"description": "A source, display or profile is unknown"},
        "409": {"description": "The name is taken"},
    }
}
_SOURCES = [{"uuid": "5f7e9a52-6f43-4e0b-9c0e-3b6b8a3f2f0d"}]
_EXAMPLE = {
    "name": "sales",
    "display": {"uuid": "5f7e9a52-6f43-4e0b-9c0e-3b6b8a3f2f0d"},
    "services": {
        "lookup": {"sources": _SOURCES, "options": {"timeout": 2.9}},
        "reverse": {"sources": _SOURCES, "options": {"timeout": 0.3}},
        "favorites": {"sources": _SOURCES},
    },
}

OPERATIONS = (
    Operation(
        "GET",
        "/profiles",
        "list_profiles",
        list_profiles,
        ("dird.profiles.read",),
        query=PARAMETERS,
        answer=ProfileList,
    ),
    Operation(
        "POST",
        "/profiles",
        "create_profile",
        create,
        ("dird.profiles.create",),
        status=201,
        body=ProfileWrite,
        body_example=_EXAMPLE,
        answer=ProfileRead,
        described=_TAKEN,
    ),
    Operation(
        "GET", _ONE, "get_profile", get_profile, ("dird.profiles.{uuid}.read",), answer=ProfileRead
    ),
    Operation(
        "PUT",
        _ONE,
        "replace_profile",
        replace,
        ("dird.profiles.{uuid}.update",),
        status=204,
        body=ProfileWrite,
        body_example=_EXAMPLE,
        described=_TAKEN,
    ),
    Operation(
        "DELETE",
        _ONE,
        "delete_profile",
        delete_profile,
        ("dird.profiles.{uuid}.delete",),
        status=204,
    ),
)
