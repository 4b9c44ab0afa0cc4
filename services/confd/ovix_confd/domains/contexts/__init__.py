"""Contexts with their number ranges and inclusions.

Source: reference/confd/contexts-entities.md.
"""

from .free_numbers import ROUTER
from .inclusions import CONTEXT_INCLUSIONS
from .lookups import context_named, entity_of_context
from .resource import CONTEXTS

SPECS = (CONTEXTS, CONTEXT_INCLUSIONS)

__all__ = ["CONTEXTS", "ROUTER", "SPECS", "context_named", "entity_of_context"]
