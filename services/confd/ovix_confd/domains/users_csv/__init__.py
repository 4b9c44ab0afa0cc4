"""Users as CSV: import, update and export.

Source: reference/confd/users.md, "CSV import", "CSV update" and "CSV export".
"""

from fastapi import APIRouter

from . import exports, imports

ROUTER = APIRouter()
for part in (imports, exports):
    ROUTER.include_router(part.ROUTER)

__all__ = ["ROUTER"]
