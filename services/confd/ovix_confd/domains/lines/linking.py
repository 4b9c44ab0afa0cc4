"""Which lines a user may have and lose, asked of many lines at once.

Source: reference/confd/lines-endpoints-extensions.md, "User and line".
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ovix_schema import Extension, GroupUser, Line, LineExtension, User, UserLine
from sqlalchemy import ColumnElement, Select, Update, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...kit import ResourceError, Work, among, associated, must_be_associated
from .resource import LINES, has_endpoint


@dataclass(frozen=True)
class LineFacts:
    """Who has a line: by user id, whether he is its main user, and it is his main line."""

    users: Mapping[int, tuple[bool, bool]]
    sharing: Sequence[int]
    """Main users of other lines that ring under the same number."""

    def is_main_line_of(self, user_id: int) -> bool:
        """Whether the user has it as his main line."""
        return self.users.get(user_id, (False, False))[1]


def may_have(user_id: int, line: Line, facts: LineFacts) -> None:
    """Refuses to give a line to a user who has it, or who would ring under another's number."""
    if not has_endpoint(line):
        raise must_be_associated("Line", "Endpoint", line_id=line.id)
    if user_id in facts.users:
        raise associated("User", "Line", user_id=user_id, line_id=line.id)
    # Whoever else would ring under the same number makes it a group, which a line is not.
    if not facts.users and any(each != user_id for each in facts.sharing):
        raise associated("Line", "Extension", line_id=line.id, user_ids=list(facts.sharing))


def may_lose(user_id: int, line: Line, facts: LineFacts) -> None:
    """Refuses to take a line from its main user before the others, or while a phone has it."""
    is_main_user, _ = facts.users.get(user_id, (True, False))
    others = [each for each, (main_user, _) in facts.users.items() if not main_user]
    if is_main_user and others:
        raise ResourceError(
            "There are secondary users associated to the line", line_id=line.id, user_ids=others
        )
    if line.device_id is not None:
        raise associated("Line", "Device", line_id=line.id, device_id=line.device_id)


async def facts_of_lines(
    session: AsyncSession, user_id: int, line_ids: Collection[int]
) -> dict[int, LineFacts]:
    """Those of these lines, and of the lines that the user has, by line id."""
    linked = aliased(UserLine)
    link = func.json_build_array(linked.user_id, linked.main_user, linked.main_line)
    on_line = select(func.json_agg(aggregate_order_by(link, linked.user_id))).where(
        linked.line_id == Line.id
    )
    mine, other = aliased(LineExtension), aliased(LineExtension)
    sharing = (
        select(func.array_agg(linked.user_id))
        .join(other, other.line_id == linked.line_id)
        .join(mine, mine.extension_id == other.extension_id)
        .where(mine.line_id == Line.id, other.line_id != Line.id, linked.main_user)
    )
    asked = select(Line.id, on_line.scalar_subquery(), sharing.scalar_subquery()).where(
        _these_or_his(line_ids, user_id)
    )
    return {
        line_id: LineFacts(
            {user: (main_user, main_line) for user, main_user, main_line in having or ()},
            others or (),
        )
        for line_id, having, others in await session.execute(asked)
    }


def _these_or_his(line_ids: Collection[int], user_id: int) -> ColumnElement[bool]:
    """Lines of these ids, or of the user; by their index, which OR with EXISTS or IN is not."""
    his = select(UserLine.line_id).where(UserLine.user_id == user_id)
    return or_(Line.id.in_(line_ids), among(Line.id, his))


def _numbers_of(line_ids: Any) -> Select[int]:
    return (
        select(Extension.id)
        .join(LineExtension, LineExtension.extension_id == Extension.id)
        .where(LineExtension.line_id.in_(line_ids))
        .order_by(Extension.id)
        .with_for_update(key_share=True, of=Extension)
    )


async def lock_numbers(session: AsyncSession, line_id: int) -> None:
    """Who may ring under the numbers of a line is decided by one request at a time."""
    await session.execute(_numbers_of([line_id]))


@dataclass(frozen=True)
class LockedLine:
    """A line, and the entity of its context."""

    row: Line
    entity_id: int | None


async def lock_lines(work: Work, user_id: int, line_ids: Collection[int]) -> dict[int, LockedLine]:
    """These lines and those of the user, with their entities and, in the same go, their numbers.

    Only lines that the caller may see; by their id.
    """
    entity = LINES.entity_of_row
    locked = (
        select(Line, entity.label("entity"))
        .where(_these_or_his(line_ids, user_id), *work.owned(entity))
        .order_by(Line.id)
        .with_for_update(key_share=True, of=Line)
        .cte("locked")
    )
    numbers = _numbers_of(select(locked.c.id)).cte("numbers")
    # Of the locked rows themselves: what was read before the lock may have changed since.
    line = aliased(Line, locked)
    counted = select(func.count(numbers.c.id)).scalar_subquery()
    found = await work.session.execute(select(line, locked.c.entity, counted))
    return {row.id: LockedLine(row, entity_id) for row, entity_id, _ in found}


async def take_away(
    work: Work, user: User, line_ids: Collection[int], *, main_line_id: int | None = None
) -> bool:
    """Take lines from a user; where ``main_line_id`` is to be his main line, no other stays it.

    Groups ring their members on a line: who loses one is no member any more. Tells whether he was.
    """
    his = UserLine.user_id == user.id
    gone = delete(UserLine).where(his, UserLine.line_id.in_(line_ids)).returning(UserLine.line_id)
    left = delete(GroupUser).where(GroupUser.user_id == user.id).returning(GroupUser.group_id)
    left_groups = left.cte("left_groups")
    statement = select(func.count(left_groups.c.group_id)).add_cte(gone.cte("gone"))
    if main_line_id is not None:
        outranked = _outranked(user.id, main_line_id).where(UserLine.line_id.not_in(line_ids))
        statement = statement.add_cte(outranked.returning(UserLine.line_id).cte("outranked"))
    return bool(await work.session.scalar(statement))


async def outrank(work: Work, user: User, main_line_id: int) -> None:
    """No line of a user but this one stays his main one."""
    await work.session.execute(_outranked(user.id, main_line_id))


def _outranked(user_id: int, main_line_id: int) -> Update:
    return (
        update(UserLine)
        .where(UserLine.user_id == user_id, UserLine.main_line, UserLine.line_id != main_line_id)
        .values(main_line=False)
        .execution_options(synchronize_session=False)
    )
