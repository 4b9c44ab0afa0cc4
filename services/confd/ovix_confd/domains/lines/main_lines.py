"""Which line of a user is his main one."""

from collections.abc import Sequence

from ovix_schema import Line, User, UserLine
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import aliased

from ...kit import Work


async def lock_users_of_line(work: Work, *of_line: ColumnElement[bool]) -> None:
    """The users of such a line, in order: which line is the main one is decided one at a time.

    Before the line itself is locked, as the requests about a user's lines do.
    """
    linked = select(UserLine.user_id).join(Line, Line.id == UserLine.line_id).where(*of_line)
    await lock_users(work, User.id.in_(linked))


async def lock_users(work: Work, which: ColumnElement[bool]) -> None:
    """These users, in the order of their ids."""
    await work.session.execute(
        select(User.id).where(which).order_by(User.id).with_for_update(key_share=True)
    )


async def promote_main_lines(work: Work, user_ids: Sequence[int]) -> None:
    """Each of these users who has lines but no main one gets that of lowest id."""
    other = aliased(UserLine)
    has_main = select(other.user_id).where(other.user_id == UserLine.user_id, other.main_line)
    lowest = (
        select(func.min(other.line_id)).where(other.user_id == UserLine.user_id).scalar_subquery()
    )
    await work.session.execute(
        update(UserLine)
        .where(UserLine.user_id.in_(user_ids), UserLine.line_id == lowest, ~has_main.exists())
        .values(main_line=True),
        execution_options={"synchronize_session": False},
    )
