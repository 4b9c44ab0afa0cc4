"""Function keys that go with what they lead to or switch: their phones must hear of it.

Foreign keys delete them; what is announced is the change of their templates, while those are found.
"""

from ovix_bus.catalogue import func_keys
from ovix_schema import FuncKey
from ovix_web import Work
from sqlalchemy import ColumnElement, select


async def announce_lost_keys(work: Work, lost: ColumnElement[bool]) -> None:
    """Tell that templates are about to lose these keys."""
    templates = await work.session.scalars(
        select(FuncKey.template_id).where(lost).distinct().order_by(FuncKey.template_id)
    )
    work.announce(*(func_keys.func_key_template_edited(id=each) for each in templates))


__all__ = ["announce_lost_keys"]
