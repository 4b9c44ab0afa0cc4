"""Users as CSV: import, update and export.

Source: reference/confd/users.md, "CSV import", "CSV update" and "CSV export".
"""

from .imports import ROUTER

__all__ = ["ROUTER"]
