"""What the rows name and may be there already: asked for many rows at once, and locked."""

from collections.abc import Callable, Iterable
from typing import Any

from ovix_schema import CallPermission, CtiProfile, EndpointSip, Entity, Extension, Label, Voicemail
from sqlalchemy import select, tuple_

from ...kit import Work, param_not_found
from ..contexts import entity_of_context


async def boxes(work: Work, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Voicemail]:
    """Voicemail boxes by number and context."""
    found = await _found(
        work, Voicemail, tuple_(Voicemail.number, Voicemail.context), keys,
        entity_of_context(Voicemail.context),
    )  # fmt: skip
    return _by(found, lambda box: (box.number, box.context))


async def extensions(
    work: Work, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Extension]:
    """Extensions by number and context."""
    found = await _found(
        work, Extension, tuple_(Extension.exten, Extension.context), keys,
        entity_of_context(Extension.context),
    )  # fmt: skip
    return _by(found, lambda extension: (extension.exten, extension.context))


async def endpoints(work: Work, names: Iterable[str]) -> dict[str, EndpointSip]:
    """SIP endpoints by username."""
    found = await _found(work, EndpointSip, EndpointSip.username, names, EndpointSip.entity_id)
    return _by(found, lambda endpoint: endpoint.username)


async def permissions(work: Work, names: Iterable[str]) -> dict[str, CallPermission]:
    """Call permissions by name."""
    entity = CallPermission.entity_id
    return _by(
        await _found(work, CallPermission, CallPermission.name, names, entity),
        lambda permission: permission.name,
    )


async def profile_id(work: Work, name: str | None) -> int | None:
    """The profile of XiVO's client that is called so, if a row names one."""
    if not name:
        return None
    statement = select(CtiProfile.id).where(CtiProfile.name == name)
    found = await work.known(("cti profile", name), lambda: work.session.scalar(statement))
    if found is None:
        raise param_not_found("cti_profile_name", "CtiProfile", name=name)
    return found


async def labels(work: Work, names: Iterable[str]) -> dict[tuple[int | None, str], Label]:
    """Labels by entity and name."""
    found = await _found(work, Label, Label.display_name, names, Label.entity_id)
    return _by(found, lambda label: (label.entity_id, label.display_name))


async def entities(work: Work, ids: Iterable[int]) -> set[int]:
    """Which of these entities the caller sees."""
    return {each.id for each in await _found(work, Entity, Entity.id, ids, Entity.id)}


async def _found(
    work: Work, model: Any, column: Any, keys: Iterable[Any], entity: Any
) -> list[Any]:
    wanted = set(keys)
    if not wanted:
        return []
    statement = select(model).where(column.in_(wanted), *work.owned(entity)).order_by(model.id)
    locked = statement.with_for_update(key_share=True, of=model)
    return list(await work.session.scalars(locked))


def _by(found: list[Any], key: Callable[[Any], Any]) -> dict[Any, Any]:
    return {key(each): each for each in found}
