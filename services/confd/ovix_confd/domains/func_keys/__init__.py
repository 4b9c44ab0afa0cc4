"""Function keys: templates, and the keys of users.

Source: reference/confd/devices-funckeys.md.
"""

from .endpoints import ROUTER
from .templates import TEMPLATE_USERS, TEMPLATES

SPECS = (TEMPLATES, TEMPLATE_USERS)

__all__ = ["ROUTER", "SPECS", "TEMPLATES"]
