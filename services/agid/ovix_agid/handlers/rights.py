"""``user_set_call_rights``: may this user call that number (reference/agid.md part 6)."""

from ovix_telephony.call_permissions import Level, Permission, decide

from ..call import Call, Variables, handler

PERMISSIONS = """
SELECT 'user' AS level, p.id, p.mode = 'allow' AS allows, p.extensions, p.password,
       u.call_permission_password AS own_password
FROM user_call_permissions up
JOIN call_permissions p ON p.id = up.call_permission_id AND p.enabled
JOIN users u ON u.id = up.user_id
WHERE up.user_id = $1::int
UNION ALL
SELECT DISTINCT 'group', p.id, p.mode = 'allow', p.extensions, p.password, NULL
FROM group_users gu
JOIN group_call_permissions gp ON gp.group_id = gu.group_id
JOIN call_permissions p ON p.id = gp.call_permission_id AND p.enabled
WHERE gu.user_id = $1::int
UNION ALL
SELECT 'route', p.id, p.mode = 'allow', p.extensions, p.password, NULL
FROM outcall_call_permissions op
JOIN call_permissions p ON p.id = op.call_permission_id AND p.enabled
WHERE op.outcall_id = $2::int
"""

ALLOW, DENY, UNAVAILABLE = "ALLOW", "DENY", "UNAVAILABLE"


@handler(
    "XIVO_USERID",
    "XIVO_DSTNUM",
    "XIVO_OUTCALLID",
    unavailable={"XIVO_AUTHORIZATION": UNAVAILABLE, "XIVO_PASSWORD": ""},
)
async def user_set_call_rights(call: Call) -> Variables:
    """``XIVO_AUTHORIZATION``, and the password that would let a denied call pass."""
    number = call.variables["XIVO_DSTNUM"]
    user_id, outcall_id = call.id("XIVO_USERID"), call.id("XIVO_OUTCALLID")
    call.notes.append(f"Checking right of user (userid:{user_id or ''}) to call number {number}")
    if user_id is None and outcall_id is None:
        return {"XIVO_AUTHORIZATION": ALLOW, "XIVO_PASSWORD": ""}
    rows = await call.database.rows(PERMISSIONS, user_id, outcall_id)
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
