"""The call filter resource: what is read, stored and checked."""

from typing import Any

from ovix_bus.catalogue import call_filters
from ovix_schema import CallFilter, CallFilterMember, DialAction, FeatureCode, FuncKey, User
from sqlalchemy import Text, case, cast, delete, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...fallbacks import fallbacks_json
from ...kit import (
    Announces,
    Example,
    Key,
    ResourceSpec,
    Rows,
    Work,
    constant,
    json_list,
    json_object,
    link,
    links,
    param_not_found,
    taken,
)
from ...lost_keys import announce_lost_keys
from ...relations import user_relation
from .schemas import CallFilterCreate, CallFilterRead, CallFilterUpdate

CATEGORY = "callfilter"
"""Of its dial actions."""
FALLBACK_OF_EVENT = {"noanswer": "noanswer_destination"}

_CODE_OF_PATTERN = func.substring(FeatureCode.exten, literal_column("'^_([^[NXZ!.]*)'"))
_CODE = (
    select(
        case(
            (FeatureCode.exten.like(literal_column(r"'\_%'")), _CODE_OF_PATTERN),
            else_=FeatureCode.exten,
        )
    )
    .where(FeatureCode.feature == constant("bsfilter"), FeatureCode.enabled)
    .scalar_subquery()
)
"""The code without its pattern, as `ovix_telephony.patterns.clean_feature_code` makes it."""


def _members(role: str, **more: Any) -> Any:
    return json_object(
        users=json_list(
            user_relation(**more),
            CallFilterMember.call_filter_id == CallFilter.id,
            CallFilterMember.role == constant(role),
            User.id == CallFilterMember.user_id,
            order=(CallFilterMember.priority, CallFilterMember.id),
        )
    )


async def forget_members(work: Work, call_filter: CallFilter) -> None:
    """Its fallback goes with it, and the keys that switched its surrogates."""
    members = select(CallFilterMember.id).where(CallFilterMember.call_filter_id == call_filter.id)
    await announce_lost_keys(work, FuncKey.filter_member_id.in_(members))
    await work.session.execute(
        delete(DialAction).where(
            DialAction.category == CATEGORY, DialAction.category_id == call_filter.id
        )
    )


async def a_call_filter(session: AsyncSession, entity_id: int) -> object:
    """A filter of that entity, for examples."""
    made = CallFilter(
        name=f"direction{entity_id}", strategy="all", source="all", entity_id=entity_id
    )
    session.add(made)
    await session.flush()
    return made.id


_COLUMNS = (
    "id", "name", "strategy", "source", "caller_id_mode", "caller_id_name", "surrogates_timeout",
    "description", "enabled",
)  # fmt: skip

CALL_FILTERS = ResourceSpec(
    name="call_filter",
    title="CallFilter",
    path="/callfilters",
    model=CallFilter,
    read=CallFilterRead,
    create=CallFilterCreate,
    update=CallFilterUpdate,
    rows=Rows(
        item={
            **{name: getattr(CallFilter, name) for name in _COLUMNS},
            "recipients": _members("recipient", timeout=CallFilterMember.timeout),
            "surrogates": _members(
                "surrogate",
                member_id=CallFilterMember.id,
                exten=cast(_CODE, Text).concat(cast(CallFilterMember.id, Text)),
                active=CallFilterMember.active,
            ),
            "fallbacks": fallbacks_json(CATEGORY, CallFilter.id, FALLBACK_OF_EVENT),
            "links": links(link("callfilters", "/callfilters/", CallFilter.id)),
        },
        columns={
            "id": CallFilter.id,
            "name": CallFilter.name,
            "description": CallFilter.description,
        },
        order="name",
        key=Key(CallFilter.id),
        source=CallFilter.__table__,
        entity=CallFilter.entity_id,
    ),
    deletion=(forget_members,),
    announces=Announces(
        created=call_filters.call_filter_created,
        edited=call_filters.call_filter_edited,
        deleted=call_filters.call_filter_deleted,
    ),
    conflicts={
        "uq_call_filters_name": taken("CallFilter"),
        "fk_call_filter_members_user_id": lambda: param_not_found("users", "User"),
    },
    example=Example(
        body={
            "name": "direction",
            "strategy": "all-recipients-then-linear-surrogates",
            "source": "external",
            "caller_id_mode": "prepend",
            "caller_id_name": "Direction",
            "surrogates_timeout": 30,
            "description": "Calls to the director from outside",
            "enabled": True,
        },
        change={"strategy": "all", "surrogates_timeout": None},
        vary=lambda n: {"name": f"direction {n}"},
    ),
)
