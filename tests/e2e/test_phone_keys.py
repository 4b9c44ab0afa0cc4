"""Every kind of function key, from the API to the file that a phone fetches (F-202, F-203)."""

import re
from typing import Any

import httpx
import pytest
from ovix_testkit.office import Desk, Office

from .test_provisioning import Rack, eventually, rack

__all__ = ["rack"]

pytestmark = pytest.mark.asterisk

LINE_KEY = re.compile(r"^linekey\.(\d+)\.(type|value|label) = ?(.*)$", re.MULTILINE)
SPEED_DIAL, PARK, BLF = "13", "10", "16"
"""Yealink's numbers of the kinds of keys."""
KINDS_OF_LATER = {"queue", "conference", "paging"}
"""There is nothing yet that they could lead to."""


async def keys_of_file(rack: Rack, mac: str, ip: str) -> dict[int, dict[str, str]]:
    """The keys in the file of a phone, by position; those that do nothing are left out."""
    transport = httpx.AsyncHTTPTransport(local_address=ip)
    agent = f"Yealink SIP-T46S 66.86.0.15 {mac}"
    async with httpx.AsyncClient(transport=transport, headers={"User-Agent": agent}) as http:
        port = rack.admin.stack.ports["phones_http"]
        answer = await http.get(f"http://127.0.0.1:{port}/{mac.replace(':', '')}.cfg")
    if answer.status_code == 404:
        return {}  # it is just being written anew
    assert answer.status_code == 200, answer.text
    found: dict[int, dict[str, str]] = {}
    for position, name, value in LINE_KEY.findall(answer.text):
        found.setdefault(int(position), {})[name] = value
    return {at: key for at, key in found.items() if key["type"] in (SPEED_DIAL, PARK, BLF)}


async def objects(office: Office, owner: Desk, other: Desk) -> dict[str, Any]:
    """A group with a number, an agent, and a filter in which the owner is the boss."""
    confd = office.admin.confd
    group = await confd("POST", "/groups", {"name": f"sales{owner.number}"})
    ranges = [{"start": "2000", "end": "2099"}]
    context = {"name": "groups", "type": "internal", "group_ranges": ranges}
    await confd("POST", "/contexts", context)
    number = await confd("POST", "/extensions", {"exten": "2001", "context": "groups"})
    await confd("PUT", f"/groups/{group['id']}/extensions/{number['id']}")
    agent = await confd("POST", "/agents", {"number": "8001"})
    body = {"name": f"keys of {owner.number}", "strategy": "all", "source": "all"}
    path = f"/callfilters/{(await confd('POST', '/callfilters', body))['id']}"
    for who, desk in (("recipients", owner), ("surrogates", other)):
        users = [{"uuid": desk.person.uuid}]
        await confd("PUT", f"{path}/{who}/users", {"users": users})
    [member] = (await confd("GET", path))["surrogates"]["users"]
    return {"group": group["id"], "agent": agent["id"], "member": member["member_id"]}


async def test_every_kind_of_key_reaches_the_phones_file(rack: Rack, office: Office) -> None:
    bruno, alice = await office.hire("Bruno", registered=False), await office.hire("Alice")
    it = await objects(office, bruno, alice)
    mac, ip = "00:15:65:aa:00:31", "127.0.0.31"
    await rack.fetch_http(mac, ip)
    device = await rack.device(mac)
    await office.admin.confd("PUT", f"/lines/{bruno.person.line_id}/devices/{device['id']}")
    prefix = f"*735{bruno.person.id}"
    keys: list[tuple[dict[str, Any], str, str]] = [
        ({"type": "user", "user_id": alice.person.id}, BLF, alice.number),
        ({"type": "group", "group_id": it["group"]}, SPEED_DIAL, "2001"),
        ({"type": "service", "service": "enablednd"}, BLF, f"{prefix}***225"),
        ({"type": "service", "service": "vmusermsg"}, SPEED_DIAL, "*98"),
        ({"type": "custom", "exten": "0612345678"}, BLF, "0612345678"),
        ({"type": "forward", "forward": "unconditional"}, BLF, f"{prefix}***221"),
        ({"type": "forward", "forward": "busy", "exten": "1002"}, BLF, f"{prefix}***223*1002"),
        ({"type": "forward", "forward": "noanswer", "exten": "*98"}, BLF, f"{prefix}***222***398"),
        ({"type": "transfer", "transfer": "blind"}, SPEED_DIAL, "*1"),
        ({"type": "transfer", "transfer": "attended"}, SPEED_DIAL, "*2"),
        ({"type": "park_position", "position": 701}, BLF, "701"),
        ({"type": "parking"}, PARK, "700"),
        ({"type": "bsfilter", "filter_member_id": it["member"]}, BLF, f"*37{it['member']}"),
        ({"type": "agent", "agent_id": it["agent"], "action": "login"},
         BLF, f"{prefix}***231***3{it['agent']}"),
        ({"type": "onlinerec"}, SPEED_DIAL, "*3"),
    ]  # fmt: skip
    kinds = {each["type"] for each in await office.admin.confd("GET", "/funckeys/destinations")}
    # Nothing answers the codes of group membership yet (docs/xivo-differences.md).
    assert kinds == {key[0]["type"] for key in keys} | KINDS_OF_LATER | {"groupmember"}
    body = {
        "keys": {
            str(at): {"label": f"Key {at}", "destination": destination}
            for at, (destination, _kind, _value) in enumerate(keys, start=1)
        }
    }
    await office.admin.confd("PUT", f"/users/{bruno.person.id}/funckeys", body)
    wanted = {
        at: {"type": kind, "value": value, "label": f"Key {at}"}
        for at, (_destination, kind, value) in enumerate(keys, start=1)
    }

    async def is_there() -> bool:
        return (await keys_of_file(rack, mac, ip)).keys() >= wanted.keys()

    await eventually(is_there)
    assert await keys_of_file(rack, mac, ip) == wanted
    for kind in sorted(KINDS_OF_LATER):
        key = {"destination": {"type": kind, f"{kind}_id": 1}}
        url = f"{office.admin.stack.url('confd')}/1.1/users/{bruno.person.id}/funckeys/20"
        refused = await office.admin.http.put(url, json=key)
        assert refused.status_code == 400
        assert f"{kind.title()} was not found" in refused.text
