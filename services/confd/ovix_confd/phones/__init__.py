"""The configuration of phones follows users, lines, numbers, keys and registrars.

``following`` hears what changes and finds the devices concerned, ``rows`` reads what their
configuration is made of, ``regeneration`` has provd store what differs.
"""

from .following import Following
from .regeneration import reset_to_autoprov, up_to_date

__all__ = ["Following", "reset_to_autoprov", "up_to_date"]
