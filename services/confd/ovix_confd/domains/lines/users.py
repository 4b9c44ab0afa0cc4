"""``/users/{id}/lines``: the lines of a user, and the users of a line."""

from typing import Any

from ovix_bus.catalogue import users
from ovix_schema import Extension, Line, LineExtension, User, UserLine
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...kit import (
    Form,
    Id,
    Link,
    LinkExample,
    LinkSpec,
    ResourceError,
    Schema,
    ViewExample,
    ViewSpec,
    Work,
    associated,
    envelope,
    json_object,
    link,
    links,
    must_be_associated,
    not_permitted,
)
from ...line_caller_ids import refresh_caller_ids
from ..users import USERS
from ..users.services import a_user
from .endpoints import a_line_with_endpoint
from .main_lines import promote_main_lines
from .resource import LINES, has_endpoint


class UserLineRead(Schema):
    """The link of a user and a line."""

    user_id: int
    line_id: int
    main_user: bool
    main_line: bool
    links: list[Link]


class UserLinesRead(Schema):
    """The lines of a user, or the users of a line."""

    total: int
    items: list[UserLineRead]


class LineOfUserUpdate(Schema):
    """A line, by its id."""

    id: Id


class UserLinesUpdate(Schema):
    """The lines a user is to have, the main one first."""

    lines: list[LineOfUserUpdate]


async def _associate(work: Work, user: User, line: Line) -> None:
    if not has_endpoint(line):
        raise must_be_associated("Line", "Endpoint", line_id=line.id)
    # Who may ring under its number is decided by one request at a time.
    await work.session.execute(
        select(Extension.id)
        .join(LineExtension, LineExtension.extension_id == Extension.id)
        .where(LineExtension.line_id == line.id)
        .order_by(Extension.id)
        .with_for_update(key_share=True, of=Extension)
    )
    linked = aliased(UserLine)
    on_line = select(func.array_agg(linked.user_id)).where(linked.line_id == line.id)
    main_line = select(linked.line_id).where(linked.user_id == user.id, linked.main_line)
    # Whoever else would ring under the same number makes it a group, which a line is not.
    mine, other = aliased(LineExtension), aliased(LineExtension)
    others = (
        select(func.array_agg(linked.user_id))
        .join(other, other.line_id == linked.line_id)
        .join(mine, mine.extension_id == other.extension_id)
        .where(mine.line_id == line.id, other.line_id != line.id, linked.main_user)
    )
    asked = select(on_line.scalar_subquery(), main_line.scalar_subquery(), others.scalar_subquery())
    user_ids, main_line_id, sharing = (await work.session.execute(asked)).one()
    if user.id in (user_ids or ()):
        raise associated("User", "Line", user_id=user.id, line_id=line.id)
    if not user_ids and any(each != user.id for each in sharing or ()):
        raise associated("Line", "Extension", line_id=line.id, user_ids=sharing)
    row = UserLine(
        user_id=user.id, line_id=line.id, main_user=not user_ids, main_line=main_line_id is None
    )
    _link(work, row)
    if row.main_user:
        await refresh_caller_ids(work, line_id=line.id)


def _link(work: Work, row: UserLine) -> None:
    work.session.add(row)
    work.announce(users.line_associated(**_data(row)))


def link_new_line(work: Work, user: User, line: Line) -> None:
    """A new user and his new line, each the other's main one; caller ids are left to the caller."""
    _link(work, UserLine(user_id=user.id, line_id=line.id, main_user=True, main_line=True))


async def _dissociate(work: Work, user: User, line: Line) -> None:
    row = await work.session.get(UserLine, (user.id, line.id))
    if row is None:
        raise USER_LINES.missing(user.id, line.id)
    if row.main_user:
        secondary = select(UserLine.user_id).where(
            UserLine.line_id == line.id, UserLine.user_id != user.id
        )
        left = list(await work.session.scalars(secondary))
        if left:
            raise ResourceError(
                "There are secondary users associated to the line", line_id=line.id, user_ids=left
            )
    if line.device_id is not None:
        raise associated("Line", "Device", line_id=line.id, device_id=line.device_id)
    data = _data(row)
    await work.session.execute(
        delete(UserLine).where(UserLine.user_id == user.id, UserLine.line_id == line.id)
    )
    if data["main_line"]:
        await promote_main_lines(work, [user.id])
    work.announce(users.line_dissociated(**data))


async def _replace(work: Work, user: User, body: UserLinesUpdate) -> None:
    """Exactly these lines, the first one his main line: what goes is checked before what comes."""
    wanted = [each.id for each in body.lines]
    if len(set(wanted)) < len(wanted):
        raise not_permitted("The same line is there twice", line_ids=wanted)
    having = select(UserLine).where(UserLine.user_id == user.id).order_by(UserLine.line_id)
    before = {row.line_id: row.main_line for row in await work.session.scalars(having)}
    for line_id in before.keys() - set(wanted):
        await _dissociate(work, *await USER_LINES.both(work, user.id, line_id))
    for line_id in wanted:
        if line_id not in before:
            await _associate(work, *await USER_LINES.both(work, user.id, line_id, in_body=True))
            await work.session.flush()
    if wanted and not before.get(wanted[0]):
        await _make_main(work, user, wanted[0])


async def _make_main(work: Work, user: User, line_id: int) -> None:
    his = update(UserLine).where(UserLine.user_id == user.id)
    without_sync = {"synchronize_session": False}
    # Two statements: no user has two main lines, not even between the rows of one.
    for statement in (
        his.where(UserLine.main_line).values(main_line=False),
        his.where(UserLine.line_id == line_id).values(main_line=True),
    ):
        await work.session.execute(statement, execution_options=without_sync)
    work.announce(users.user_edited(id=user.id, uuid=user.uuid))


def _data(row: UserLine) -> dict[str, Any]:
    return {
        "user_id": row.user_id,
        "line_id": row.line_id,
        "main_user": row.main_user,
        "main_line": row.main_line,
    }


_ROW = json_object(
    user_id=UserLine.user_id,
    line_id=UserLine.line_id,
    main_user=UserLine.main_user,
    main_line=UserLine.main_line,
    links=links(
        link("users", "/users/", UserLine.user_id), link("lines", "/lines/", UserLine.line_id)
    ),
)


async def _example(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    user_id = await a_user(session, entity_id)
    return user_id, (await a_line_with_endpoint(session, entity_id)).id


async def _linked(session: AsyncSession, entity_id: int) -> tuple[int, int]:
    user_id, line_id = await _example(session, entity_id)
    row = UserLine(user_id=user_id, line_id=line_id, main_user=True, main_line=True)
    session.add(row)
    await session.flush()
    return row.user_id, row.line_id


async def _linked_user(session: AsyncSession, entity_id: int) -> object:
    return (await _linked(session, entity_id))[0]


async def _linked_line(session: AsyncSession, entity_id: int) -> object:
    return (await _linked(session, entity_id))[1]


USER_LINES = LinkSpec(
    name="user_line",
    title="UserLine",
    left=USERS,
    right=LINES,
    path="/lines",
    associate=_associate,
    dissociate=_dissociate,
    posts=(Form("/lines", deprecated=True),),
    shows=json_object(
        user_id=User.id,
        line_id=Line.id,
        main_user=select(UserLine.main_user)
        .where(UserLine.user_id == User.id, UserLine.line_id == Line.id)
        .scalar_subquery(),
        main_line=select(UserLine.main_line)
        .where(UserLine.user_id == User.id, UserLine.line_id == Line.id)
        .scalar_subquery(),
        links=links(link("users", "/users/", User.id), link("lines", "/lines/", Line.id)),
    ),
    read=UserLineRead,
    conflicts={
        name: lambda: associated("User", "Line")
        for name in ("pk_user_lines", "uq_user_lines_main_user", "uq_user_lines_main_line")
    },
    example=LinkExample(_example),
)

USER_LINE_VIEWS: tuple[ViewSpec[Any], ...] = (
    ViewSpec(
        name="user_lines",
        parent=USERS,
        path="/lines",
        shows=envelope(
            _ROW,
            UserLine.user_id == User.id,
            order=(UserLine.main_line.desc(), UserLine.line_id),
        ),
        read=UserLinesRead,
        write=UserLinesUpdate,
        apply=_replace,
        example=ViewExample(_linked_user, {"lines": []}),
    ),
    ViewSpec(
        name="line_users",
        parent=LINES,
        path="/users",
        shows=envelope(
            _ROW,
            UserLine.line_id == Line.id,
            order=(UserLine.main_user.desc(), UserLine.user_id),
        ),
        read=UserLinesRead,
        example=ViewExample(_linked_line),
    ),
)
