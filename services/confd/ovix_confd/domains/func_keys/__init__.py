"""Function keys: templates, and the keys of users.

Source: reference/confd/devices-funckeys.md.
"""

from .endpoints import SINGLE_KEYS
from .templates import TEMPLATE_USERS, TEMPLATES
from .users import USER_FUNC_KEYS, USER_TEMPLATE_LIST, USER_TEMPLATES

SPECS = (
    TEMPLATES,
    TEMPLATE_USERS,
    USER_FUNC_KEYS,
    USER_TEMPLATES,
    USER_TEMPLATE_LIST,
    *SINGLE_KEYS,
)

__all__ = ["SPECS", "TEMPLATES"]
