"""Tenants: confd's entities under the name, and with the members, that auth's clients know.

One row is both (docs/decisions/0034): what is made here is an entity in confd, and the other way
round. ``slug`` is the entity's name.
"""

from .operations import OPERATIONS

__all__ = ["OPERATIONS"]
