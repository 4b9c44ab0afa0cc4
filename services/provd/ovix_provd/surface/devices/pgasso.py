"""How well a plugin supports a phone (reference/provd/lifecycle.md, 2)."""

from collections.abc import Mapping
from enum import IntEnum


class DeviceSupport(IntEnum):
    """Levels of support; a plugin may also answer an integer between them."""

    NONE = 0
    IMPROBABLE = 100
    UNKNOWN = 200
    PROBABLE = 300
    INCOMPLETE = 400
    COMPLETE = 500
    EXACT = 600


# The names of packages before 2023.
NO_SUPPORT = DeviceSupport.NONE
IMPROBABLE_SUPPORT = DeviceSupport.IMPROBABLE
UNKNOWN_SUPPORT = DeviceSupport.UNKNOWN
PROBABLE_SUPPORT = DeviceSupport.PROBABLE
INCOMPLETE_SUPPORT = DeviceSupport.INCOMPLETE
COMPLETE_SUPPORT = DeviceSupport.COMPLETE
FULL_SUPPORT = DeviceSupport.EXACT


class BasePgAssociator:
    """A plugin's judgement of phones; plugins override `_do_associate`."""

    def associate(self, dev_info: Mapping[str, str]) -> int:
        """The level of support for a phone of which that is known (vendor, model, version)."""
        vendor = dev_info.get("vendor")
        if vendor is None:
            return DeviceSupport.UNKNOWN
        return self._do_associate(vendor, dev_info.get("model"), dev_info.get("version"))

    def _do_associate(self, vendor: str, model: str | None, version: str | None) -> int:
        raise NotImplementedError("a plugin's associator overrides _do_associate")
