"""``/users/{id}/lines``: the lines of a user, and the users of a line."""

from collections.abc import Mapping
from typing import Any

from ovix_bus.catalogue import users
from ovix_schema import Line, User, UserLine
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ...errors import param_not_found
from ...kit import (
    Id,
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
    link,
    links,
    not_permitted,
)
from ...line_caller_ids import store_user_lines
from ...link_forms import posted
from ..users import USERS
from ..users.services import a_user
from .endpoints import a_line_with_endpoint
from .linking import (
    LineFacts,
    facts_of_lines,
    lock_lines,
    lock_numbers,
    may_have,
    may_lose,
    outrank,
    take_away,
)
from .main_lines import promote_main_lines
from .resource import LINES


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
    await lock_numbers(work.session, line.id)
    facts = await facts_of_lines(work.session, user.id, [line.id])
    may_have(user.id, line, facts[line.id])
    has_main_line = any(each.is_main_line_of(user.id) for each in facts.values())
    row = UserLine(
        user_id=user.id,
        line_id=line.id,
        main_user=not facts[line.id].users,
        main_line=not has_main_line,
    )
    await store_user_lines(work, user.id, [row])
    work.announce(users.line_associated(**_data(row)))


def link_new_line(work: Work, user: User, line: Line) -> None:
    """A new user and his new line, each the other's main one; caller ids are left to the caller."""
    row = UserLine(user_id=user.id, line_id=line.id, main_user=True, main_line=True)
    work.session.add(row)
    work.announce(users.line_associated(**_data(row)))


async def _dissociate(work: Work, user: User, line: Line) -> None:
    facts = (await facts_of_lines(work.session, user.id, [line.id]))[line.id]
    may_lose(user.id, line, facts)
    if user.id not in facts.users:
        raise USER_LINES.missing(user.id, line.id)
    left_groups = await take_away(work, user, [line.id])
    if facts.is_main_line_of(user.id):
        await promote_main_lines(work, [user.id])
    _announce_parting(work, user, {line.id: facts}, left_groups=left_groups)


def _announce_parting(
    work: Work, user: User, lines: Mapping[int, LineFacts], *, left_groups: bool
) -> None:
    for line_id, facts in lines.items():
        main_user, main_line = facts.users[user.id]
        row = UserLine(user_id=user.id, line_id=line_id, main_user=main_user, main_line=main_line)
        work.announce(users.line_dissociated(**_data(row)))
    if left_groups:
        work.announce(users.groups_associated(user_uuid=user.uuid, group_ids=[]))


async def _replace(work: Work, user: User, body: UserLinesUpdate) -> None:
    """Exactly these lines, the first one his main line: what goes is checked before what comes."""
    wanted = [each.id for each in body.lines]
    if len(set(wanted)) < len(wanted):
        raise not_permitted("The same line is there twice", line_ids=wanted)
    lines = await lock_lines(work, user.id, wanted)
    facts = await facts_of_lines(work.session, user.id, wanted)
    his = {line_id: each for line_id, each in facts.items() if user.id in each.users}
    gone = {line_id: each for line_id, each in his.items() if line_id not in wanted}
    for line_id, each in gone.items():
        may_lose(user.id, lines[line_id].row, each)
    new = [line_id for line_id in wanted if line_id not in his]
    for line_id in new:
        if line_id not in lines:
            raise param_not_found("line_id", LINES.title, id=line_id)
        USER_LINES.of_one_entity(user.entity_id, lines[line_id].entity_id)
        may_have(user.id, lines[line_id].row, facts[line_id])
    main = wanted[0] if wanted else None
    was_main = next((n for n, each in his.items() if each.is_main_line_of(user.id)), None)
    # Two statements: no user has two main lines, not even between the rows of one.
    if gone:
        left_groups = await take_away(work, user, gone, main_line_id=main)
        _announce_parting(work, user, gone, left_groups=left_groups)
    elif main is not None and was_main not in (None, main):
        await outrank(work, user, main)
    rows = [
        UserLine(
            user_id=user.id,
            line_id=line_id,
            main_user=not facts[line_id].users,
            main_line=line_id == main,
        )
        for line_id in new
    ]
    to_rank = main if main in his and main != was_main else None
    if rows or to_rank is not None:
        await store_user_lines(work, user.id, rows, main_line_id=to_rank)
    for row in rows:
        work.announce(users.line_associated(**_data(row)))
    if main is not None and main != was_main:
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
    conflicts={
        name: lambda: associated("User", "Line")
        for name in ("pk_user_lines", "uq_user_lines_main_user", "uq_user_lines_main_line")
    },
    example=LinkExample(_example),
)
USER_LINE_POST = posted(
    USER_LINES,
    "/lines",
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
