"""``/directories/favorites``: contacts that users marked (reference/dird.md, A5)."""

from uuid import UUID

from ovix_bus.catalogue.directories import favorite_added, favorite_deleted
from ovix_schema import DirectoryFavorite, Installation
from ovix_web import ApiError, InvalidRequest, Operation, Work
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ..engine.configuration import Configuration, SourceConfig
from ..engine.live import LiveConfiguration
from . import asking, shapes

ENTRY_ID_MAX = 512
NEED_UNIQUE_COLUMN = frozenset({"csv", "csv_ws", "ldap"})
"""Back ends that have no id of their own."""


class NoSuchSource(ApiError):
    """No profile has it among its favorites."""

    status = 404
    template = "No such source: {source}"


class NoUniqueColumn(ApiError):
    """Nothing by which the contact could be found again."""

    status = 400
    template = "The contacts of {source} can't be favorites: it has no unique_column"


class DuplicateFavorite(ApiError):
    """It is one already."""

    status = 409
    template = "Adding this favorite would create a duplicate"


class NoSuchFavorite(ApiError):
    """It is none."""

    status = 404
    template = "No such favorite: {source}:{contact}"


async def get_favorites(work: Work) -> object:
    """The user's favorites, from every source of the profile that answers."""
    viewer = await asking.own_viewer(work)
    found = await asking.directory(work).favorites(work.path["profile"], viewer)
    return shapes.contacts(found)


async def add_favorite(work: Work) -> object:
    """Mark a contact; whether the source has it is not asked."""
    user_uuid, source, contact = asking.own_uuid(work), await _source(work), _contact(work)
    if source.backend in NEED_UNIQUE_COLUMN and not source.settings.get("unique_column"):
        raise NoUniqueColumn(source=source.name)
    added = await work.session.execute(
        insert(DirectoryFavorite)
        .values(user_uuid=user_uuid, source_uuid=UUID(source.uuid), entry_id=contact)
        .on_conflict_do_nothing()
        .returning(DirectoryFavorite.entry_id)
    )
    if added.one_or_none() is None:
        raise DuplicateFavorite()
    work.announce(favorite_added(**await _told(work, user_uuid, source, contact)))
    return None


async def delete_favorite(work: Work) -> object:
    """Unmark a contact."""
    user_uuid, source, contact = asking.own_uuid(work), await _source(work), _contact(work)
    deleted = await work.session.execute(
        delete(DirectoryFavorite)
        .where(
            DirectoryFavorite.user_uuid == user_uuid,
            DirectoryFavorite.source_uuid == UUID(source.uuid),
            DirectoryFavorite.entry_id == contact,
        )
        .returning(DirectoryFavorite.entry_id)
    )
    if deleted.one_or_none() is None:
        raise NoSuchFavorite(source=source.name, contact=contact)
    work.announce(favorite_deleted(**await _told(work, user_uuid, source, contact)))
    return None


def _contact(work: Work) -> str:
    contact: str = work.path["contact"]
    if len(contact) > ENTRY_ID_MAX:
        raise InvalidRequest(f"contact is longer than {ENTRY_ID_MAX} characters")
    return contact


async def _source(work: Work) -> SourceConfig:
    """The source of that name (or uuid) that is in some profile's favorites."""
    name: str = work.path["directory"]
    live: LiveConfiguration = work.request.app.state.live
    configuration = await live.current()
    offered = _offered(configuration, work.entity_id)
    for source in configuration.named(name, work.entity_id):
        if source.uuid in offered:
            return source
    if name in offered:
        return configuration.sources[name]
    raise NoSuchSource(source=name)


def _offered(configuration: Configuration, entity_id: int | None) -> frozenset[str]:
    return frozenset(
        source.uuid
        for profile in configuration.profiles.values()
        if entity_id is None or profile.entity_id in (None, entity_id)
        for source in configuration.of_service(profile, "favorites")
    )


async def _told(
    work: Work, user_uuid: UUID, source: SourceConfig, contact: str
) -> dict[str, object]:
    return {
        "xivo_uuid": await work.session.scalar(select(Installation.uuid)),
        "user_uuid": user_uuid,
        "source": source.name,
        "source_entry_id": contact,
    }


_ONE = "/directories/favorites/{directory}/{contact:path}"

OPERATIONS = (
    Operation(
        "GET",
        "/directories/favorites/{profile}",
        "get_favorites",
        get_favorites,
        ("dird.directories.favorites.{profile}.read",),
        summary="The user's favorites",
        answer=shapes.ContactsRead,
    ),
    Operation(
        "PUT",
        _ONE,
        "add_favorite",
        add_favorite,
        ("dird.directories.favorites.{directory}.{contact}.update",),
        status=204,
        summary="Mark a contact, by its source and source_entry_id",
        described={"responses": {"409": {"description": "It is marked already"}}},
    ),
    Operation(
        "DELETE",
        _ONE,
        "delete_favorite",
        delete_favorite,
        ("dird.directories.favorites.{directory}.{contact}.delete",),
        status=204,
        summary="Unmark a contact",
    ),
)
