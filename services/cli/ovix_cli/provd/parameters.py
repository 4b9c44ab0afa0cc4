"""``parameters`` of the console: the configure resources (reference/provd/rest-api.md, 7)."""

from typing import Any

from .client import Provd
from .devices import id_of
from .exposed import Exposed, exposed


class Parameters(Exposed):
    """Parameters of provd itself, or of a plugin."""

    def __init__(self, provd: Provd, path: str = "/configure") -> None:
        self._provd, self._path = provd, path

    @exposed
    def infos(self) -> dict[str, dict[str, Any]]:
        """All of them: description and value by their name."""
        found = self._provd.get(self._path, "params")
        return {
            each["id"]: {"description": each.get("description"), "value": each.get("value")}
            for each in found
        }

    @exposed
    def get(self, key: str) -> Any:
        """A value."""
        return self._provd.get(f"{self._path}/{id_of(key)}", "param")["value"]

    @exposed
    def set(self, key: str, value: Any) -> None:
        """Set a value."""
        self._provd.put(f"{self._path}/{id_of(key)}", {"param": {"value": value}})

    @exposed
    def unset(self, key: str) -> None:
        """Back to the default."""
        self.set(key, None)
