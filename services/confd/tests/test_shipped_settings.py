"""What a fresh installation has in Asterisk's files: every default of the reference.

Source: reference/confd/settings-wizard-misc.md, "Defaults"; voicemails.md.
"""

from typing import Any

import pytest

Confd = Any
SHIPPED = {
    "sip/general": (
        "bindport 5060, udpbindaddr 0.0.0.0, tcpenable no, tlsenable no, tlscadir "
        "/var/lib/asterisk/certs/cadir, tlsdontverifyserver no, transport udp, realm Ovix, "
        "useragent Ovix, callerid Ovix, autocreatepeer persist, autocreate_context "
        "xivo-initconfig, autocreate_type friend, allowguest no, allowsubscribe yes, "
        "allowoverlap yes, promiscredir no, autodomain no, allowexternaldomains yes, "
        "usereqphone no, alwaysauthreject no, buggymwi no, sipdebug no, dumphistory no, "
        "recordhistory no, t38pt_udptl no, t38pt_usertpsource no, externrefresh 10, "
        "matchexterniplocally no, g726nonstandard no, t1min 500, timer1 500, timerb 32000, "
        "relaxdtmf no, rfc2833compensate no, compactheaders no, rtptimeout 0, rtpholdtimeout 0,"
        " rtpkeepalive 0, directrtpsetup no, notifymimetype application/simple-message-summary,"
        " srvlookup no, pedantic no, minexpiry 60, maxexpiry 3600, defaultexpiry 120, "
        "registertimeout 20, registerattempts 0, notifyringing yes, notifyhold no, notifycid "
        "no, allowtransfer yes, maxcallbitrate 384, autoframing yes, jbenable no, jbforce no, "
        "jbmaxsize 200, jbresyncthreshold 1000, jbimpl fixed, jblog no, nat no, dtmfmode "
        "rfc2833, qualify no, qualifyfreq 60, qualifygap 100, qualifypeers 1, useclientcode no,"
        " progressinband never, language fr_FR, mohinterpret default, vmexten *98, mwiexpiry "
        "3600, trustrpid no, sendrpid no, insecure no, rtcachefriends no, rtupdate no, "
        "ignoreregexpire no, rtsavesysname no, rtautoclear no, match_auth_username no, "
        "authfailureevents no, dynamic_exclude_static no, shrinkcallerid yes, regextenonqualify"
        " no, session-expires 600, session-minse 90, session-refresher uas, callcounter no, "
        "directmedia no, ignoresdpversion no, encryption no, use_q850_reason no, "
        "snom_aoc_enabled no, subscribe_network_change_event yes, auth_options_requests no, "
        "prematuremedia no"
    ),
    "iax/general": (
        "bindport 4569, bindaddr 0.0.0.0, iaxthreadcount 10, iaxmaxthreadcount 100, iaxcompat "
        "no, authdebug yes, delayreject no, trunkfreq 20, trunktimestamps yes, minregexpire 60,"
        " maxregexpire 60, bandwidth high, jitterbuffer no, forcejitterbuffer no, "
        "maxjitterbuffer 1000, maxjitterinterps 10, resyncthreshold 1000, amaflags default, "
        "adsi no, transfer yes, language fr_FR, mohinterpret default, encryption no, maxauthreq"
        " 3, codecpriority host, rtcachefriends yes, rtupdate yes, rtignoreregexpire yes, "
        "rtautoclear no, pingtime 20, lagrqtime 10, nochecksums no, autokill yes, "
        "calltokenoptional 0.0.0.0"
    ),
    "sccp/general": (
        "directmedia no, dialtimeout 5, keepalive 10, language en_US, allow , guest no, "
        "max_guests 100"
    ),
    "queues/general": (
        "persistentmembers yes, autofill no, monitor-type no, updatecdr no, shared_lastcall yes"
    ),
    "features/general": (
        "transferdigittimeout 5, pickupexten *8, featuredigittimeout 1500, "
        "atxfernoanswertimeout 15, atxferdropcall no, atxferloopdelay 10, atxfercallbackretries"
        " 2"
    ),
    "features/featuremap": ("blindxfer *1, disconnect *0, automixmon *3, atxfer *2"),
    "confbridge/wazo_default_user": ("type user, dsp_drop_silence yes, talk_detection_events yes"),
    "voicemail/general": (
        "maxmsg 100, silencethreshold 256, minsecs 0, maxsecs 0, maxsilence 15, review yes, "
        "operator yes, format wav, maxlogins 3, envelope yes, saycid no, sayduration yes, "
        "saydurationm 2, forcename no, forcegreetings no, tempgreetwarn yes, maxgreet 0, skipms"
        " 3000, sendvoicemail no, usedirectory yes, nextaftercmd yes, attach yes, volgain 0, "
        "mailcmd /usr/sbin/sendmail -t, serveremail Ovix, charset UTF-8, fromstring Ovix, "
        "pagerfromstring Ovix, emaildateformat %Y-%m-%d à %H:%M:%S, pbxskip no, searchcontexts "
        "no, adsifdn 0000000F, adsisec 9BDBF7AC, adsiver 1"
    ),
}
"""Names and values, by section; what is not listed may be there too."""
ZONES = {
    "eu-fr": ("Europe/Paris", "'vm-received' q 'digits/at' kM"),
    "na-newfoundland": ("America/St_Johns", "'vm-received' q 'digits/at' IMp"),
    "na-atlantic": ("America/Halifax", "'vm-received' q 'digits/at' IMp"),
    "na-eastern": ("America/New_York", "'vm-received' q 'digits/at' IMp"),
    "na-central": ("America/Chicago", "'vm-received' q 'digits/at' IMp"),
    "na-mountain": ("America/Denver", "'vm-received' q 'digits/at' IMp"),
    "na-pacific": ("America/Los_Angeles", "'vm-received' q 'digits/at' IMp"),
    "na-alaska": ("America/Anchorage", "'vm-received' q 'digits/at' IMp"),
}


@pytest.mark.parametrize("section", SHIPPED)
async def test_a_section_is_shipped_with_the_defaults_of_the_reference(
    confd: Confd, section: str
) -> None:
    shown = await confd.read(f"/asterisk/{section}")
    found = {**shown["options"], **dict(shown.get("ordered_options", ()))}
    expected = {
        name: value
        for name, _, value in (each.partition(" ") for each in SHIPPED[section].split(", "))
    }
    assert {name: found.get(name) for name in expected} == expected


async def test_zones_are_shipped_in_the_order_of_the_reference(confd: Confd) -> None:
    found = (await confd.read("/asterisk/voicemail/zonemessages"))["items"]
    assert [(each["name"], (each["timezone"], each["message"])) for each in found] == list(
        ZONES.items()
    )
