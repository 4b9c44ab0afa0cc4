"""Every file: what it is made of, which events concern it, which modules of Asterisk read it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ovix_bus import topic_matches

from ovix_confgen import writers
from ovix_confgen.dhcp import isc, kea
from ovix_confgen.dhcp import writers as dhcp
from ovix_confgen.renderers import (
    confbridge,
    dialplan_contexts,
    dialplan_fallbacks,
    dialplan_globals,
    engine,
    func_key_hints,
    iax,
    mail,
    sip_general,
    voicemail,
)
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.writers import Write, packaged_names

PJSIP = "res_pjsip.so"
PJSIP_IDENTIFY = "res_pjsip_endpoint_identifier_ip.so"
PJSIP_MWI = "res_pjsip_mwi.so"
DIALPLAN = "pbx_config.so"
VOICEMAIL = "app_voicemail.so"

RELOAD_ORDER = (PJSIP, PJSIP_IDENTIFY, VOICEMAIL, PJSIP_MWI, DIALPLAN)
"""Devices before the numbers and boxes that name them; other modules come first."""


def of_asterisk(settings: ConfgenSettings) -> Path:
    """The directory of Asterisk's files."""
    return settings.asterisk_config_dir


def of_dhcp(settings: ConfgenSettings) -> Path:
    """The directory of the DHCP servers' files."""
    return settings.dhcp.directory


@dataclass(frozen=True)
class Document:
    """A file, by its path below its directory."""

    name: str
    write: Write
    modules: tuple[str, ...] = ()
    """What to reload; none: Asterisk reads the file when it starts."""
    events: tuple[str, ...] = ()
    """Routing keys that may change it; none: only the settings or a new release do."""
    directory: Callable[[ConfgenSettings], Path] = of_asterisk

    def concerns(self, routing_key: str) -> bool:
        """Whether an event may change the file."""
        return bool(self.events) and topic_matches(self.events, routing_key)


_USERS = ("config.user.#", "config.user_line_association.#", "config.users.*.voicemails.#")
_LINES = ("config.line.#", "config.lines.#", "config.line_extension_association.#")
_EXTENSIONS = ("config.extension.#",)
_ENDPOINTS = ("config.sip_endpoint.#",)
_TRANSPORTS = ("config.sip.transports.#",)
_TEMPLATES = ("config.sip_endpoint_template.#",)
_SIP_GENERAL = ("config.sip_general.#",)
_DEVICES = ("config.device.*",)
_PICKUPS = (
    "config.callpickup.#",
    "config.callpickups.#",
    "config.groups.deleted",
    "config.groups.members.users.#",
    "config.users.groups.#",
)
_CUSTOM = ("config.custom_endpoint.#",)
_IAX = ("config.iax_endpoint.#",)
_TRUNKS = ("config.trunk.#", "config.trunks.#")
_FEATURES = ("config.extension_feature.#",)
_ROUTES = ("config.outcalls.#",)
_CONTEXTS = ("config.contexts.#", "config.entity.#")
_FUNC_KEYS = ("config.funckey.#", "config.users.*.funckeys.#")
_MAILS = ("config.email.#",)
_DHCP = ("config.dhcp.#", "config.provisioning.networking.#")
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
        writers.pjsip,
        (PJSIP,),
        (
            *_FEATURES,
            *_TRANSPORTS,
            *_SIP_GENERAL,
            "config.pjsip_global.#",
            "config.pjsip_system.#",
        ),
    ),
    Document(
        sip_general.LINES_FILE,
        writers.lines,
        (PJSIP, PJSIP_MWI),
        (
            *_USERS,
            *_LINES,
            *_EXTENSIONS,
            *_ENDPOINTS,
            *_VOICEMAILS,
            *_TRANSPORTS,
            *_TEMPLATES,
            *_SIP_GENERAL,
            *_DEVICES,
            *_PICKUPS,
        ),
    ),
    Document(
        sip_general.TRUNKS_FILE,
        writers.trunks,
        (PJSIP, PJSIP_IDENTIFY),
        (*_TRUNKS, *_ENDPOINTS, *_TRANSPORTS, *_TEMPLATES, *_SIP_GENERAL),
    ),
    Document(
        iax.FILE,
        writers.iax_peers,
        ("chan_iax2.so",),
        (
            *_TRUNKS,
            *_IAX,
            "config.iax_general.#",
            "config.iax_callnumberlimits.#",
        ),
    ),
    Document("extensions.conf", writers.dialplan, (DIALPLAN,)),
    Document(
        dialplan_contexts.FILE,
        writers.contexts,
        (DIALPLAN,),
        (*_USERS, *_LINES, *_EXTENSIONS, *_ENDPOINTS, *_CUSTOM, *_FEATURES, *_ROUTES, *_CONTEXTS),
    ),
    Document(
        func_key_hints.FILE,
        writers.hints,
        (DIALPLAN,),
        (*_USERS, *_LINES, *_EXTENSIONS, *_FEATURES, *_CONTEXTS, *_FUNC_KEYS),
    ),
    Document(
        dialplan_fallbacks.FILE,
        writers.fallbacks,
        (DIALPLAN,),
        (*_USERS, *_LINES, *_ENDPOINTS, *_CUSTOM, *_IAX, *_ROUTES, *_TRUNKS, *_CONTEXTS),
    ),
    Document(voicemail.FILE, writers.mailboxes, (VOICEMAIL,), (*_VOICEMAILS, *_MAILS)),
    Document(mail.FILE, writers.from_sections(writers.mails), (), _MAILS),
    Document(
        "manager.conf", writers.fixed(lambda it: engine.render_manager(it.manager)), ("manager",)
    ),
    Document("http.conf", writers.fixed(lambda it: engine.render_http(it.web_sockets)), ("http",)),
    Document("cel.conf", writers.fixed(lambda _: engine.render_cel()), ("cel",)),
    Document(
        "cel_custom.conf",
        writers.fixed(lambda it: engine.render_cel_custom(it.cel_spool.name)),
        ("cel_custom.so",),
    ),
    Document(
        "rtp.conf",
        writers.from_sections(writers.rtp),
        ("res_rtp_asterisk.so",),
        ("config.rtp_general.#", "config.rtp_ice_host_candidates.#"),
    ),
    Document(
        "features.conf",
        writers.from_sections(writers.features),
        ("features",),
        (
            "config.features_general.#",
            "config.features_featuremap.#",
            "config.features_applicationmap.#",
        ),
    ),
    Document(
        "queues.conf",
        writers.from_sections(writers.queues),
        ("app_queue.so",),
        ("config.queue_general.#",),
    ),
    Document(
        confbridge.FILE,
        writers.from_sections(writers.conferences),
        ("app_confbridge.so",),
        (
            "config.confbridge_wazo_default_bridge.#",
            "config.confbridge_wazo_default_user.#",
        ),
    ),
    Document("sccp.conf", writers.from_sections(writers.sccp), (), ("config.sccp_general.#",)),
    Document(isc.FILE_NAME, dhcp.dhcpd, (), _DHCP, of_dhcp),
    Document(isc.INTERFACES_FILE, dhcp.interfaces, (), _DHCP, of_dhcp),
    Document(kea.FILE_NAME, dhcp.kea_dhcp4, (), _DHCP, of_dhcp),
    Document(writers.MODULES, writers.fixed(writers.modules)),
    *(
        Document(name, writers.packaged("static", name), _STATIC_MODULES.get(name, ()))
        for name in packaged_names("static")
        if name != writers.MODULES
    ),
    *(
        Document(
            f"{dialplan_globals.LIBRARY_DIRECTORY}/{name}",
            writers.packaged("dialplan", name),
            (DIALPLAN,),
        )
        for name in packaged_names("dialplan")
    ),
)

UNCONCERNED = (
    "config.users.*.forwards.#", "config.users.*.services.#", "config.users.*.selected_device.#",
    "config.users.*.callpermissions.#",
    "config.users.*.entities.#", "config.users.schedules.#", "config.users.fallbacks.#",
    "config.user_cti_profile_association.#", "config.callpermission.#",
    "config.callfilter.#", "config.callfilters.#",
    "config.schedules.#", "config.lines.*.devices.#",
    "config.outcalls.*.callpermissions.#", "config.outcalls.schedules.#",
    "config.ha.#",
    "config.access_feature.#", "config.agent.#", "config.users.*.agents.#",
    "config.groups.created", "config.groups.edited", "config.groups.fallbacks.#",
    "config.groups.extensions.#", "config.groups.schedules.#", "config.groups.*.callpermissions.#",
    "config.groups.members.extensions.#",
    "config.labels.#",
    "config.registrar.#", "config.sccp_endpoint.#",
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
