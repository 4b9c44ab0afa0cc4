"""``phone_set_feature`` and ``fwdundoall``: services and forwards switched from the phone.

Each change is one statement that also writes the event to the outbox, so that lamps and clients
hear of it as if the API had made it.
"""

from ovix_bus.catalogue import users as events
from ovix_bus.event import Event

from ..announcements import SOME_USER, announcing
from ..call import Call, DialplanBreak, Variables, flag, handler
from .phone_features import FORWARDS

DESTINATION_LENGTH = 128
_USER_EDITED = events.user_edited(id=0, uuid=SOME_USER)
_RECORDINGS = tuple(
    f"call_record_{way}_{kind}_enabled"
    for way in ("outgoing", "incoming")
    for kind in ("external", "internal")
)


def _toggle(columns: tuple[str, ...], event: Event, **data: str) -> str:
    """SQL that switches the columns on unless all are on, and announces it."""
    switched = ", ".join(f"{column} = NOT ({' AND '.join(columns)})" for column in columns)
    return f"""
        WITH changed AS (
            UPDATE users SET {switched} WHERE id = $1::int
            RETURNING id, uuid, {columns[0]} AS enabled
        ), announced AS ({announcing(event, "changed", **data)})
        SELECT id, enabled FROM changed
    """  # noqa: S608 - made of constants of this module


def _forward_event(forward: str) -> Event:
    kinds = {
        "busy": events.users_forwards_busy_updated,
        "noanswer": events.users_forwards_noanswer_updated,
        "unconditional": events.users_forwards_unconditional_updated,
    }
    return kinds[forward](user_uuid=SOME_USER, enabled=False, destination=None)


def _set_forward(forward: str) -> str:
    """SQL that sets a forward; switched on it needs a destination, given or kept from before."""
    kept = f"COALESCE($3::text, {forward}_destination)"
    event = _forward_event(forward)
    return f"""
        WITH changed AS (
            UPDATE users SET
                {forward}_enabled = $2::bool,
                {forward}_destination = CASE WHEN $2 THEN {kept} ELSE {forward}_destination END
            WHERE id = $1::int AND (NOT $2 OR {kept} IS NOT NULL)
            RETURNING uuid, {forward}_enabled AS enabled, {forward}_destination AS destination
        ), announced AS (
            {announcing(event, "changed", enabled="enabled", destination="destination")}
        )
        SELECT owner.id, changed.enabled
        FROM users owner LEFT JOIN changed ON true
        WHERE owner.id = $1::int
    """  # noqa: S608 - made of constants of this module


def _undo_forwards() -> str:
    """SQL that switches every forward off and announces each, as the API does for all three."""
    switched = ", ".join(f"{forward}_enabled = false" for forward in FORWARDS.values())
    destinations = ", ".join(f"{forward}_destination" for forward in FORWARDS.values())
    announced = []
    for forward in FORWARDS.values():
        data = {"enabled": "false", "destination": f"{forward}_destination"}
        written = announcing(_forward_event(forward), "changed", **data)
        announced.append(f"announced_{forward} AS ({written})")
    return f"""
        WITH changed AS (
            UPDATE users SET {switched} WHERE id = $1::int RETURNING id, uuid, {destinations}
        ), {", ".join(announced)}
        SELECT id FROM changed
    """  # noqa: S608 - made of constants of this module


TOGGLES = {
    "callrecord": (
        "XIVO_CALLRECORDENABLED",
        _toggle(_RECORDINGS, _USER_EDITED, id="id", uuid="uuid"),
    ),
    "dnd": (
        "XIVO_DNDENABLED",
        _toggle(
            ("dnd_enabled",),
            events.users_services_dnd_updated(user_uuid=SOME_USER, enabled=False),
            enabled="enabled",
        ),
    ),
    "incallfilter": (
        "XIVO_INCALLFILTERENABLED",
        _toggle(
            ("incallfilter_enabled",),
            events.users_services_incallfilter_updated(user_uuid=SOME_USER, enabled=False),
            enabled="enabled",
        ),
    ),
}
TOGGLE_VOICEMAIL = _toggle(("voicemail_enabled",), _USER_EDITED, id="id", uuid="uuid")
SET_FORWARD = {word.lower(): _set_forward(forward) for word, forward in FORWARDS.items()}
UNDO_FORWARDS = _undo_forwards()

OWNER_OF_EXTENSION = """
SELECT u.id, box.password
FROM extensions e
JOIN line_extensions le ON le.extension_id = e.id
JOIN user_lines ul ON ul.line_id = le.line_id AND ul.main_line
JOIN users u ON u.id = ul.user_id
LEFT JOIN voicemails box ON box.id = u.voicemail_id
WHERE e.exten = $1 AND e.context = $2 AND e.enabled
ORDER BY ul.main_user DESC, u.id
LIMIT 1
"""


@handler("XIVO_USERID", "XIVO_BASE_CONTEXT")
async def phone_set_feature(call: Call) -> Variables:
    """Switch the feature named by the first argument; says what it is now."""
    user_id = call.id("XIVO_USERID")
    if user_id is None:
        raise DialplanBreak("phone_set_feature: the caller is no user")
    feature = call.argument(0)
    if feature in TOGGLES:
        variable, statement = TOGGLES[feature]
        return await _toggled(call, user_id, variable, statement)
    if feature in SET_FORWARD:
        return await _forwarded(call, user_id, feature)
    if feature == "vm":
        owner = await _owner_of_voicemail(call, user_id)
        return await _toggled(call, owner, "XIVO_VMENABLED", TOGGLE_VOICEMAIL)
    raise DialplanBreak(f"phone_set_feature: no feature is called '{feature}'")


@handler("XIVO_USERID")
async def fwdundoall(call: Call) -> Variables:
    """Switch the caller's three forwards off."""
    user_id = call.id("XIVO_USERID")
    if user_id is None or await call.database.change(UNDO_FORWARDS, user_id) is None:
        raise DialplanBreak("fwdundoall: the caller is no user")
    return {}


async def _toggled(call: Call, user_id: int, variable: str, statement: str) -> Variables:
    row = await call.database.change(statement, user_id)
    if row is None:
        raise DialplanBreak(f"phone_set_feature: there is no user {user_id}")
    return {variable: flag(row["enabled"]), "XIVO_USERID_OWNER": str(user_id)}


async def _forwarded(call: Call, user_id: int, feature: str) -> Variables:
    """A forward that can't be switched on leaves its variable empty: the phone says "off"."""
    enabled, destination = call.argument(1) == "1", call.argument(2)
    variable = f"XIVO_{feature.upper()}ENABLED"
    owner = {"XIVO_USERID_OWNER": str(user_id)}
    if len(destination) > DESTINATION_LENGTH:
        return {variable: "", **owner}
    row = await call.database.change(SET_FORWARD[feature], user_id, enabled, destination or None)
    if row is None:
        raise DialplanBreak(f"phone_set_feature: there is no user {user_id}")
    return {variable: "" if row["enabled"] is None else flag(row["enabled"]), **owner}


async def _owner_of_voicemail(call: Call, user_id: int) -> int:
    """Whose voicemail is switched; another user's box asks for its password first."""
    exten = call.argument(1)
    if not exten:
        return user_id
    row = await call.database.row(OWNER_OF_EXTENSION, exten, call.variables["XIVO_BASE_CONTEXT"])
    if row is None:
        raise DialplanBreak(f"phone_set_feature: nobody has the number {exten}")
    owner = int(row["id"])
    foreign_box_is_locked = owner != user_id and bool(row["password"])
    if foreign_box_is_locked and not await call.execute("Authenticate", row["password"]):
        raise DialplanBreak("phone_set_feature: wrong password")
    return owner


__all__ = [
    "OWNER_OF_EXTENSION",
    "SET_FORWARD",
    "TOGGLES",
    "TOGGLE_VOICEMAIL",
    "UNDO_FORWARDS",
    "fwdundoall",
    "phone_set_feature",
]
