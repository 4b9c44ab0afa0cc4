"""Schedules: when something is open, and where calls go when it is closed.

Source: reference/confd/conferences-…-schedules-switchboards.md, "Schedule fields".
"""

from .resource import SCHEDULES

SPECS = (SCHEDULES,)

__all__ = ["SCHEDULES", "SPECS"]
