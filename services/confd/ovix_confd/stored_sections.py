"""Sections that are kept whole, as one document: what is PUT is what is stored and shown."""

from collections.abc import Callable
from typing import TypeVar

from ovix_bus import Event
from ovix_schema import Setting
from sqlalchemy import select, update

from .kit import Schema, SectionSpec, Work, constant
from .kit.examples import Json

B = TypeVar("B", bound=Schema)


def stored_section(
    *,
    name: str,
    path: str,
    read: type[Schema],
    write: type[B],
    edited: Callable[[], Event],
    example: Json,
    read_scopes: tuple[str, ...] = (),
    update_scopes: tuple[str, ...] = (),
) -> SectionSpec[B]:
    """The section of that name in ``settings``; migrations put its first content there."""

    async def apply(work: Work, body: B) -> None:
        content = body.model_dump(mode="json", by_alias=True)
        await work.session.execute(
            update(Setting).where(Setting.name == name).values(content=content)
        )
        work.announce(edited())

    return SectionSpec(
        name=name,
        path=path,
        read=read,
        shows=select(Setting.content).where(Setting.name == constant(name)),
        write=write,
        apply=apply,
        example=example,
        read_scopes=read_scopes,
        update_scopes=update_scopes,
    )
