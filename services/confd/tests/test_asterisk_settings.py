"""The general settings of Asterisk's files.

F-212 to F-217, F-220 to F-227, F-228 to F-232, F-240, F-327 and F-337 are kept and shown by them.
"""

from typing import Any

import pytest
from httpx import AsyncClient

pytestmark = pytest.mark.usefixtures("as_installed")

LONG = "x" * 300


async def options(api: AsyncClient, section: str) -> dict[str, str]:
    found: dict[str, str] = (await api.get(f"/asterisk/{section}")).json()["options"]
    return found


@pytest.mark.parametrize(("section", "name", "value"), [
    ("sip/general", "autocreatepeer", "persist"),
    ("sip/general", "session-expires", "600"),
    ("iax/general", "calltokenoptional", "0.0.0.0"),
    ("sccp/general", "allow", ""),
    ("queues/general", "shared_lastcall", "yes"),
    ("voicemail/general", "mailcmd", "/usr/sbin/sendmail -t"),
    ("voicemail/general", "emaildateformat", "%Y-%m-%d à %H:%M:%S"),
    ("features/general", "transferdigittimeout", "5"),
    ("features/featuremap", "blindxfer", "*1"),
    ("rtp/general", "rtpend", "20000"),
    ("confbridge/wazo_default_bridge", "type", "bridge"),
    ("confbridge/wazo_default_user", "talk_detection_events", "yes"),
    ("pjsip/global", "endpoint_identifier_order", "auth_username,username,ip"),
])  # fmt: skip
async def test_a_fresh_installation_has_the_shipped_values(
    api: AsyncClient, section: str, name: str, value: str
) -> None:
    assert (await options(api, section))[name] == value


async def test_the_options_of_parking_are_not_among_those_of_features(api: AsyncClient) -> None:
    assert "parkext" not in await options(api, "features/general")


async def test_options_that_are_not_sent_are_gone(api: AsyncClient) -> None:
    path = "/asterisk/sip/general"
    body = {"options": {"bindport": "5062"}, "ordered_options": [["allow", "g722"]]}
    assert (await api.put(path, json=body)).status_code == 204
    assert (await api.get(path)).json() == body


async def test_ordered_options_repeat_and_keep_their_order(api: AsyncClient) -> None:
    pairs = [["localnet", "10.0.0.0/8"], ["disallow", "all"], ["localnet", "192.0.2.0/24"]]
    path = "/asterisk/iax/general"
    answer = await api.put(path, json={"options": {}, "ordered_options": pairs})
    assert answer.status_code == 204
    assert (await api.get(path)).json()["ordered_options"] == pairs


@pytest.mark.parametrize(("section", "body"), [
    ("sip/general", {"options": {}}),
    ("sip/general", {"ordered_options": []}),
    ("sip/general", {"options": {"register": "a:b@c"}, "ordered_options": []}),
    ("sip/general", {"options": {}, "ordered_options": [["register", "a:b@c"]]}),
    ("sip/general", {"options": {}, "ordered_options": [["allow"]]}),
    ("sip/general", {"options": {}, "ordered_options": [["allow", "alaw", "ulaw"]]}),
    ("sip/general", {"options": {}, "ordered_options": [["x" * 129, "alaw"]]}),
    ("sip/general", {"options": {}, "ordered_options": [["allow", LONG]]}),
    ("sip/general", {"options": {}, "ordered_options": [["allow", None]]}),
    ("sip/general", {"options": {"realm": LONG}, "ordered_options": []}),
    ("iax/general", {"options": {"register": "a:b@c"}, "ordered_options": []}),
    ("iax/callnumberlimits", {"items": [{"ip_address": "192.0.2.1", "netmask": "x"}]}),
    ("iax/callnumberlimits", {"items": [{"ip_address": LONG, "netmask": "x", "limit": 1}]}),
    ("iax/callnumberlimits", {"items": [{"ip_address": "a", "netmask": "b", "limit": 2**40}]}),
    ("iax/callnumberlimits", {}),
    ("sccp/general", {"options": {"x" * 81: "1"}}),
    ("sccp/general", {"options": {"keepalive": "x" * 81}}),
    ("queues/general", {"options": {"x" * 129: "1"}}),
    ("queues/general", {"options": {"autofill": None}}),
    ("queues/general", {"options": {"autofill": 1}}),
    ("queues/general", {"options": {"autofill": "a\0b"}}),
    ("queues/general", {"options": [["autofill", "yes"]]}),
    ("voicemail/general", {}),
    ("voicemail/general", {"options": {"maxmsg": None}}),
    ("features/general", {"options": {"parkext": "700"}}),
    ("features/general", {"options": {"courtesytone": "beep"}}),
    ("features/general", {"options": {"xfersound": LONG}}),
    ("features/featuremap", {"options": {"atxfer": "*2", "automixmon": "*3"}}),
    ("features/featuremap", {"options": {"blindxfer": "*1", "automixmon": "*3"}}),
    ("features/featuremap", {"options": {"blindxfer": "*1", "atxfer": "*2"}}),
    ("features/applicationmap", {"options": {}}),
    ("pjsip/global", {"options": {"no_such_option": "1"}}),
    ("pjsip/system", {"options": {"user_agent": "an option of global"}}),
])  # fmt: skip
async def test_refused(api: AsyncClient, section: str, body: dict[str, Any]) -> None:
    before = (await api.get(f"/asterisk/{section}")).json()
    answer = await api.put(f"/asterisk/{section}", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()[0].startswith("Input Error - ")
    assert (await api.get(f"/asterisk/{section}")).json() == before


async def test_a_value_of_a_queue_option_may_be_of_any_length(api: AsyncClient) -> None:
    body = {"options": {"monitor-format": "x" * 5000}}
    assert (await api.put("/asterisk/queues/general", json=body)).status_code == 204
    assert (await api.get("/asterisk/queues/general")).json() == body


@pytest.mark.parametrize(("section", "reads", "updates"), [
    ("queues/general", "queue.general.get", "queue.general.update"),
    ("pjsip/global", "pjsip.global.read", "pjsip.global.update"),
    ("pjsip/system", "pjsip.system.read", "pjsip.system.update"),
    ("sip/general", "sip.general.get", "sip.general.update"),
])  # fmt: skip
async def test_access_strings_are_xivos(
    client: Any, section: str, reads: str, updates: str
) -> None:
    path = f"/asterisk/{section}"
    reading, writing = [await client(f"confd.asterisk.{each}") for each in (reads, updates)]
    body = (await reading.get(path)).json()
    assert (await reading.put(path, json=body)).status_code == 401
    assert (await writing.get(path)).status_code == 401
    assert (await writing.put(path, json=body)).status_code == 204


ZONES = "/asterisk/voicemail/zonemessages"


async def test_zones_are_replaced_in_the_order_given(api: AsyncClient) -> None:
    names = ["utc", "eu-fr", "asia"]
    items = [{"name": name, "timezone": "UTC", "message": None} for name in names]
    assert (await api.put(ZONES, json={"items": items})).status_code == 204
    assert (await api.get(ZONES)).json() == {"items": items}
    assert (await api.put(ZONES, json={"items": []})).status_code == 204
    assert (await api.get(ZONES)).json() == {"items": []}


async def test_a_box_takes_a_new_zone(confd: Any) -> None:
    await confd.do("PUT", ZONES, items=[{"name": "la-reunion", "timezone": "Indian/Reunion"}])
    box = {"name": "Box", "context": "default"}
    await confd.make("/voicemails", **box, number="1", timezone="la-reunion")
    await confd.refused(
        "POST", "/voicemails", "Input Error - field 'timezone': Timezone was not found",
        **box, number="2", timezone="eu-fr",
    )  # fmt: skip


async def test_a_zone_that_a_box_uses_stays(confd: Any) -> None:
    await confd.make(
        "/voicemails", name="Box", number="1", context="default", timezone="na-pacific"
    )
    changed = [{"name": "na-pacific", "timezone": "America/Vancouver", "message": "q"}]
    await confd.do("PUT", ZONES, items=changed)
    assert (await confd.read(ZONES))["items"] == changed
    await confd.refused(
        "PUT", ZONES, "Resource Error - Timezone is associated with a Voicemail",
        items=[{"name": "eu-fr", "timezone": "Europe/Paris"}],
    )  # fmt: skip
    assert (await confd.read(ZONES))["items"] == changed


@pytest.mark.parametrize("items", [
    None,
    [{"name": "x"}],
    [{"timezone": "UTC"}],
    [{"name": LONG, "timezone": "UTC"}],
    [{"name": "x", "timezone": None}],
    [{"name": "x", "timezone": LONG}],
    [{"name": "x", "timezone": "UTC", "message": 1}],
    [{"name": "x", "timezone": "UTC"}, {"name": "x", "timezone": "Europe/Paris"}],
])  # fmt: skip
async def test_zones_that_are_refused(api: AsyncClient, items: Any) -> None:
    answer = await api.put(ZONES, json={"items": items})
    assert answer.status_code == 400
    assert answer.json()[0].startswith("Input Error - ")


async def test_replacements_of_all_zones_at_once_leave_one_of_them(confd: Any) -> None:
    lists = [
        [{"name": f"{letter}{n}", "timezone": "UTC", "message": None} for n in range(20)]
        for letter in "abc"
    ]
    told = await confd.at_once("PUT", *((ZONES, {"items": items}) for items in lists))
    assert told == ["", "", ""]
    assert (await confd.read(ZONES))["items"] in lists


async def test_more_zones_than_a_statement_has_parameters(api: AsyncClient) -> None:
    items = [{"name": f"zone{n}", "timezone": "UTC", "message": None} for n in range(12000)]
    assert (await api.put(ZONES, json={"items": items})).status_code == 204
    assert len((await api.get(ZONES)).json()["items"]) == 12000
