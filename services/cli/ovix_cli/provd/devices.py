"""``devices`` of the console (reference/provd/cli.md, 1)."""

import json
from collections.abc import Iterable
from typing import Any

from ovix_cli.home import CliError

from .client import Document, NotThere, Provd
from .exposed import Exposed, exposed
from .macs import norm_mac

DEVICES = "/dev_mgr/devices"
SELECTIONS = "/dev_mgr/selections"
MOST_FAILURES_SHOWN = 20


def id_of(given: Any) -> str:
    """An id, or that of a document."""
    value = given.get("id") if isinstance(given, dict) else given
    if not isinstance(value, str) or not value or "/" in value:
        raise CliError(f"no id: {value!r}")
    return value


class Devices(Exposed):
    """All devices of a provd."""

    def __init__(self, provd: Provd) -> None:
        self._provd = provd

    def __getitem__(self, device: Any) -> "Device":
        return Device(self._provd, self, id_of(device))

    @exposed
    def find(
        self,
        selector: Document | None = None,
        fields: Iterable[str] | None = None,
        skip: int | None = None,
        limit: int | None = None,
        sort: str | None = None,
    ) -> list[Document]:
        """The devices that a selector finds; all by default."""
        found: list[Document] = self._provd.get(
            DEVICES,
            "devices",
            q=json.dumps(selector or {}),
            fields=",".join(fields) if fields else None,
            skip=skip,
            limit=limit,
            sort=sort,
        )
        return found

    @exposed
    def count(self, selector: Document | None = None) -> int:
        """How many a selector finds."""
        return len(self.find(selector, fields=["id"]))

    @exposed
    def get(self, device: Any) -> Document:
        """One device."""
        found: Document = self._provd.get(f"{DEVICES}/{id_of(device)}", "device")
        return found

    @exposed
    def add(self, document: Document) -> str:
        """Add a device; its id."""
        return str(self._provd.post(DEVICES, {"device": document}).get("id"))

    @exposed
    def update(self, document: Document) -> None:
        """Replace the device of the document's id."""
        self._provd.put(f"{DEVICES}/{id_of(document)}", {"device": document})

    @exposed
    def remove(self, device: Any) -> None:
        """Remove one device."""
        self._provd.delete(f"{DEVICES}/{id_of(device)}")

    @exposed
    def remove_all(self) -> int:
        """Remove every device; how many there were."""
        return self.matching({}).remove()

    @exposed
    def reconfigure(self, device: Any) -> None:
        """Write a device's files anew."""
        device_id = id_of(device)
        self._provd.post("/dev_mgr/reconfigure", {"id": device_id})
        if self.get(device_id).get("configured") is not True:
            raise CliError(f"device {device_id} is not configured; provd's log tells why")

    @exposed
    def synchronize(self, device: Any) -> None:
        """Have a phone fetch its files."""
        device_id = id_of(device)
        self._provd.operate(f"synchronize {device_id}", "/dev_mgr/synchronize", {"id": device_id})

    @exposed
    def using_plugin(self, plugin_id: str) -> "DeviceGroup":
        """Those of a plugin."""
        return self.matching({"plugin": plugin_id})

    @exposed
    def using_mac(self, mac: str) -> "DeviceGroup":
        """The one with that hardware address, in any form."""
        return self.matching({"mac": norm_mac(mac)})

    @exposed
    def using_model(self, model: str) -> "DeviceGroup":
        """Those of a model."""
        return self.matching({"model": model})

    @exposed
    def using_vendor(self, vendor: str) -> "DeviceGroup":
        """Those of a vendor."""
        return self.matching({"vendor": vendor})

    @exposed
    def not_configured(self) -> "DeviceGroup":
        """Those without files of their own."""
        return self.matching({"configured": False})

    def chosen(self, ids: Iterable[str]) -> "DeviceGroup":
        """Those of these ids; one that is not there fails."""
        wanted = [id_of(each) for each in ids]
        return DeviceGroup(self._provd, self, {"id": {"$in": wanted}}, wanted)

    @exposed
    def matching(self, selector: Document) -> "DeviceGroup":
        """Those that a selector finds."""
        return DeviceGroup(self._provd, self, selector)


class Device(Exposed):
    """One device."""

    def __init__(self, provd: Provd, devices: Devices, device_id: str) -> None:
        self._provd, self._devices, self._id = provd, devices, device_id

    @exposed
    def get(self) -> Document:
        """Its document."""
        return self._devices.get(self._id)

    @exposed
    def set(self, changes: Document) -> "Device":
        """Put these keys into the document."""
        before = self.get()
        if (after := {**before, **changes, "id": self._id}) != before:
            self._devices.update(after)
        return self

    @exposed
    def unset(self, *keys: str) -> "Device":
        """Take these keys out of the document."""
        before = self.get()
        after = {key: value for key, value in before.items() if key not in keys or key == "id"}
        if after != before:
            self._devices.update(after)
        return self

    @exposed
    def reconfigure(self) -> "Device":
        """Write its files anew."""
        self._devices.reconfigure(self._id)
        return self

    @exposed
    def synchronize(self) -> "Device":
        """Have the phone fetch its files."""
        self._devices.synchronize(self._id)
        return self


class DeviceGroup(Exposed):
    """Devices that a selector finds, told all at once."""

    def __init__(
        self, provd: Provd, devices: Devices, selector: Document, ids: list[str] | None = None
    ) -> None:
        self._provd, self._devices, self._selector, self._ids = provd, devices, selector, ids

    @exposed
    def find(self) -> list[Document]:
        """Their documents."""
        return self._devices.find(self._selector)

    @exposed
    def count(self) -> int:
        """How many they are."""
        return self._devices.count(self._selector)

    @exposed
    def reconfigure(self) -> int:
        """Write their files anew; how many there were."""
        return self._told("reconfigure")

    @exposed
    def synchronize(self) -> int:
        """Have the phones fetch their files; how many there were."""
        return self._told("synchronize")

    @exposed
    def remove(self) -> int:
        """Remove them; how many there were."""
        return self._told("delete")

    def _told(self, action: str) -> int:
        try:
            return self._all_at_once(action)
        except NotThere:
            # XiVO's own provd knows no selections.
            return self._one_by_one(action)

    def _all_at_once(self, action: str) -> int:
        chosen = {"q": self._selector} if self._ids is None else {"ids": self._ids}
        body = {"action": action, **chosen}
        with self._provd.begun(SELECTIONS, body) as location:
            if self._provd.followed(action, location) is None:
                return 0
            report = self._provd.get(f"{location}/report", "report")
        failures = [f"  {each['id']}: {each['reason']}" for each in report["failures"]]
        _demand_none(failures, report["failed"], report["total"])
        return int(report["total"])

    def _one_by_one(self, action: str) -> int:
        tell = {
            "reconfigure": self._devices.reconfigure,
            "synchronize": self._devices.synchronize,
            "delete": self._devices.remove,
        }[action]
        failures = []
        ids = self._ids
        if ids is None:
            ids = [str(each["id"]) for each in self._devices.find(self._selector, fields=["id"])]
        for device_id in ids:
            try:
                tell(device_id)
            except CliError as error:
                failures.append(f"  {device_id}: {error}")
        _demand_none(failures, len(failures), len(ids))
        return len(ids)


def _demand_none(failures: list[str], failed: int, total: int) -> None:
    if failed:
        shown = failures[:MOST_FAILURES_SHOWN]
        more = [f"  … and {failed - len(shown)} more"] if failed > len(shown) else []
        raise CliError("\n".join([f"{failed} of {total} devices failed", *shown, *more]))
