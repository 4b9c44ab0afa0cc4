"""Settings of the installation: a document for each section, with what XiVO ships.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SIP = """
bindport 5060, udpbindaddr 0.0.0.0, tcpenable no, tlsenable no,
tlscadir /var/lib/asterisk/certs/cadir, tlsdontverifyserver no, transport udp, realm Ovix,
useragent Ovix, callerid Ovix, autocreatepeer persist, autocreate_context xivo-initconfig,
autocreate_type friend, allowguest no, allowsubscribe yes, allowoverlap yes, promiscredir no,
autodomain no, allowexternaldomains yes, usereqphone no, alwaysauthreject no, buggymwi no,
sipdebug no, dumphistory no, recordhistory no, t38pt_udptl no, t38pt_usertpsource no,
externrefresh 10, matchexterniplocally no, g726nonstandard no, t1min 500, timer1 500,
timerb 32000, relaxdtmf no, rfc2833compensate no, compactheaders no, rtptimeout 0,
rtpholdtimeout 0, rtpkeepalive 0, directrtpsetup no,
notifymimetype application/simple-message-summary, srvlookup no, pedantic no, minexpiry 60,
maxexpiry 3600, defaultexpiry 120, registertimeout 20, registerattempts 0, notifyringing yes,
notifyhold no, notifycid no, allowtransfer yes, maxcallbitrate 384, autoframing yes, jbenable no,
jbforce no, jbmaxsize 200, jbresyncthreshold 1000, jbimpl fixed, jblog no, nat no,
dtmfmode rfc2833, qualify no, qualifyfreq 60, qualifygap 100, qualifypeers 1, useclientcode no,
progressinband never, language fr_FR, mohinterpret default, vmexten *98, mwiexpiry 3600,
trustrpid no, sendrpid no, insecure no, rtcachefriends no, rtupdate no, ignoreregexpire no,
rtsavesysname no, rtautoclear no, match_auth_username no, authfailureevents no,
dynamic_exclude_static no, shrinkcallerid yes, regextenonqualify no, session-expires 600,
session-minse 90, session-refresher uas, callcounter no, directmedia no, ignoresdpversion no,
encryption no, use_q850_reason no, snom_aoc_enabled no, subscribe_network_change_event yes,
auth_options_requests no, prematuremedia no
"""
IAX = """
bindport 4569, bindaddr 0.0.0.0, iaxthreadcount 10, iaxmaxthreadcount 100, iaxcompat no,
authdebug yes, delayreject no, trunkfreq 20, trunktimestamps yes, minregexpire 60,
maxregexpire 60, bandwidth high, jitterbuffer no, forcejitterbuffer no, maxjitterbuffer 1000,
maxjitterinterps 10, resyncthreshold 1000, amaflags default, adsi no, transfer yes,
language fr_FR, mohinterpret default, encryption no, maxauthreq 3, codecpriority host,
rtcachefriends yes, rtupdate yes, rtignoreregexpire yes, rtautoclear no, pingtime 20,
lagrqtime 10, nochecksums no, autokill yes, calltokenoptional 0.0.0.0
"""
VOICEMAIL = """
maxmsg 100, minsecs 0, maxsecs 0, maxsilence 15, silencethreshold 256, review yes, operator yes,
format wav, maxlogins 3, envelope yes, saycid no, sayduration yes, saydurationm 2, forcename no,
forcegreetings no, tempgreetwarn yes, maxgreet 0, skipms 3000, sendvoicemail no, usedirectory yes,
nextaftercmd yes, attach yes, volgain 0, mailcmd /usr/sbin/sendmail -t, serveremail Ovix,
charset UTF-8, fromstring Ovix, pagerfromstring Ovix, emaildateformat %Y-%m-%d à %H:%M:%S,
pbxskip no, searchcontexts no, emailsubject Nouveau message vocal de ${VM_CALLERID},
adsifdn 0000000F, adsisec 9BDBF7AC, adsiver 1
"""
VOICEMAIL_BODY = (
    "Bonjour ${VM_NAME},\n\nun message vocal de ${VM_DUR} (numéro ${VM_MSGNUM}) a été laissé dans "
    "la boîte ${VM_MAILBOX}\npar ${VM_CALLERID}, le ${VM_DATE}.\n\nPour l'écouter, composez *98.\n"
)
FEATURES = """
transferdigittimeout 5, pickupexten *8, featuredigittimeout 1500, atxfernoanswertimeout 15,
atxferdropcall no, atxferloopdelay 10, atxfercallbackretries 2
"""


def options(listed: str, **more: str) -> dict[str, object]:
    """The names and values of a comma-separated text: ``bindport 5060, tcpenable no``."""
    pairs = (each.strip().split(" ", 1) for each in listed.split(",") if each.strip())
    return {"options": {name: value.strip() for name, value in pairs} | more}


SETTINGS: dict[str, dict[str, object]] = {
    "sip_general": {**options(SIP), "ordered_options": []},
    "iax_general": {**options(IAX), "ordered_options": []},
    "iax_callnumberlimits": {"items": []},
    "sccp_general": options(
        "directmedia no, dialtimeout 5, keepalive 10, language en_US, guest no, max_guests 100",
        allow="",
    ),
    "queues_general": options(
        "persistentmembers yes, autofill no, monitor-type no, updatecdr no, shared_lastcall yes"
    ),
    "voicemail_general": options(VOICEMAIL, emailbody=VOICEMAIL_BODY),
    "features_general": options(FEATURES),
    "features_featuremap": options("blindxfer *1, atxfer *2, automixmon *3, disconnect *0"),
    "features_applicationmap": options(
        "", togglerecord="*3,self,AGI(agi://${XIVO_AGID_IP}/call_recording)"
    ),
    "rtp_general": options(
        "rtpstart 10000, rtpend 20000, strictrtp yes, icesupport yes, stunaddr_reresolve_ttl_0 yes"
    ),
    "rtp_ice_host_candidates": options(""),
    "confbridge_wazo_default_bridge": options("type bridge"),
    "confbridge_wazo_default_user": options(
        "type user, dsp_drop_silence yes, talk_detection_events yes"
    ),
    "pjsip_global": options(
        "user_agent Ovix", endpoint_identifier_order="auth_username,username,ip"
    ),
    "pjsip_system": options("timer_t1 500, timer_b 32000"),
    "dhcp": {"active": False, "pool_start": None, "pool_end": None, "network_interfaces": []},
    "emails": {
        "domain_name": "",
        "from": "",
        "address_rewriting_rules": [],
        "smtp_host": "",
        "fallback_smtp_host": "",
    },
    "ha": {"node_type": "disabled", "remote_address": None},
    "provisioning_networking": {
        "provision_host": None,
        "provision_http_port": 8667,
        "provision_http_base_url": None,
    },
}
CTI_PROFILES = ("Supervisor", "Agent", "Client", "Switchboard")


def upgrade() -> None:
    settings = op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
        info={"owner": "confd"},
    )
    op.bulk_insert(
        settings, [{"name": name, "content": content} for name, content in SETTINGS.items()]
    )
    profiles = op.create_table(
        "cti_profiles",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cti_profiles")),
        sa.UniqueConstraint("name", name=op.f("uq_cti_profiles_name")),
        info={"owner": "confd"},
    )
    op.bulk_insert(
        profiles, [{"id": n, "name": name} for n, name in enumerate(CTI_PROFILES, start=1)]
    )
    op.create_table(
        "access_features",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("feature", sa.String(length=64), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("feature IN ('phonebook')", name=op.f("ck_access_features_feature")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_features")),
        sa.UniqueConstraint("host", "feature", name=op.f("uq_access_features_host_feature")),
        info={"owner": "confd"},
    )


def downgrade() -> None:
    op.drop_table("access_features")
    op.drop_table("cti_profiles")
    op.drop_table("settings")
