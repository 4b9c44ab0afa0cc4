"""Function keys that go with the membership of a filter they switch: their phones must hear of it.

Foreign keys delete them; what is announced is the change of their templates.
"""

from typing import Any

from ovix_bus.catalogue import func_keys
from ovix_schema import FuncKey
from ovix_web import Work
from sqlalchemy import Select, select


async def announce_lost_keys(work: Work, members: Select[Any]) -> None:
    """Tell that templates are about to lose the keys of these filter members."""
    templates = await work.session.scalars(
        select(FuncKey.template_id)
        .where(FuncKey.filter_member_id.in_(members))
        .distinct()
        .order_by(FuncKey.template_id)
    )
    work.announce(*(func_keys.func_key_template_edited(id=each) for each in templates))


__all__ = ["announce_lost_keys"]
