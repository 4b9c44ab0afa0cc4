"""``user_set_call_rights``: may this user call that number (reference/agid.md part 6)."""

from ovix_telephony.call_permissions import Level, Permission, decide

from ..answerable import ANSWERABLE, READS, answerable
from ..call import Call, Variables, handler

PERMISSIONS = f"""
WITH judged AS (SELECT {ANSWERABLE.format(devices="$1", user="$2")} AS id)
SELECT 'user' AS level, p.id, p.mode = 'allow' AS allows, p.extensions, p.password,
       u.call_permission_password AS own_password
FROM judged
JOIN user_call_permissions up ON up.user_id = judged.id
JOIN call_permissions p ON p.id = up.call_permission_id AND p.enabled
JOIN users u ON u.id = up.user_id
UNION ALL
SELECT DISTINCT 'group', p.id, p.mode = 'allow', p.extensions, p.password, NULL
FROM judged
JOIN group_users gu ON gu.user_id = judged.id
JOIN group_call_permissions gp ON gp.group_id = gu.group_id
JOIN call_permissions p ON p.id = gp.call_permission_id AND p.enabled
UNION ALL
SELECT 'route', p.id, p.mode = 'allow', p.extensions, p.password, NULL
FROM outcall_call_permissions op
JOIN call_permissions p ON p.id = op.call_permission_id AND p.enabled
WHERE op.outcall_id = $3::int
"""  # noqa: S608 - made of constants

ALLOW, DENY, UNAVAILABLE = "ALLOW", "DENY", "UNAVAILABLE"


@handler(
    *READS,
    "XIVO_DSTNUM",
    "XIVO_OUTCALLID",
    unavailable={"XIVO_AUTHORIZATION": UNAVAILABLE, "XIVO_PASSWORD": ""},
)
async def user_set_call_rights(call: Call) -> Variables:
    """``XIVO_AUTHORIZATION``, and the password that would let a denied call pass."""
    number = call.variables["XIVO_DSTNUM"]
    outcall_id = call.id("XIVO_OUTCALLID")
    # Inside, only what somebody dials himself is judged: who is forwarded is not asked for rights.
    devices, user_id = answerable(call) if outcall_id else ([], call.id("XIVO_USERID"))
    who = devices[0] if devices else user_id or ""
    call.notes.append(f"Checking right of user (userid:{who}) to call number {number}")
    if user_id is None and outcall_id is None:
        return {"XIVO_AUTHORIZATION": ALLOW, "XIVO_PASSWORD": ""}
    rows = await call.database.rows(PERMISSIONS, devices, user_id, outcall_id)
    levels: dict[str, list[Permission]] = {level: [] for level in Level}
    own_password: str | None = None
    for row in rows:
        levels[row["level"]].append(
            Permission(row["id"], row["allows"], tuple(row["extensions"]), row["password"])
        )
        own_password = own_password or row["own_password"]
    verdict = decide(
        number,
        user=levels[Level.USER],
        groups=levels[Level.GROUP],
        route=levels[Level.ROUTE],
        user_password=own_password,
    )
    return {
        "XIVO_AUTHORIZATION": ALLOW if verdict.allowed else DENY,
        "XIVO_PASSWORD": verdict.password or "",
    }


__all__ = ["ALLOW", "DENY", "PERMISSIONS", "UNAVAILABLE", "user_set_call_rights"]
