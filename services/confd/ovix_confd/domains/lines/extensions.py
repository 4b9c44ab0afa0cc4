"""``/lines/{id}/extensions``: the number of a line, and the older paths that mean the same."""

from typing import Any

from ovix_bus.catalogue import lines
from ovix_schema import Context, Extension, Line, LineExtension, UserLine
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...kit import (
    Link,
    LinkExample,
    LinkSpec,
    Schema,
    ViewExample,
    ViewSpec,
    Work,
    associated,
    envelope,
    json_object,
    json_one,
    link,
    links,
    must_be_associated,
)
from ...line_caller_ids import refresh_caller_ids
from ...link_forms import dissolved, posted
from ..contexts import context_named
from ..extensions import EXTENSIONS
from ..extensions.resource import SHOWN, context_type_refused
from .endpoints import a_line_with_endpoint
from .resource import LINES, has_endpoint

ANYTHING = "confd.#"
"""What XiVO's oldest paths ask for."""


class LineExtensionRead(Schema):
    """The link of a line and an extension."""

    line_id: int
    extension_id: int
    links: list[Link]


class LineExtensionsRead(Schema):
    """The links of a line, or of an extension."""

    total: int
    items: list[LineExtensionRead]


async def _associate(work: Work, line: Line, extension: Extension) -> None:
    if not has_endpoint(line):
        raise must_be_associated("Line", "Endpoint", line_id=line.id)
    mine, others = aliased(UserLine), aliased(UserLine)
    has = select(LineExtension.extension_id).where(LineExtension.line_id == line.id)
    main_user = select(mine.user_id).where(mine.line_id == line.id, mine.main_user)
    context_type = select(Context.type).where(Context.name == extension.context)
    other_users = (
        select(func.array_agg(others.user_id))
        .join(LineExtension, LineExtension.line_id == others.line_id)
        .where(LineExtension.extension_id == extension.id, others.main_user)
    )
    asked = select(
        has.limit(1).scalar_subquery(),
        context_type.scalar_subquery(),
        main_user.scalar_subquery(),
        other_users.scalar_subquery(),
    )
    there, kind, user_id, sharing = (await work.session.execute(asked)).one()
    if there is not None:
        raise associated("Line", "Extension", line_id=line.id, extension_id=there)
    if extension.type != "user":
        raise associated("Extension", extension.type, extension_id=extension.id)
    _leads_to_lines(kind, extension)
    if user_id is not None and any(other != user_id for other in sharing or ()):
        raise associated("User", "Line", user_id=user_id, line_id=line.id)
    _link(work, line, extension)
    line.context = extension.context
    await refresh_caller_ids(work, line_id=line.id)


def _leads_to_lines(context_type: str, extension: Extension) -> None:
    if context_type != "internal":
        raise context_type_refused(context_type, extension)


def _link(work: Work, line: Line, extension: Extension) -> None:
    work.session.add(LineExtension(line_id=line.id, extension_id=extension.id, main_extension=True))
    work.announce(lines.line_extension_associated(line_id=line.id, extension_id=extension.id))


async def link_new_extension(work: Work, line: Line, extension: Extension) -> None:
    """A new line and its new number, of one context; caller ids are left to the caller."""
    _leads_to_lines((await context_named(work, extension.context)).type, extension)
    _link(work, line, extension)


async def _dissociate(work: Work, line: Line, extension: Extension) -> None:
    # The line is locked: nobody takes or gives it an extension meanwhile.
    there = await work.session.get(LineExtension, (line.id, extension.id))
    if there is None:
        raise LINE_EXTENSIONS.missing(line.id, extension.id)
    if line.device_id is not None:
        raise associated("Line", "Device", line_id=line.id, device_id=line.device_id)
    await work.session.execute(
        delete(LineExtension).where(
            LineExtension.line_id == line.id, LineExtension.extension_id == extension.id
        )
    )
    await refresh_caller_ids(work, line_id=line.id)
    work.announce(lines.line_extension_dissociated(line_id=line.id, extension_id=extension.id))


async def _extension_of(work: Work, line: Line) -> Extension | None:
    statement = (
        select(Extension)
        .join(LineExtension, LineExtension.extension_id == Extension.id)
        .where(LineExtension.line_id == line.id)
        .order_by(LineExtension.main_extension.desc(), Extension.id)
        .limit(1)
    )
    return await work.session.scalar(statement)


def _link_json(line_id: Any, extension_id: Any) -> Any:
    return json_object(
        line_id=line_id,
        extension_id=extension_id,
        links=links(
            link("lines", "/lines/", line_id), link("extensions", "/extensions/", extension_id)
        ),
    )


async def _example(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    line = await a_line_with_endpoint(session, entity_id)
    extension = Extension(exten="1000", context=line.context)
    session.add(extension)
    await session.flush()
    return line.id, extension.id


async def _linked(session: AsyncSession, entity_id: int) -> tuple[int, int]:
    line_id, extension_id = await _example(session, entity_id)
    row = LineExtension(line_id=line_id, extension_id=extension_id, main_extension=True)
    session.add(row)
    await session.flush()
    return row.line_id, row.extension_id


async def _linked_line(session: AsyncSession, entity_id: int) -> object:
    return (await _linked(session, entity_id))[0]


async def _linked_extension(session: AsyncSession, entity_id: int) -> object:
    return (await _linked(session, entity_id))[1]


_ROW = _link_json(LineExtension.line_id, LineExtension.extension_id)

LINE_EXTENSIONS = LinkSpec(
    name="line_extension",
    title="LineExtension",
    left=LINES,
    right=EXTENSIONS,
    path="/extensions",
    associate=_associate,
    dissociate=_dissociate,
    conflicts={
        name: lambda: associated("Line", "Extension")
        for name in ("pk_line_extensions", "uq_line_extensions_main_extension")
    },
    example=LinkExample(_example),
)

_SHOWN: Any = {"shows": _link_json(Line.id, Extension.id), "read": LineExtensionRead}
LINE_EXTENSION_POST = posted(LINE_EXTENSIONS, "/extensions", **_SHOWN)
LINE_EXTENSION_FORMS = (
    posted(LINE_EXTENSIONS, "/extension", name="post_line_extension_2", scope=ANYTHING, **_SHOWN),
    dissolved(LINE_EXTENSIONS, "/extension", _extension_of, scope=ANYTHING, deprecated=True),
)

LINE_EXTENSION_VIEWS: tuple[ViewSpec[Any], ...] = (
    ViewSpec(
        name="line_extensions",
        parent=LINES,
        path="/extensions",
        shows=envelope(_ROW, LineExtension.line_id == Line.id, order=(LineExtension.extension_id,)),
        read=LineExtensionsRead,
        example=ViewExample(_linked_line),
    ),
    ViewSpec(
        name="line_extension",
        parent=LINES,
        path="/extension",
        shows=json_one(_ROW, LineExtension.line_id == Line.id),
        read=LineExtensionRead,
        missing="LineExtension",
        read_scopes=(ANYTHING,),
        deprecated=True,
        example=ViewExample(_linked_line),
    ),
    ViewSpec(
        name="extension_lines",
        parent=EXTENSIONS,
        path="/lines",
        shows=envelope(
            _ROW, LineExtension.extension_id == SHOWN.c.id, order=(LineExtension.line_id,)
        ),
        read=LineExtensionsRead,
        example=ViewExample(_linked_extension),
    ),
    ViewSpec(
        name="extension_line",
        parent=EXTENSIONS,
        path="/line",
        shows=json_one(_ROW, LineExtension.extension_id == SHOWN.c.id),
        read=LineExtensionRead,
        missing="LineExtension",
        read_scopes=(ANYTHING,),
        deprecated=True,
        example=ViewExample(_linked_extension),
    ),
)
