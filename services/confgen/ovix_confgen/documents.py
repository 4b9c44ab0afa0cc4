"""Every file of Asterisk: what it is made of, which events concern it, which modules read it."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TypeAlias

from ovix_bus import topic_matches

from ovix_confgen.conf_text import Unwritable, comment
from ovix_confgen.renderers import (
    dialplan_contexts,
    dialplan_fallbacks,
    dialplan_globals,
    engine,
    feature_codes,
    func_key_hints,
    sip_devices,
    sip_general,
    sip_transports,
    voicemail,
)
from ovix_confgen.renderers.dialplan_contexts import ContextWriter, usable_contexts
from ovix_confgen.renderers.options import Options
from ovix_confgen.renderers.sip_general import SipSettings
from ovix_confgen.renderers.sip_templates import Templates
from ovix_confgen.rows import Unsupported
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.source import Source

Report: TypeAlias = Callable[[Iterable[Unsupported]], None]
Write: TypeAlias = Callable[[Source, ConfgenSettings, Report], AsyncIterator[str]]

HEADER = "; Written by Ovix: it is replaced at the next change. See docs/dialplan.md.\n\n"

PJSIP = "res_pjsip.so"
PJSIP_IDENTIFY = "res_pjsip_endpoint_identifier_ip.so"
PJSIP_MWI = "res_pjsip_mwi.so"
DIALPLAN = "pbx_config.so"
VOICEMAIL = "app_voicemail.so"

RELOAD_ORDER = (PJSIP, PJSIP_IDENTIFY, VOICEMAIL, PJSIP_MWI, DIALPLAN)
"""Devices before the numbers and boxes that name them; other modules come first."""


@dataclass(frozen=True)
class Document:
    """A file, by its path below the configuration directory."""

    name: str
    write: Write
    modules: tuple[str, ...] = ()
    """What to reload; none: Asterisk reads the file when it starts."""
    events: tuple[str, ...] = ()
    """Routing keys that may change it; none: only the settings or a new release do."""

    def concerns(self, routing_key: str) -> bool:
        """Whether an event may change the file."""
        return bool(self.events) and topic_matches(self.events, routing_key)


async def _options(source: Source) -> Mapping[str, Options]:
    return {section.name: section.options async for section in source.sections()}


async def _pjsip(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    yield HEADER
    options = await _options(source)
    stored = [each async for each in source.sip_transports()]
    transports, _names, unserved = sip_transports.render(settings.sip, stored)
    text, ignored = sip_general.render(
        [each async for each in source.features()],
        transports,
        options.get("pjsip_global", {}),
        options.get("pjsip_system", {}),
    )
    report([*unserved, *ignored])
    yield text


async def _shared(source: Source, settings: ConfgenSettings) -> tuple[SipSettings, Templates]:
    """What the devices of both files refer to: the transports that are served, and templates."""
    stored = [each async for each in source.sip_transports()]
    _text, names, _ignored = sip_transports.render(settings.sip, stored)
    templates = Templates([each async for each in source.sip_templates()])
    return replace(settings.sip, named_transports=names), templates


async def _lines(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    yield HEADER
    sip, templates = await _shared(source, settings)
    yield sip_devices.render_defaults(sip_devices.LINE, sip)
    async for line in source.lines():
        text, ignored = sip_devices.render_line(line, sip, templates)
        report(ignored)
        yield text


async def _trunks(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    yield HEADER
    sip, templates = await _shared(source, settings)
    yield sip_devices.render_defaults(sip_devices.TRUNK, sip)
    async for trunk in source.trunks():
        text, ignored = sip_devices.render_trunk(trunk, sip, templates)
        report(ignored)
        yield text


async def _globals(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    yield HEADER
    yield dialplan_globals.render(settings.dialplan)


async def _contexts(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    yield HEADER
    contexts, ignored = usable_contexts(
        [each async for each in source.contexts()], platform_contexts()
    )
    report(ignored)
    known = frozenset(context.name for context in contexts)
    waiting = list(reversed(contexts))
    writer: ContextWriter | None = None
    skipped: set[str] = set()
    async for number in source.numbers():
        # Contexts and numbers come in the same order; a context without numbers is written too.
        while (writer is None or writer.context.name != number.context) and waiting:
            if waiting[-1].name > number.context:
                break
            writer = ContextWriter(waiting.pop(), known)
            yield writer.head()
        if writer is None or writer.context.name != number.context:
            skipped.add(number.context)
            continue
        yield writer.number(number)
        if writer.unsupported:
            report(writer.unsupported)
            writer.unsupported.clear()
    for context in reversed(waiting):
        yield ContextWriter(context, known).head()
    for name in sorted(skipped):
        yield comment(f"the numbers of {name} are not reachable")
    text, ignored = feature_codes.render([each async for each in source.features()])
    report(ignored)
    yield text


async def _func_key_hints(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    yield HEADER
    features = [each async for each in source.features()]
    writer = func_key_hints.HintWriter.of(features, platform_contexts())
    async for key in source.watched_keys():
        yield writer.key(key)
        if writer.unsupported:
            report(writer.unsupported)
            writer.unsupported.clear()


async def _fallbacks(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    yield HEADER
    yield dialplan_fallbacks.render_users_head()
    async for user in source.user_fallbacks():
        text, ignored = dialplan_fallbacks.render_user(user)
        report(ignored)
        yield text
    routes = [each async for each in source.routes()]
    text, ignored = dialplan_fallbacks.render_routes(routes, settings.dialplan.emergency_numbers)
    report(ignored)
    yield text


async def _voicemail(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    yield HEADER
    options = (await _options(source)).get("voicemail_general", {})
    zones = [each async for each in source.zones()]
    text, ignored = voicemail.render_head(options, zones, settings.mail_command)
    report(ignored)
    yield text
    current: str | None = None
    unusable: str | None = None
    async for box in source.mailboxes():
        if box.context != current:
            current = box.context
            try:
                head = voicemail.render_context(current)
            except Unwritable as reason:
                unusable = current
                name = f"context {current}"
                report([Unsupported(voicemail.FILE, name, "name", "", str(reason))])
            else:
                yield head
        if current == unusable:
            continue
        text, ignored = voicemail.render_mailbox(box)
        report(ignored)
        yield text


async def _rtp(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    yield HEADER
    options = await _options(source)
    text, ignored = engine.render_rtp(
        options.get("rtp_general", {}),
        options.get("rtp_ice_host_candidates", {}),
        settings.rtp_start,
        settings.rtp_end,
    )
    report(ignored)
    yield text


async def _features(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    yield HEADER
    options = await _options(source)
    text, ignored = engine.render_features(
        options.get("features_general", {}),
        options.get("features_featuremap", {}),
        options.get("features_applicationmap", {}),
    )
    report(ignored)
    yield text


def _fixed(render: Callable[[ConfgenSettings], str]) -> Write:
    async def write(
        source: Source, settings: ConfgenSettings, report: Report
    ) -> AsyncIterator[str]:
        yield HEADER
        yield render(settings)

    return write


def _packaged(folder: str, name: str) -> Write:
    async def write(
        source: Source, settings: ConfgenSettings, report: Report
    ) -> AsyncIterator[str]:
        yield HEADER
        yield packaged_text(folder, name)

    return write


def packaged_names(folder: str) -> list[str]:
    """The ``*.conf`` that come with this package."""
    entries = resources.files("ovix_confgen").joinpath(folder).iterdir()
    return sorted(entry.name for entry in entries if entry.name.endswith(".conf"))


def packaged_text(folder: str, name: str) -> str:
    """One of them."""
    return resources.files("ovix_confgen").joinpath(folder, name).read_text("utf-8")


@cache
def platform_contexts() -> frozenset[str]:
    """Names of contexts that belong to the platform."""
    library = "\n".join(packaged_text("dialplan", name) for name in packaged_names("dialplan"))
    generated = {"general", "globals", feature_codes.CONTEXT, "xivo-fallback-users",
                 "xivo-emergency-routes"}  # fmt: skip
    return frozenset(re.findall(r"^\[([^\]]+)\]", library, re.MULTILINE)) | generated


_USERS = ("config.user.#", "config.user_line_association.#", "config.users.*.voicemails.#")
_LINES = ("config.line.#", "config.lines.#", "config.line_extension_association.#")
_EXTENSIONS = ("config.extension.#",)
_ENDPOINTS = ("config.sip_endpoint.#",)
_TRANSPORTS = ("config.sip.transports.#",)
_TEMPLATES = ("config.sip_endpoint_template.#",)
_CUSTOM = ("config.custom_endpoint.#",)
_TRUNKS = ("config.trunk.#", "config.trunks.#")
_FEATURES = ("config.extension_feature.#",)
_ROUTES = ("config.outcalls.#",)
_CONTEXTS = ("config.contexts.#", "config.entity.#")
_FUNC_KEYS = ("config.funckey.#", "config.users.*.funckeys.#")
_VOICEMAILS = ("config.voicemail.#", "config.voicemail_general.#",
               "config.voicemail_zonemessages.#")  # fmt: skip

_STATIC_MODULES: dict[str, tuple[str, ...]] = {
    "indications.conf": ("indications",),
    "logger.conf": ("logger",),
    "musiconhold.conf": ("res_musiconhold.so",),
    "res_parking.conf": ("res_parking.so",),
}

DOCUMENTS: Sequence[Document] = (
    Document(
        "pjsip.conf",
        _pjsip,
        (PJSIP,),
        (*_FEATURES, *_TRANSPORTS, "config.pjsip_global.#", "config.pjsip_system.#"),
    ),
    Document(
        sip_general.LINES_FILE,
        _lines,
        (PJSIP, PJSIP_MWI),
        (
            *_USERS,
            *_LINES,
            *_EXTENSIONS,
            *_ENDPOINTS,
            *_VOICEMAILS,
            *_TRANSPORTS,
            *_TEMPLATES,
        ),
    ),
    Document(
        sip_general.TRUNKS_FILE,
        _trunks,
        (PJSIP, PJSIP_IDENTIFY),
        (*_TRUNKS, *_ENDPOINTS, *_TRANSPORTS, *_TEMPLATES),
    ),
    Document("extensions.conf", _globals, (DIALPLAN,)),
    Document(
        dialplan_contexts.FILE,
        _contexts,
        (DIALPLAN,),
        (*_USERS, *_LINES, *_EXTENSIONS, *_ENDPOINTS, *_CUSTOM, *_FEATURES, *_ROUTES, *_CONTEXTS),
    ),
    Document(
        func_key_hints.FILE,
        _func_key_hints,
        (DIALPLAN,),
        (*_USERS, *_LINES, *_EXTENSIONS, *_FEATURES, *_CONTEXTS, *_FUNC_KEYS),
    ),
    Document(
        dialplan_fallbacks.FILE,
        _fallbacks,
        (DIALPLAN,),
        (*_USERS, *_LINES, *_ENDPOINTS, *_CUSTOM, *_ROUTES, *_TRUNKS, *_CONTEXTS),
    ),
    Document(voicemail.FILE, _voicemail, (VOICEMAIL,), _VOICEMAILS),
    Document("manager.conf", _fixed(lambda it: engine.render_manager(it.manager)), ("manager",)),
    Document("cel.conf", _fixed(lambda _: engine.render_cel()), ("cel",)),
    Document(
        "cel_custom.conf",
        _fixed(lambda it: engine.render_cel_custom(it.cel_spool.name)),
        ("cel_custom.so",),
    ),
    Document(
        "rtp.conf",
        _rtp,
        ("res_rtp_asterisk.so",),
        ("config.rtp_general.#", "config.rtp_ice_host_candidates.#"),
    ),
    Document(
        "features.conf",
        _features,
        ("features",),
        (
            "config.features_general.#",
            "config.features_featuremap.#",
            "config.features_applicationmap.#",
        ),
    ),
    *(
        Document(name, _packaged("static", name), _STATIC_MODULES.get(name, ()))
        for name in packaged_names("static")
    ),
    *(
        Document(
            f"{dialplan_globals.LIBRARY_DIRECTORY}/{name}",
            _packaged("dialplan", name),
            (DIALPLAN,),
        )
        for name in packaged_names("dialplan")
    ),
)

UNCONCERNED = (
    "config.users.*.forwards.#", "config.users.*.services.#", "config.users.*.callpermissions.#",
    "config.users.*.entities.#", "config.users.schedules.#", "config.users.fallbacks.#",
    "config.users.groups.#", "config.user_cti_profile_association.#", "config.callpermission.#",
    "config.schedules.#", "config.device.#", "config.lines.*.devices.#",
    "config.outcalls.*.callpermissions.#", "config.outcalls.schedules.#",
    "config.sip_general.#", "config.iax_general.#",
    "config.iax_callnumberlimits.#", "config.sccp_general.#", "config.queue_general.#",
    "config.confbridge_wazo_default_bridge.#", "config.confbridge_wazo_default_user.#",
    "config.dhcp.#", "config.email.#", "config.ha.#", "config.provisioning.#",
    "config.access_feature.#",
    "config.registrar.#", "config.iax_endpoint.#", "config.sccp_endpoint.#",
)  # fmt: skip
"""Events about what agid asks the database for at each call, or that no file knows of."""


def concerned(routing_key: str) -> list[Document]:
    """The files an event may change; for an event nobody foresaw, all that come from the database.

    So it is when live reload is switched on or off: the rendering reads which of the two it was.
    Rendering one file too many costs a moment; one too few would be a wrong configuration.
    """
    if topic_matches(UNCONCERNED, routing_key):
        return []
    found = [document for document in DOCUMENTS if document.concerns(routing_key)]
    return found or [document for document in DOCUMENTS if document.events]


def reload_order(modules: Iterable[str]) -> list[str]:
    """Modules in the order in which they are to be reloaded."""

    def place(module: str) -> tuple[int, str]:
        listed = module in RELOAD_ORDER
        return (RELOAD_ORDER.index(module) + 1 if listed else 0, module)

    return sorted(set(modules), key=place)
