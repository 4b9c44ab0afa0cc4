"""How a vendor's phones are recognised by what they ask for. Patterns are data; this reads them.

Source: reference/provd/vendors.md, 5; lifecycle.md, 1.1 and 2.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from twisted.internet import defer

from ..devices.pgasso import BasePgAssociator, DeviceSupport
from ..util import norm_mac

Found: TypeAlias = dict[str, str]
"""Keys: vendor, model, version, mac, sn, uuid."""

LONGEST = 512
"""Characters of a header or path that patterns are tried on; none of a phone's is longer."""


class Sign:
    """A pattern that tells a phone, tried from the start of the text.

    Its named groups (vendor, model, version, mac, sn, uuid) are what it tells, beside ``gives``.
    """

    __slots__ = ("gives", "pattern")

    def __init__(self, pattern: str, **gives: str) -> None:
        self.pattern = re.compile(pattern)
        self.gives = gives

    def read(self, text: str) -> Found | None:
        """What the text tells, or None when it isn't such a one."""
        found = self.pattern.match(text) if len(text) <= LONGEST else None
        if found is None:
            return None
        return {**self.gives, **{k: v for k, v in found.groupdict().items() if v}}


class Identification:
    """What tells the phones of a vendor. Each kind of sign is tried in order; the first one counts.

    vendor: as devices and capabilities have it.
    user_agents: of HTTP requests; each tells the vendor.
    paths: complete what a user agent told.
    lone_paths: of HTTP requests without such a user agent. They tell what they hold, and no vendor
        unless they say so: files of many vendors are named by the mac alone.
    tftp: names of files asked for over TFTP, without leading slashes; as ``lone_paths``.
    dhcp: vendor classes (option 60); each tells the vendor.
    model: the name that devices get, from what the phone calls itself.
    """

    def __init__(
        self,
        vendor: str,
        *,
        user_agents: Sequence[Sign] = (),
        paths: Sequence[Sign] = (),
        lone_paths: Sequence[Sign] = (),
        tftp: Sequence[Sign] = (),
        dhcp: Sequence[Sign] = (),
        model: Callable[[str], str] | None = None,
    ) -> None:
        self.vendor = vendor
        self._user_agents = user_agents
        self._paths = paths
        self._lone_paths = lone_paths
        self._tftp = tftp
        self._dhcp = dhcp
        self._model = model

    def of_http(self, user_agent: str | None, path: str, query: Mapping[str, str]) -> Found | None:
        """What a request tells; a mac in the query counts where nothing else tells one."""
        found = _first(self._user_agents, user_agent)
        if found is None:
            return self._tidy(_first(self._lone_paths, path))
        more = _first(self._paths, path) or {}
        if "mac" in query:
            more.setdefault("mac", query["mac"])
        return self._tidy({"vendor": self.vendor, **more, **found})

    def of_tftp(self, filename: str) -> Found | None:
        """What the name of a file tells."""
        return self._tidy(_first(self._tftp, filename.lstrip("/")))

    def of_dhcp(self, vendor_class: str) -> Found | None:
        """What option 60 tells."""
        found = _first(self._dhcp, vendor_class)
        return None if found is None else self._tidy({"vendor": self.vendor, **found})

    def _tidy(self, found: Found | None) -> Found | None:
        if found is None:
            return None
        found = {key: value.strip() for key, value in found.items() if value.strip()}
        if "model" in found and self._model is not None:
            found["model"] = self._model(found["model"])
        if "mac" in found:
            try:
                found["mac"] = norm_mac(found["mac"])
            except ValueError:
                del found["mac"]
        return found or None


def _first(signs: Sequence[Sign], text: str | None) -> Found | None:
    if text is None:
        return None
    return next((found for sign in signs if (found := sign.read(text)) is not None), None)


class HttpExtractor:
    """Asks an `Identification` about HTTP requests."""

    def __init__(self, identification: Identification) -> None:
        self._identification = identification

    def extract(self, request: Any, request_type: object) -> "defer.Deferred[Found | None]":
        user_agent = request.getHeader(b"User-Agent")
        query = {_text(key): _text(values[0]) for key, values in request.args.items() if values}
        return defer.succeed(
            self._identification.of_http(
                None if user_agent is None else _text(user_agent), _text(request.path), query
            )
        )


class TftpExtractor:
    """Asks an `Identification` about TFTP read requests."""

    def __init__(self, identification: Identification) -> None:
        self._identification = identification

    def extract(self, request: Any, request_type: object) -> "defer.Deferred[Found | None]":
        return defer.succeed(self._identification.of_tftp(_text(request["packet"]["filename"])))


class DhcpExtractor:
    """Asks an `Identification` about leases."""

    def __init__(self, identification: Identification) -> None:
        self._identification = identification

    def extract(self, request: Any, request_type: object) -> "defer.Deferred[Found | None]":
        vendor_class = request["options"].get(60)
        if vendor_class is None:
            return defer.succeed(None)
        return defer.succeed(self._identification.of_dhcp(_text(vendor_class)))


class ModelAssociator(BasePgAssociator):
    """Support levels from the models that a package lists; one of another firmware is as good."""

    def __init__(
        self,
        vendor: str,
        models: Sequence[str],
        unknown_model: DeviceSupport = DeviceSupport.PROBABLE,
    ) -> None:
        super().__init__()
        self._vendor = vendor
        self._models = frozenset(models)
        self._unknown_model = unknown_model

    def _do_associate(self, vendor: str, model: str | None, version: str | None) -> DeviceSupport:
        if vendor != self._vendor:
            return DeviceSupport.IMPROBABLE
        if model in self._models:
            return DeviceSupport.COMPLETE
        return self._unknown_model


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
