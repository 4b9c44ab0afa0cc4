"""Which line of a user is his main one."""

from collections.abc import Sequence

from ovix_schema import UserLine
from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from ...kit import Work


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
