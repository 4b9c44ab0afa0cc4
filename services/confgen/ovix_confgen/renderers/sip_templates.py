"""What SIP devices inherit from the templates that confd was told of.

Options are written into each device, not as templates of the file: they may come from two parents,
and each is checked like a device's own. A device's own options win, and so do those that follow
from its line.
"""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from ovix_confgen.chan_sip import OWNED, Device
from ovix_confgen.conf_text import Unwritable
from ovix_confgen.renderers.sip_general import SipSettings
from ovix_confgen.rows import SipAccount, SipTemplate


class Templates:
    """All templates, by uuid."""

    def __init__(self, templates: Iterable[SipTemplate] = ()) -> None:
        self._known = {template.uuid: template for template in templates}

    def inherited(self, uuids: Sequence[UUID]) -> list[SipTemplate]:
        """The templates that count for whoever has these: each once, parents first."""
        found: dict[UUID, SipTemplate] = {}
        self._gather(uuids, found, set())
        return list(found.values())

    def _gather(
        self, uuids: Sequence[UUID], found: dict[UUID, SipTemplate], seen: set[UUID]
    ) -> None:
        for uuid in uuids:
            template = self._known.get(uuid)
            if template is None or uuid in seen:
                continue
            seen.add(uuid)
            self._gather(template.parents, found, seen)
            found[uuid] = template

    def apply(self, device: Device, account: SipAccount, settings: SipSettings) -> None:
        """Put what the account inherits on the device, then its transport."""
        for template in self.inherited(account.templates):
            _put_transport(device, template.transport, settings)
            for target, option, text in _options(template):
                try:
                    _put(device, account, target, option, text)
                except Unwritable as reason:
                    device.refuse(option, text, str(reason))
        _put_transport(device, account.transport, settings)


def _options(template: SipTemplate) -> Iterator[tuple[str, str, str]]:
    for target, options in template.sections.items():
        for option, text in options:
            yield target, option, text


def _put(device: Device, account: SipAccount, target: str, option: str, text: str) -> None:
    if target not in ("endpoint", "aor", "identify", "auth"):
        raise Unwritable(f"of the {target} section is not inherited")
    if target == "identify" and not account.is_static:
        raise Unwritable("is for devices of a fixed address")
    if option in (*OWNED, "transport", "contact", "username"):
        raise Unwritable("is set by the platform")
    device.put(target, option, text)


def _put_transport(device: Device, name: str | None, settings: SipSettings) -> None:
    if name is None:
        return
    if name in settings.named_transports:
        device.put("endpoint", "transport", name)
    else:
        device.refuse("transport", name, "is not served")
