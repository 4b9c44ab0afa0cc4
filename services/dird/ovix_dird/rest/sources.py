"""``/backends`` and ``/sources``: where contacts are looked up (reference/dird.md, part C)."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from ovix_schema import DirectoryFavorite, DirectorySource
from ovix_web import ApiError, InvalidRequest, Operation, Work
from ovix_web.bodies import Schema
from pydantic import BaseModel, SecretStr, create_model
from sqlalchemy import delete

from ..backend import Backend, SourceFailed, SourceSettings
from ..engine.ldap_servers import SERVER
from ..engine.sources import Sources
from ..templates import InvalidTemplate, compile_columns
from . import asking, configured, ldap_servers
from .listing import PARAMETERS, listing_of


class InvalidSourceConfig(ApiError):
    """Settings that no source of this back end can have."""

    status = 400
    template = "Invalid source: {problem}"


class SourceUnavailable(ApiError):
    """The source does not answer; ``reason`` is its own."""

    status = 503
    template = "The source does not answer: {reason}"


class BackendItem(Schema):
    """A type of sources."""

    name: str


class BackendList(Schema):
    """The types of sources that there are."""

    total: int
    filtered: int
    items: list[BackendItem]


class SourceItem(Schema):
    """A source of any type."""

    uuid: UUID
    name: str
    backend: str
    entity_id: int | None


class SourceList(Schema):
    """Sources of any type."""

    total: int
    filtered: int
    items: list[SourceItem]


class SourceContacts(Schema):
    """What a source gives; contacts have the keys that are the source's own."""

    total: int
    filtered: int
    items: list[dict[str, Any]]


async def list_backends(work: Work) -> object:
    """The types of sources."""
    return configured.page(work, [{"name": each} for each in work.request.app.state.backends])


async def list_sources(work: Work) -> object:
    """Every source, of whatever type."""
    found = await configured.rows(work, DirectorySource)
    return configured.page(work, [_item(each) for each in found])


async def sources_of_profile(work: Work) -> object:
    """The sources in which lookups of a profile look."""
    configuration = await configured.live(work).current()
    profile = configuration.profile(work.path["profile"], work.entity_id)
    items = [
        {
            "uuid": each.uuid,
            "name": each.name,
            "backend": each.backend,
            "entity_id": each.entity_id,
        }
        for each in configuration.of_service(profile, "lookup")
    ]
    return configured.page(work, items)


def _item(source: DirectorySource) -> dict[str, Any]:
    return {
        "uuid": str(source.uuid),
        "name": source.name,
        "backend": source.backend,
        "entity_id": source.entity_id,
    }


async def list_of_backend(name: str, backend: Backend, work: Work) -> object:
    """The sources of one type, without their passwords."""
    found = await configured.rows(work, DirectorySource, DirectorySource.backend == name)
    items = [configured.without_secrets(_shown(backend, each)) for each in found]
    return configured.page(work, items)


async def create(name: str, backend: Backend, work: Work) -> object:
    """A new source; the next lookup of a profile that has it looks there."""
    settings = await _given(backend, work, work.entity_id)
    await configured.must_be_free(work, DirectorySource, settings.name)
    source = DirectorySource(
        backend=name, name=settings.name, settings=_stored(settings), entity_id=work.entity_id
    )
    work.session.add(source)
    await work.session.flush()  # for its uuid
    configured.applies_on_commit(work)
    return _shown(backend, source)


async def get_source(name: str, backend: Backend, work: Work) -> object:
    """One source."""
    of_backend = DirectorySource.backend == name
    source = await configured.this_one(work, DirectorySource, "source", of_backend)
    shown = _shown(backend, source)
    is_of_all = source.entity_id is None and work.entity_id is not None
    # Whoever may not change it has no use for its password.
    return configured.without_secrets(shown) if is_of_all else shown


async def replace(name: str, backend: Backend, work: Work) -> object:
    """Other settings for a source; its favorites stay, whatever its name is."""
    of_backend = DirectorySource.backend == name
    source = await configured.to_change(work, DirectorySource, "source", of_backend)
    settings = await _given(backend, work, source.entity_id)
    await configured.must_be_free(work, DirectorySource, settings.name, source)
    source.name, source.settings = settings.name, _stored(settings)
    return None


async def delete_source(name: str, backend: Backend, work: Work) -> object:
    """A source goes: from every profile, and with the favorites of its contacts."""
    of_backend = DirectorySource.backend == name
    source = await configured.to_change(work, DirectorySource, "source", of_backend)
    await work.session.execute(
        delete(DirectoryFavorite).where(DirectoryFavorite.source_uuid == source.uuid)
    )
    await work.session.delete(source)
    return None


async def contacts(name: str, backend: Backend, work: Work) -> object:
    """What the source itself gives: a test of it, too. Raises `SourceUnavailable`."""
    asked = listing_of(work.query)
    of_backend = DirectorySource.backend == name
    source = await configured.this_one(work, DirectorySource, "source", of_backend)
    await configured.live(work).current()
    running: Sources = work.request.app.state.sources
    viewer = await asking.own_viewer(work)
    timeout_s: float = work.request.app.state.settings.lookup_timeout_s
    try:
        found = await running[str(source.uuid)].ask(
            lambda each: each.search(asked.search, viewer), timeout_s
        )
    except SourceFailed as failure:
        raise SourceUnavailable(reason=str(failure)) from failure
    items = [dict(each.fields) for each in found]
    return {"total": len(items), "filtered": len(items), "items": asked.sorted(items)}


async def _given(backend: Backend, work: Work, entity_id: int | None) -> SourceSettings:
    settings = await work.body(backend.settings)
    await ldap_servers.must_know(work, getattr(settings, SERVER, None), entity_id)
    try:
        compile_columns(settings.format_columns)
    except InvalidTemplate as error:
        raise InvalidSourceConfig(problem=str(error)) from error
    directories: tuple[str, ...] = work.request.app.state.settings.csv_directories
    for field in settings.paths:
        path = _path_in(settings, field)
        if path is not None and not _is_below(path, directories):
            where = ", ".join(directories) or "no directory at all"
            problem = f"{field} must lie below {where} (OVIX_DIRD_CSV_DIRECTORIES)"
            raise InvalidSourceConfig(problem=problem)
    return settings


def _path_in(settings: object, field: str) -> str | None:
    """What the field says, where there is one."""
    found = settings
    for name in field.split("."):
        found = getattr(found, name, None)
    return None if found is None else str(found)


def _is_below(path: str, directories: Sequence[str]) -> bool:
    """Whether the file that a path leads to, by links too, lies below one of the directories."""
    try:
        target = Path(path).resolve()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, links that lead in a circle
        return False
    return any(target.is_relative_to(Path(each).resolve()) for each in directories)


def _stored(settings: SourceSettings) -> dict[str, Any]:
    """What was given, passwords as they are: the source has to log in with them."""
    given = settings.model_dump(exclude_unset=True, exclude={"name"})
    written = orjson.dumps(given, default=_plain)
    if b"\\u0000" in written:
        raise InvalidRequest("NUL characters are not allowed")
    plain: dict[str, Any] = orjson.loads(written)
    return plain


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _shown(backend: Backend, source: DirectorySource) -> dict[str, Any]:
    settings = backend.settings.model_validate({**source.settings, "name": source.name})
    shown = orjson.loads(orjson.dumps(settings.model_dump(), default=_plain))
    return {**shown, "uuid": str(source.uuid), "entity_id": source.entity_id}


Does = Callable[[str, Backend, Work], Awaitable[object]]


def _of_backend(name: str, backend: Backend) -> Iterator[Operation]:
    prefix, scope = f"/backends/{name}/sources", f"dird.backends.{name}.sources"
    write = backend.settings
    read = _read_model(name, write)
    listed = _list_model(name, read)
    taken = {"responses": {"409": {"description": "The name is taken"}}}

    def does(what: Does) -> Callable[[Work], Awaitable[object]]:
        return partial(what, name, backend)

    yield Operation(
        "GET",
        prefix,
        f"list_{name}_sources",
        does(list_of_backend),
        (f"{scope}.read",),
        query=PARAMETERS,
        answer=listed,
    )
    yield Operation(
        "POST",
        prefix,
        f"create_{name}_source",
        does(create),
        (f"{scope}.create",),
        body=write,
        answer=read,
        described=taken,
    )
    one = f"{prefix}/{{uuid:uuid}}"
    yield Operation(
        "GET",
        one,
        f"get_{name}_source",
        does(get_source),
        (f"{scope}.{{uuid}}.read",),
        answer=read,
    )
    yield Operation(
        "PUT",
        one,
        f"replace_{name}_source",
        does(replace),
        (f"{scope}.{{uuid}}.update",),
        status=204,
        body=write,
        described=taken,
    )
    yield Operation(
        "DELETE",
        one,
        f"delete_{name}_source",
        does(delete_source),
        (f"{scope}.{{uuid}}.delete",),
        status=204,
    )
    yield Operation(
        "GET",
        f"{one}/contacts",
        f"list_{name}_source_contacts",
        does(contacts),
        (f"{scope}.{{uuid}}.contacts.read",),
        query=PARAMETERS,
        answer=SourceContacts,
    )


def _read_model(name: str, settings: type[SourceSettings]) -> type[BaseModel]:
    read: type[BaseModel] = create_model(
        f"{_title(name)}SourceRead",
        __base__=settings,
        __doc__=f"A source of type {name}.",
        uuid=(UUID, ...),
        entity_id=(int | None, ...),
    )
    return read


def _list_model(name: str, read: type[BaseModel]) -> type[BaseModel]:
    listed: type[BaseModel] = create_model(
        f"{_title(name)}SourceList",
        __base__=Schema,
        __doc__=f"Sources of type {name}; passwords are left out.",
        total=(int, ...),
        filtered=(int, ...),
        items=(list[dict[str, Any]], ...),
    )
    return listed


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def operations(backends: Mapping[str, Backend]) -> Iterator[Operation]:
    """What can be done with sources of these types."""
    yield Operation(
        "GET",
        "/backends",
        "list_backends",
        list_backends,
        ("dird.backends.read",),
        query=PARAMETERS,
        answer=BackendList,
    )
    yield Operation(
        "GET",
        "/sources",
        "list_sources",
        list_sources,
        ("dird.sources.read",),
        query={**PARAMETERS, "backend": "Only of this type", "name": "Only of this name"},
        answer=SourceList,
    )
    yield Operation(
        "GET",
        "/directories/{profile}/sources",
        "list_profile_sources",
        sources_of_profile,
        ("dird.directories.{profile}.sources.read",),
        query=PARAMETERS,
        answer=SourceList,
    )
    for name, backend in backends.items():
        yield from _of_backend(name, backend)
