"""Contexts and SIP endpoints named by an entity's administrator: such as are the entity's own.

What a text names is told by `ovix_telephony.interfaces`. Asterisk is asked by these names, and to
it all entities are one.
"""

from collections.abc import Mapping
from typing import Any

from ovix_schema import Context, EndpointSip
from ovix_telephony.interfaces import Named
from sqlalchemy import func, select

from .kit import Work, param_not_found

KINDS = {
    "contexts": (Context.name, Context.entity_id, "Context", "context"),
    "endpoints": (EndpointSip.username, EndpointSip.entity_id, "SIPEndpoint", "username"),
}


def asked(work: Work, named: Named) -> dict[str, Any]:
    """The subqueries, by kind, that find those of the names that are the entity's."""
    return {
        kind: select(column)
        .where(column.in_(getattr(named, kind)), entity == work.entity_id)
        .scalar_subquery()
        for kind, (column, entity, _, _) in KINDS.items()
        if getattr(named, kind)
    }


def check(field: str, named: Named, found: Mapping[str, Any]) -> None:
    """400 for a name that was asked for and not found."""
    for kind, (_, _, resource, key) in KINDS.items():
        for name in sorted(getattr(named, kind) - set(found.get(kind, ()))):
            raise param_not_found(field, resource, **{key: name})


async def must_be_own(work: Work, field: str, named: Named) -> None:
    """The names are the entity's own; one statement, or none where there are none."""
    subqueries = asked(work, named)
    if not subqueries:
        return
    row = await work.session.execute(select(*(func.array(each) for each in subqueries.values())))
    check(field, named, dict(zip(subqueries, row.one(), strict=True)))
