"""The installation as a whole: who it is, the time zones it knows, whether changes apply at once.

Source: reference/confd/settings-wizard-misc.md, "Infos, live reload, reference data".
"""

from .cti_profiles import CTI_PROFILES
from .live_reload import LIVE_RELOAD
from .reference_data import REFERENCE_DATA

SPECS = (LIVE_RELOAD, CTI_PROFILES, *REFERENCE_DATA)

__all__ = ["SPECS"]
