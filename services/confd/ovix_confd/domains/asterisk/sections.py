"""The sections of Asterisk's files. Most take any option; `bodies` says which don't."""

from collections.abc import Callable
from typing import Any

from ovix_bus import Event
from ovix_bus.catalogue import settings

from ...kit import Schema, SectionSpec
from ...stored_sections import stored_section
from .bodies import (
    ApplicationMap,
    CallNumberLimits,
    FeatureMap,
    FeaturesGeneral,
    Options,
    OptionsRead,
    OrderedOptions,
    OrderedOptionsRead,
    PjsipGlobal,
    PjsipSystem,
    SccpOptions,
)


def _section(
    path: str,
    edited: Callable[[], Event],
    example: dict[str, Any],
    *,
    write: type[Schema] = Options,
    read: type[Schema] = OptionsRead,
    reads: str = "",
    updates: str = "",
) -> SectionSpec[Schema]:
    return stored_section(
        name=path.replace("/", "_"),
        path=f"/asterisk/{path}",
        read=read,
        write=write,
        edited=edited,
        example=example,
        read_scopes=(reads,) if reads else (),
        update_scopes=(updates,) if updates else (),
    )


SECTIONS = (
    _section(
        "sip/general",
        settings.sip_general_edited,
        {
            "options": {"bindport": "5060", "language": "fr_FR"},
            "ordered_options": [["disallow", "all"], ["allow", "alaw"], ["allow", "g722"]],
        },
        write=OrderedOptions,
        read=OrderedOptionsRead,
    ),
    _section(
        "iax/general",
        settings.iax_general_edited,
        {"options": {"bindport": "4569"}, "ordered_options": [["allow", "alaw"]]},
        write=OrderedOptions,
        read=OrderedOptionsRead,
    ),
    _section(
        "iax/callnumberlimits",
        settings.iax_callnumberlimits_edited,
        {"items": [{"ip_address": "192.0.2.0", "netmask": "255.255.255.0", "limit": 10}]},
        write=CallNumberLimits,
        read=CallNumberLimits,
    ),
    _section(
        "sccp/general",
        settings.sccp_general_edited,
        {"options": {"keepalive": "10", "language": "fr_FR"}},
        write=SccpOptions,
    ),
    _section(
        "queues/general",
        settings.queue_general_edited,
        {"options": {"autofill": "yes", "shared_lastcall": "no"}},
        # The path is in the plural, its access strings are not.
        reads="confd.asterisk.queue.general.get",
        updates="confd.asterisk.queue.general.update",
    ),
    _section(
        "voicemail/general",
        settings.voicemail_general_edited,
        {"options": {"maxmsg": "50", "emailsubject": "Message de ${VM_CALLERID}"}},
    ),
    _section(
        "features/general",
        settings.features_general_edited,
        {"options": {"pickupexten": "*8", "xfersound": "beep"}},
        write=FeaturesGeneral,
    ),
    _section(
        "features/featuremap",
        settings.features_featuremap_edited,
        {"options": {"blindxfer": "#1", "atxfer": "#2", "automixmon": "#3"}},
        write=FeatureMap,
    ),
    _section(
        "features/applicationmap",
        settings.features_applicationmap_edited,
        {"options": {"togglerecord": "*3,self,AGI(agi://127.0.0.1/call_recording)"}},
        write=ApplicationMap,
    ),
    _section(
        "rtp/general",
        settings.rtp_general_edited,
        {"options": {"rtpstart": "10000", "rtpend": "10099"}},
    ),
    _section(
        "rtp/ice_host_candidates",
        settings.rtp_ice_host_candidates_edited,
        {"options": {"192.168.1.2": "192.0.2.2,include_local_address"}},
    ),
    _section(
        "confbridge/wazo_default_bridge",
        settings.confbridge_wazo_default_bridge_edited,
        {"options": {"type": "bridge", "max_members": "20"}},
    ),
    _section(
        "confbridge/wazo_default_user",
        settings.confbridge_wazo_default_user_edited,
        {"options": {"type": "user", "dsp_drop_silence": "no"}},
    ),
    _section(
        "pjsip/global",
        settings.pjsip_global_updated,
        {"options": {"user_agent": "Ovix", "max_forwards": "50"}},
        write=PjsipGlobal,
        reads="confd.asterisk.pjsip.global.read",
    ),
    _section(
        "pjsip/system",
        settings.pjsip_system_updated,
        {"options": {"timer_t1": "200"}},
        write=PjsipSystem,
        reads="confd.asterisk.pjsip.system.read",
    ),
)
