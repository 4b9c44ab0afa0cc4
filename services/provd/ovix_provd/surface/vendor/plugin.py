"""A vendor's plugin: what it says about its phones, and files made from templates.

A package says what is special about a vendor in class attributes, lists its models as capabilities
in plugin-info, and brings templates. All else is here.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from twisted.internet import defer

from .. import atomic
from ..devices.config import RawConfigError
from ..devices.pgasso import DeviceSupport
from ..plugins import (
    StandardPlugin,
    TemplatePluginHelper,
    add_xivo_phonebook_url,
    add_xivo_phonebook_url_from_format,
)
from ..servers.http import HTTPNoListingFileService
from ..servers.tftp.service import TFTPFileService
from ..synchronize import standard_sip_synchronize
from ..util import format_mac
from .identification import (
    DhcpExtractor,
    HttpExtractor,
    Identification,
    ModelAssociator,
    TftpExtractor,
)
from .phone import Phone, phone_of, server_url
from .text import XML, Format, pem, written
from .zones import zone_of

logger = logging.getLogger(__name__)
Document = dict[str, Any]

BASE = "base.tpl"


@dataclass(frozen=True, slots=True)
class PhoneFile:
    """A file that each phone has, and that holds secrets.

    name: below tftpboot, with ``{mac}``, ``{MAC}`` or ``{model}``.
    template: its name; before ``base.tpl``, ``<file name>.tpl`` and ``<model>.tpl`` are looked for.
    content: instead of a template, its text from the raw config as it came; None: no such file.
    format: where it isn't that of the plugin.
    wanted: whether the phone needs it.
    encode: makes what the phone reads of what the template gave.
    """

    name: str
    template: str = BASE
    content: Callable[[Mapping[str, Any]], str | None] | None = None
    format: Format | None = None
    wanted: Callable[[Phone], bool] = lambda phone: True
    encode: Callable[[bytes], bytes] = lambda content: content


@dataclass(frozen=True, slots=True)
class CommonFile:
    """A file without secrets that phones of any user ask for; with ``{model}``: one for each model.

    code: what stands for a model in the name, where that isn't the model's name.
    """

    name: str
    template: str
    code: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Phonebook:
    """Which form of the directory the phones read (reference/phoned.md, part D)."""

    vendor: str = ""
    entry_point: str = "input"
    suffix: str = ""
    url: str | None = None
    """In place of these, for a form of its own: as ``add_xivo_phonebook_url_from_format`` takes."""


def authorities(raw_config: Mapping[str, Any]) -> str | None:
    """The certificates of authorities that phones shall trust, the root first."""
    found = raw_config.get("sip_servers_root_and_intermediate_certificates") or ()
    return "".join(pem(certificate) for certificate in found) or None


def identity(raw_config: Mapping[str, Any]) -> str | None:
    """The phone's own certificate, then its key."""
    certificate, key = raw_config.get("sip_local_certificate"), raw_config.get("sip_local_key")
    return pem(certificate) + pem(key) if certificate and key else None


class VendorPlugin(StandardPlugin):
    """Derive from it, set ``IS_PLUGIN`` and what is declared here.

    Templates get the raw config with its texts written for the format, and ``phone``.
    """

    identification: ClassVar[Identification]
    files: ClassVar[Sequence[PhoneFile]]
    """The first one is the phone's configuration: who fetches it runs with it."""
    common_files: ClassVar[Sequence[CommonFile]] = ()
    format: ClassVar[Format] = XML
    """Of the vendor's files."""
    synchronize_event: ClassVar[str] = "check-sync"
    phonebook: ClassVar[Phonebook | None] = None
    unknown_model: ClassVar[DeviceSupport] = DeviceSupport.PROBABLE
    """How well phones of the vendor are supported whose model isn't listed."""

    def __init__(
        self, app: Any, plugin_dir: str, gen_cfg: Mapping[str, Any], spec_cfg: Mapping[str, Any]
    ) -> None:
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self.models = _models(Path(plugin_dir, "plugin-info"), self.identification.vendor)
        self.pg_associator = ModelAssociator(
            self.identification.vendor, tuple(self.models), self.unknown_model
        )
        self.http_dev_info_extractor = HttpExtractor(self.identification)
        self.tftp_dev_info_extractor = TftpExtractor(self.identification)
        self.dhcp_dev_info_extractor = DhcpExtractor(self.identification)
        self.http_service = HTTPNoListingFileService(self._tftpboot_dir)
        self.tftp_service = TFTPFileService(self._tftpboot_dir)
        self._templates = TemplatePluginHelper(plugin_dir)
        self._names = tuple(_matcher(file.name) for file in self.files)

    # ---- files ---------------------------------------------------------------------------------

    def configure_common(self, raw_config: Document) -> None:
        context = {**written(raw_config, self.format.write), "server_url": server_url(raw_config)}
        for file in self.common_files:
            template = self._templates.get_template(file.template)
            models = tuple(self.models) if "{model}" in file.name else ("",)
            codes = file.code or {}
            for model in models:
                name = file.name.format(model=codes.get(model, model))
                content = self._templates.render(
                    template, {**context, "model": model}, self.format.encoding, "strict"
                )
                atomic.write(self._path(name), content)

    def configure(self, device: Document, raw_config: Document) -> None:
        """Write the phone's files; raises `RawConfigError` where that can't be."""
        if not device.get("mac"):
            raise RawConfigError("the phone's files are named by its MAC address: it has none")
        paths = [self._path(_name(file, device)) for file in self.files]
        contents = [
            self._content(file, path.name, device, raw_config)
            for file, path in zip(self.files, paths, strict=True)
        ]
        for path, content in zip(paths, contents, strict=True):  # all of them, or none
            if content is None:
                path.unlink(missing_ok=True)  # it had one before
            else:
                atomic.write(path, content)

    def deconfigure(self, device: Document) -> None:
        """Remove the phone's files."""
        if device.get("mac"):
            for file in self.files:
                self._path(_name(file, device)).unlink(missing_ok=True)

    def variables(self, phone: Phone, raw_config: Mapping[str, Any]) -> Mapping[str, Any]:
        """What templates of this vendor need beside ``phone``; both are written already."""
        return {}

    def event(self, device: Mapping[str, Any]) -> str:
        """The event of the SIP NOTIFY that has the phone fetch its files."""
        return self.synchronize_event

    def _content(
        self, file: PhoneFile, name: str, device: Document, raw_config: Document
    ) -> bytes | None:
        """Of the phone's file of that base name; None: it needs none."""
        format = file.format or self.format
        _refuse_lost(raw_config, format.lost)
        phone, context = self._context(device, raw_config, format)
        if not file.wanted(phone):
            return None
        if file.content is not None:
            content = file.content(raw_config)
            return None if content is None else content.encode("ascii")
        if file.template == BASE:
            template = self._templates.get_dev_template(name, device)
        else:
            template = self._templates.get_template(file.template)
        return file.encode(self._templates.render(template, context, format.encoding, "strict"))

    def _context(
        self, device: Document, raw_config: Document, format: Format
    ) -> tuple[Phone, Document]:
        raw_config = dict(raw_config)
        if self.phonebook is not None and self.phonebook.url is not None:
            add_xivo_phonebook_url_from_format(raw_config, self.phonebook.url)
        elif self.phonebook is not None:
            add_xivo_phonebook_url(
                raw_config,
                self.phonebook.vendor,
                entry_point=self.phonebook.entry_point,
                qs_suffix=self.phonebook.suffix,
            )
        name = raw_config.get("timezone")
        zone = zone_of(str(name)) if name else None
        if name and zone is None:
            logger.warning("there is no time zone %r: phones keep the one they have", name)
        context = written(raw_config, format.write)
        # Certificates keep their lines, for formats that hold them within a file.
        context |= {key: pem(raw_config[key]) for key in _PEM if raw_config.get(key)}
        phone = phone_of(
            written({k: v for k, v in device.items() if isinstance(v, str)}, format.write),
            context,
            mac=format_mac(device["mac"], separator=""),
            zone=zone,
            capacity=self.models.get(str(device.get("model")), {}),
        )
        return phone, {**context, "phone": phone, **self.variables(phone, context)}

    def _path(self, name: str) -> Path:
        return Path(self._tftpboot_dir, name)

    # ---- what the server asks ------------------------------------------------------------------

    def synchronize(self, device: Document, raw_config: Document) -> "defer.Deferred[None]":
        return standard_sip_synchronize(device, event=self.event(device))

    def get_remote_state_trigger_filename(self, device: Document) -> str | None:
        return Path(_name(self.files[0], device)).name if device.get("mac") else None

    def is_sensitive_filename(self, filename: str) -> bool:
        return any(name.fullmatch(filename) for name in self._names)


def _refuse_lost(raw_config: Mapping[str, Any], lost: str) -> None:
    """An account that isn't written as it is couldn't be used: its owner is told so."""
    lines = raw_config.get("sip_lines") or {}
    names = ("username", "auth_username", "password")
    accounts = {
        f"{name} of line {n}": line.get(name) for n, line in lines.items() for name in names
    }
    for whose in ("admin", "user"):
        accounts |= {(name := f"{whose}_{what}"): raw_config.get(name) for what in names}
    for name, text in accounts.items():
        if not set(lost).isdisjoint(str(text or "")):
            raise RawConfigError(f"{name} holds one of {lost}, which the phone's file can't")


_PEM = ("sip_local_certificate", "sip_local_key")
_LONGEST_MODEL = 64
_MAC = "[0-9A-Fa-f]{12}"


def _name(file: PhoneFile, device: Mapping[str, Any]) -> str:
    mac = format_mac(device["mac"], separator="")
    model = re.sub(r"[^\w .+-]", "", str(device.get("model") or "")).lstrip(".")[:_LONGEST_MODEL]
    return file.name.format(mac=mac, MAC=mac.upper(), model=model)


def _matcher(name: str) -> re.Pattern[str]:
    """The base names of any phone's such file; phones ask for them in either case."""
    pattern = re.escape(Path(name).name)
    for placeholder, meaning in (("{mac}", _MAC), ("{MAC}", _MAC), ("{model}", ".+")):
        pattern = pattern.replace(re.escape(placeholder), meaning)
    return re.compile(pattern, re.IGNORECASE)


def _models(plugin_info: Path, vendor: str) -> Mapping[str, Mapping[str, Any]]:
    """The capabilities by model, from keys such as ``Yealink, T46S, *``."""
    capabilities = json.loads(plugin_info.read_text("utf-8"))["capabilities"]
    keys = {key: key.split(", ") for key in capabilities}
    return {parts[1]: capabilities[key] for key, parts in keys.items() if parts[0] == vendor}
