"""``/callfilters/{id}/recipients/users`` and ``/surrogates/users``: who is boss, who secretary.

Whoever stays keeps the id of his membership: function keys and dialled codes name it.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ovix_bus.catalogue import call_filters
from ovix_schema import CallFilter, CallFilterMember, FuncKey, User
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ...kit import ViewExample, ViewSpec, Work, not_permitted, param_not_found
from ...lost_keys import announce_lost_keys
from .resource import CALL_FILTERS, a_call_filter
from .schemas import Recipients, Surrogates

RECIPIENT, SURROGATE = "recipient", "surrogate"


async def _replace_recipients(work: Work, call_filter: CallFilter, body: Recipients) -> None:
    uuids = [each.uuid for each in body.users]
    ids = await _users_of(work, call_filter, RECIPIENT, uuids)
    timeouts = {
        user_id: {"timeout": each.timeout, "priority": 0}
        for user_id, each in zip(ids, body.users, strict=True)
    }
    await _replace(work, call_filter, RECIPIENT, timeouts)
    work.announce(
        call_filters.call_filter_recipient_users_associated(
            call_filter_id=call_filter.id, user_uuids=uuids
        )
    )


async def _replace_surrogates(work: Work, call_filter: CallFilter, body: Surrogates) -> None:
    uuids = [each.uuid for each in body.users]
    if len(set(uuids)) < len(uuids):
        raise not_permitted("The same user is there twice", uuids=[str(each) for each in uuids])
    ids = await _users_of(work, call_filter, SURROGATE, uuids)
    places = {user_id: {"timeout": None, "priority": place} for place, user_id in enumerate(ids)}
    await _replace(work, call_filter, SURROGATE, places)
    work.announce(
        call_filters.call_filter_surrogate_users_associated(
            call_filter_id=call_filter.id, user_uuids=uuids
        )
    )


async def _users_of(
    work: Work, call_filter: CallFilter, role: str, uuids: Sequence[UUID]
) -> list[int]:
    """Their ids, in order: they exist, are of the filter's entity, and have no other role in it."""
    if not uuids:
        return []
    its = (CallFilterMember.call_filter_id == call_filter.id) & (
        CallFilterMember.user_id == User.id
    )
    found = await work.session.execute(
        select(User.uuid, User.id, User.entity_id, CallFilterMember.role)
        .outerjoin(CallFilterMember, its)
        .where(User.uuid.in_(uuids), *work.owned(User.entity_id))
    )
    known = {row.uuid: row for row in found}
    for uuid in uuids:
        if uuid not in known:
            raise param_not_found("users", "User", uuid=str(uuid))
        user = known[uuid]
        if user.entity_id != call_filter.entity_id:
            raise not_permitted("CallFilter and User are of different entities", uuid=str(uuid))
        if user.role not in (None, role):
            raise not_permitted(f"The user is a {user.role} of the filter", uuid=str(uuid))
    return [known[uuid].id for uuid in uuids]


async def _replace(
    work: Work, call_filter: CallFilter, role: str, users: Mapping[int, Mapping[str, int | None]]
) -> None:
    """Exactly these; the filter's row is locked, so nobody else is changing them."""
    gone = (
        CallFilterMember.call_filter_id == call_filter.id,
        CallFilterMember.role == role,
        CallFilterMember.user_id.not_in(users),
    )
    members = select(CallFilterMember.id).where(*gone)
    await announce_lost_keys(work, FuncKey.filter_member_id.in_(members))
    await work.session.execute(delete(CallFilterMember).where(*gone))
    if users:
        statement = insert(CallFilterMember).values(
            [
                {"call_filter_id": call_filter.id, "user_id": user_id, "role": role, **values}
                for user_id, values in users.items()
            ]
        )
        changed = {name: statement.excluded[name] for name in ("timeout", "priority")}
        await work.session.execute(
            statement.on_conflict_do_update(
                constraint="uq_call_filter_members_call_filter_id_user_id", set_=changed
            )
        )


CALL_FILTER_RECIPIENTS = ViewSpec(
    name="call_filter_recipient_users",
    parent=CALL_FILTERS,
    path="/recipients/users",
    write=Recipients,
    apply=_replace_recipients,
    example=ViewExample(a_call_filter, {"users": []}),
)
CALL_FILTER_SURROGATES = ViewSpec(
    name="call_filter_surrogate_users",
    parent=CALL_FILTERS,
    path="/surrogates/users",
    write=Surrogates,
    apply=_replace_surrogates,
    example=ViewExample(a_call_filter, {"users": []}),
)
