"""``/wizard``: the first steps of an installation, once, without a token.

Source: reference/confd/settings-wizard-misc.md, "Wizard" (F-065 to F-071).
"""

from .endpoints import WIZARD

SPECS = WIZARD

__all__ = ["SPECS"]
