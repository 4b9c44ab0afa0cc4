"""Call filters: whose calls are taken by whom, boss (recipient) and secretaries (surrogates).

Source: reference/confd/call-permissions-filters-pickups.md, "Call filter fields".
"""

from .fallbacks import CALL_FILTER_FALLBACKS
from .members import CALL_FILTER_RECIPIENTS, CALL_FILTER_SURROGATES
from .resource import CALL_FILTERS

SPECS = (CALL_FILTERS, CALL_FILTER_RECIPIENTS, CALL_FILTER_SURROGATES, CALL_FILTER_FALLBACKS)

__all__ = ["CALL_FILTERS", "SPECS"]
