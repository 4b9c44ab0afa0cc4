"""What other domains ask about contexts: does it exist for the caller, whose is it."""

from typing import Any

from ovix_schema import Context
from sqlalchemy import select
from sqlalchemy.orm import aliased

from ...kit import Work, param_not_found


def entity_of_context(name: Any) -> Any:
    """The entity of whatever lives in the context of that name, as an SQL expression."""
    home = aliased(Context)  # the statement around it may be about contexts too
    return select(home.entity_id).where(home.name == name).scalar_subquery()


async def context_named(work: Work, name: str) -> Context:
    """The context a body names; 400 when the caller sees none of that name."""
    statement = select(Context).where(Context.name == name, *work.owned(Context.entity_id))
    found = await work.session.scalar(statement)
    if found is None:
        raise param_not_found("context", "Context", context=name)
    return found
