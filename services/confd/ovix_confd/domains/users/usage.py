"""``GET /users/{id}/usage``: when a user was last there, for whoever clears up (features.md: I-03).

Beside XiVO's API. calld notes every few minutes whose phones are registered.
"""

from typing import Any

from ovix_schema import CallLog, LineRegistration, User, UserLine
from sqlalchemy import ColumnElement, func, select

from ...kit import Schema, ViewExample, ViewSpec, json_object
from .resource import USERS
from .services import a_user


class UserUsageRead(Schema):
    """When a user was last called, called, and registered; null: never, or longer ago than the
    call log goes back."""

    last_call_in: str | None
    last_call_out: str | None
    last_registered: str | None
    created_at: str


def _last(side: Any) -> ColumnElement[Any]:
    return select(func.max(CallLog.date)).where(side == User.uuid).scalar_subquery()


_LAST_REGISTERED = (
    select(func.max(LineRegistration.seen_at))
    .join(UserLine, UserLine.line_id == LineRegistration.line_id)
    .where(UserLine.user_id == User.id)
    .scalar_subquery()
)

USER_USAGE = ViewSpec(
    name="user_usage",
    parent=USERS,
    path="/usage",
    shows=json_object(
        last_call_in=_last(CallLog.destination_user_uuid),
        last_call_out=_last(CallLog.source_user_uuid),
        last_registered=_LAST_REGISTERED,
        created_at=User.created_at,
    ),
    read=UserUsageRead,
    example=ViewExample(a_user),
)
