"""What keeps a resource from being deleted: the first use that is found, by name and ids.

Foreign keys say no too; they guard what happens at the same time, and don't know by whom.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from .kit import Work, associated

TOLD = 10
"""Users of a resource that an error names."""


@dataclass(frozen=True)
class Use:
    """Rows that use a resource: what errors call them, their id, and which they are."""

    title: str
    id: Any
    of: Callable[[Any], ColumnElement[bool]]


def kept_by(resource: str, *uses: Use) -> Callable[[Work, Any], Awaitable[None]]:
    """A rule of deletion: refused while there is any of these uses; one statement.

    ``Context is associated with a Voicemail ('context_id': 1, 'voicemail_ids': [3, 4])``.
    """

    async def unused(work: Work, row: Any) -> None:
        found = await work.session.execute(
            select(
                *(
                    # Not the lowest: looked for in the order of ids, all rows were read for none.
                    func.array(select(use.id).where(use.of(row)).limit(TOLD).scalar_subquery())
                    for use in uses
                )
            )
        )
        for use, ids in zip(uses, found.one(), strict=True):
            if ids:
                told = {f"{resource.lower()}_id": row.id, f"{use.title.lower()}_ids": sorted(ids)}
                raise associated(resource, use.title, **told)

    return unused
