"""Contexts with their number ranges and inclusions.

Source: reference/confd/contexts-entities.md.
"""

from .free_numbers import FREE_NUMBERS
from .inclusions import CONTEXT_INCLUSIONS
from .lookups import context_named, entity_of_context, in_context_of_entity
from .resource import CONTEXTS

SPECS = (CONTEXTS, CONTEXT_INCLUSIONS, *FREE_NUMBERS)

__all__ = ["CONTEXTS", "SPECS", "context_named", "entity_of_context", "in_context_of_entity"]
