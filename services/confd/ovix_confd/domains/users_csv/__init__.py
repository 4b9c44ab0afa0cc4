"""Users as CSV: import, update and export.

Source: reference/confd/users.md, "CSV import", "CSV update" and "CSV export".
"""

from .exports import EXPORT
from .imports import IMPORTS

SPECS = (*IMPORTS, EXPORT)

__all__ = ["SPECS"]
