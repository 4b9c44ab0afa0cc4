"""Phones, as provd knows them, and the lines that are on them.

Read from the documents that provd keeps in the database; changed by asking provd (decision 0072).
Source: reference/confd/devices-funckeys.md.
"""

from .endpoints import DEVICE_CHANGES
from .lines import DEVICE_LINE_VIEWS, LINE_DEVICES
from .resource import DEVICES

SPECS = (DEVICES, *DEVICE_CHANGES, LINE_DEVICES, *DEVICE_LINE_VIEWS)

__all__ = ["DEVICES", "SPECS"]
