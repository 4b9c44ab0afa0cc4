"""What each file of Asterisk is made of: rows, given to renderers, become pieces of its text."""

import re
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TypeAlias

from ovix_confgen import phone_passwords
from ovix_confgen.chan_sip import Device
from ovix_confgen.conf_text import Unwritable, comment
from ovix_confgen.renderers import (
    confbridge,
    dialplan_fallbacks,
    dialplan_globals,
    engine,
    feature_codes,
    func_key_hints,
    iax,
    mail,
    sip_defaults,
    sip_devices,
    sip_general,
    sip_transports,
    voicemail,
)
from ovix_confgen.renderers.dialplan_contexts import ContextWriter, usable_contexts
from ovix_confgen.renderers.sip_general import SipSettings
from ovix_confgen.renderers.sip_templates import Templates
from ovix_confgen.rows import Section, Unsupported
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.source import Source

Report: TypeAlias = Callable[[Iterable[Unsupported]], None]
Write: TypeAlias = Callable[[Source, ConfgenSettings, Report], AsyncIterator[str]]

MODULES = "modules.conf"
HEADER = "; Written by Ovix: it is replaced at the next change. See docs/dialplan.md.\n\n"


class Sections(dict[str, Section]):
    """Settings by the name of their section; one that is not stored is empty."""

    def __missing__(self, name: str) -> Section:
        return Section(name, {})


async def sections(source: Source) -> Sections:
    """All of them."""
    return Sections({section.name: section async for section in source.sections()})


@dataclass(frozen=True)
class Sip:
    """What pjsip.conf and the devices of both its parts share."""

    settings: SipSettings
    chosen: Device
    """What all devices get by the general section of sip.conf."""
    templates: Templates
    text: str
    """pjsip.conf without the devices."""
    unsupported: list[Unsupported]


async def sip(source: Source, settings: ConfgenSettings) -> Sip:
    """Read what SIP devices depend on."""
    stored = await sections(source)
    general = sip_defaults.defaults_of(stored["sip_general"], settings.sip)
    transports, names, unserved = sip_transports.render(
        general.settings, [each async for each in source.sip_transports()]
    )
    text, ignored = sip_general.render(
        [each async for each in source.features()],
        transports,
        sip_defaults.over_shipped(
            stored["pjsip_global"].options, sip_general.SHIPPED_GLOBAL, general.globals
        ),
        sip_defaults.over_shipped(
            stored["pjsip_system"].options, sip_general.SHIPPED_SYSTEM, general.system
        ),
    )
    return Sip(
        replace(general.settings, named_transports=names),
        general.device,
        Templates([each async for each in source.sip_templates()]),
        text,
        [*general.unsupported, *unserved, *ignored],
    )


async def pjsip(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    """pjsip.conf, without the devices."""
    yield HEADER
    shared = await sip(source, settings)
    report(shared.unsupported)
    yield shared.text


async def lines(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    """pjsip_lines.conf."""
    yield HEADER
    shared = await sip(source, settings)
    yield sip_devices.render_defaults(sip_devices.LINE, shared.settings, shared.chosen)
    async for line in source.lines():
        text, ignored = sip_devices.render_line(line, shared.settings, shared.templates)
        report(ignored)
        yield text
    async for phone in source.waiting_phones():
        text, _ = sip_devices.render_line(phone, shared.settings)
        yield text


async def trunks(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    """pjsip_trunks.conf."""
    yield HEADER
    shared = await sip(source, settings)
    yield sip_devices.render_defaults(sip_devices.TRUNK, shared.settings, shared.chosen)
    async for trunk in source.trunks():
        text, ignored = sip_devices.render_trunk(trunk, shared.settings, shared.templates)
        report(ignored)
        yield text


async def iax_peers(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    """iax.conf."""
    yield HEADER
    port = settings.iax_port
    if port is not None:
        stored = await sections(source)
        text, ignored = iax.render_head(
            stored["iax_general"], stored["iax_callnumberlimits"].items, settings.sip_host, port
        )
        report(ignored)
        yield text
    async for peer in source.iax_peers():
        if port is None:
            report([iax.not_served(peer)])
            continue
        text, ignored = iax.render_peer(peer)
        report(ignored)
        yield text


async def dialplan(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    """extensions.conf: what the rest of the dialplan stands on."""
    yield HEADER
    yield dialplan_globals.render(settings.dialplan)


async def contexts(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    """Contexts, their numbers and codes."""
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


async def hints(source: Source, settings: ConfgenSettings, report: Report) -> AsyncIterator[str]:
    """Hints of function keys that watch no phone."""
    yield HEADER
    features = [each async for each in source.features()]
    writer = func_key_hints.HintWriter.of(features, platform_contexts())
    async for key in source.watched_keys():
        yield writer.key(key)
        if writer.unsupported:
            report(writer.unsupported)
            writer.unsupported.clear()


async def fallbacks(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    """What is done for a call while agid has no answer."""
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


async def mailboxes(
    source: Source, settings: ConfgenSettings, report: Report
) -> AsyncIterator[str]:
    """voicemail.conf."""
    yield HEADER
    stored = await sections(source)
    options = stored["voicemail_general"].options
    zones = [each async for each in source.zones()]
    fixed = {}
    try:
        fixed["externpass"] = phone_passwords.command(settings.voicemail_spool)
    except ValueError as reason:
        spool = str(settings.voicemail_spool)
        report([Unsupported(voicemail.FILE, "general", "externpass", spool, str(reason))])
    if settings.mail_command:
        fixed["mailcmd"] = settings.mail_command
    elif mail.is_ours(stored["emails"].content, options.get("mailcmd", mail.SENDMAIL)):
        fixed["mailcmd"] = f"{settings.mail_program} {settings.asterisk_config_dir / mail.FILE}"
    text, ignored = voicemail.render_head(options, zones, fixed)
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


Rendered: TypeAlias = tuple[str, list[Unsupported]]


def from_sections(render: Callable[[Sections, ConfgenSettings], Rendered]) -> Write:
    """A file that follows from sections of settings alone."""

    async def write(
        source: Source, settings: ConfgenSettings, report: Report
    ) -> AsyncIterator[str]:
        yield HEADER
        text, ignored = render(await sections(source), settings)
        report(ignored)
        yield text

    return write


def rtp(stored: Sections, settings: ConfgenSettings) -> Rendered:
    """rtp.conf."""
    return engine.render_rtp(
        stored["rtp_general"].options,
        stored["rtp_ice_host_candidates"].options,
        settings.rtp_start,
        settings.rtp_end,
    )


def features(stored: Sections, _settings: ConfgenSettings) -> Rendered:
    """features.conf."""
    return engine.render_features(
        stored["features_general"].options,
        stored["features_featuremap"].options,
        stored["features_applicationmap"].options,
    )


def queues(stored: Sections, _settings: ConfgenSettings) -> Rendered:
    """queues.conf."""
    return engine.render_queues(stored["queues_general"].options)


def sccp(stored: Sections, _settings: ConfgenSettings) -> Rendered:
    """sccp.conf."""
    return engine.render_sccp(stored["sccp_general"].options)


def conferences(stored: Sections, _settings: ConfgenSettings) -> Rendered:
    """confbridge.conf."""
    return confbridge.render(
        stored["confbridge_wazo_default_bridge"].options,
        stored["confbridge_wazo_default_user"].options,
    )


def fixed(render: Callable[[ConfgenSettings], str]) -> Write:
    """A file that follows from the environment alone."""

    async def write(
        source: Source, settings: ConfgenSettings, report: Report
    ) -> AsyncIterator[str]:
        yield HEADER
        yield render(settings)

    return write


def packaged(folder: str, name: str) -> Write:
    """A file as it comes with this package."""

    async def write(
        source: Source, settings: ConfgenSettings, report: Report
    ) -> AsyncIterator[str]:
        yield HEADER
        yield packaged_text(folder, name)

    return write


def mails(stored: Sections, _settings: ConfgenSettings) -> Rendered:
    """mail.conf."""
    return mail.render(stored["emails"].content)


def modules(settings: ConfgenSettings) -> str:
    """modules.conf: the IAX driver opens a port, and is loaded only for a reason."""
    text = packaged_text("static", MODULES)
    return text if settings.iax_port is None else text.replace("noload = chan_iax2.so\n", "")


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
