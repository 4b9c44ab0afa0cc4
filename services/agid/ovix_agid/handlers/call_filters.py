"""Boss-secretary filters: a call to a boss (reference/agid.md 7.1), and the code that switches one.

``callfilter`` is what the code ``bsfilter`` asks (7.2). Its change is announced by the statement
that makes it; lamps follow that event.
"""

from ovix_bus.catalogue import call_filters as events
from ovix_telephony import caller_id
from ovix_telephony.call_filters import (
    CallFilter,
    Plan,
    Secretary,
    Source,
    Strategy,
    applying,
    plan,
)
from ovix_telephony.caller_id import CallerId, RewriteMode
from ovix_telephony.forwards import NO_ACTION, Effective

from ..announcements import SOME_USER, announcing
from ..call import Call, DialplanBreak, Row, Variables, as_id, flag, handler
from ..dial_actions import actions_by_event, event_variables, for_dialplan
from ..lines import interface_of

FILTERS_OF = """CASE WHEN EXISTS (
    SELECT FROM call_filter_members boss
    WHERE boss.user_id = {user} AND boss.role = 'recipient'
) THEN ovix_call_filters_of({user}) END"""
"""SQL of all filters whose boss is ``{user}``, with what is needed to ring their secretaries.

The query is in the function, where nobody pays for it who is no boss; its ``lines`` and
``dial_actions`` are rows as `LINES_ON` and `ACTIONS_OF` select them.
"""

FILTERED_ALREADY = "XIVO_CALLFILTER_DONE"
"""The boss whose secretaries did not answer this call: where it is led to him, he is rung."""
_SET = events.call_filter_surrogate_switched(
    call_filter_id=0, member_id=0, user_uuid=SOME_USER, active=False
)
TOGGLE = f"""
    WITH changed AS (
        UPDATE call_filter_members member SET active = NOT member.active
        FROM users u
        WHERE member.id = $1::int AND member.role = 'surrogate' AND u.id = member.user_id
          AND EXISTS (
            SELECT FROM call_filter_members his
            WHERE his.call_filter_id = member.call_filter_id AND his.user_id = $2::int)
        RETURNING member.id, member.call_filter_id, member.active, u.uuid
    ), announced AS ({
    announcing(_SET, "changed", call_filter_id="call_filter_id", member_id="id", active="active")
})
    SELECT active FROM changed
"""  # noqa: S608 - made of constants


@handler("XIVO_USERID")
async def callfilter(call: Call) -> Variables:
    """Switch the surrogate whose membership is dialled; boss and secretaries of it may."""
    member_id, user_id = as_id(call.argument(0)), call.id("XIVO_USERID")
    if member_id is None:
        raise DialplanBreak("callfilter: no member of a filter is named")
    if user_id is None:
        raise DialplanBreak("callfilter: the caller is no user")
    row = await call.database.change(TOGGLE, member_id, user_id)
    if row is None:
        raise DialplanBreak(f"callfilter: user {user_id} is in no filter with member {member_id}")
    return {"XIVO_BSFILTERENABLED": flag(row["active"])}


async def filtered(call: Call, row: Row, interface: str, *, external: bool) -> Variables | None:
    """What the dialplan is told of a call that a filter takes; None: it reaches the boss."""
    if call.variables[FILTERED_ALREADY] == call.variables["XIVO_DSTID"]:
        return None
    found = {each["id"]: each for each in row["call_filters"]}
    filters = [_call_filter(each) for each in found.values()]
    chosen = applying(filters, caller=call.id("XIVO_USERID"), external=external)
    if chosen is None:
        return None
    stored = found[chosen.id]
    actions = await for_dialplan(call.database, actions_by_event(stored["dial_actions"]))
    no_answer = Effective(actions.get("noanswer", NO_ACTION), administered=True)
    return {
        **_rings(plan(chosen, interface, boss_is_away=row["dnd_enabled"])),
        **event_variables("CALLFILTER_NOANSWER", no_answer),
        **_caller_id(call, stored["caller_id_mode"], stored["caller_id_name"]),
        "XIVO_CALLFILTER": "1",
    }


def _call_filter(stored: Row) -> CallFilter:
    return CallFilter(
        stored["id"],
        Strategy(stored["strategy"]),
        Source(stored["source"]),
        tuple(
            Secretary(
                each["user_id"],
                each["active"],
                interface_of(each["lines"], each["line_id"], each["selected"]),
                each["ring_seconds"],
            )
            for each in stored["secretaries"] or ()
        ),
        stored["boss_timeout"],
        stored["timeout"],
    )


def _rings(made: Plan) -> Variables:
    """``XIVO_CALLFILTER_…`` of who is rung; an empty interface ends those rung in turn."""
    variables: Variables = {"XIVO_CALLFILTER_MODE": made.mode}
    if made.boss is not None:
        variables["XIVO_CALLFILTER_BOSS_INTERFACE"] = made.boss.interface
        variables["XIVO_CALLFILTER_BOSS_TIMEOUT"] = str(made.boss.seconds or "")
    if made.together is not None:
        variables["XIVO_CALLFILTER_INTERFACE"] = made.together.interface
        variables["XIVO_CALLFILTER_TIMEOUT"] = str(made.together.seconds or "")
    for index, ring in enumerate(made.in_turn):
        variables[f"XIVO_CALLFILTER_SECRETARY{index}_INTERFACE"] = ring.interface
        variables[f"XIVO_CALLFILTER_SECRETARY{index}_TIMEOUT"] = str(ring.seconds or "")
    variables[f"XIVO_CALLFILTER_SECRETARY{len(made.in_turn)}_INTERFACE"] = ""
    return variables


def _caller_id(call: Call, mode: str | None, display: str | None) -> Variables:
    """The caller as secretaries and boss see him (3.4); forced, whatever changed him before."""
    if not mode or not display:
        return {}
    name, number = (
        "" if call.request[field] == caller_id.UNKNOWN else call.request[field]
        for field in ("calleridname", "callerid")
    )
    text = caller_id.parse(display) or CallerId(display)
    shown = caller_id.rewritten(RewriteMode(mode), text, name, number)
    return {
        "CALLERID(name-pres)": "allowed",
        "CALLERID(num-pres)": "allowed",
        "CALLERID(name)": shown.shown_name,
        "CALLERID(num)": shown.number or "",
    }


__all__ = ["FILTERED_ALREADY", "FILTERS_OF", "TOGGLE", "callfilter", "filtered"]
