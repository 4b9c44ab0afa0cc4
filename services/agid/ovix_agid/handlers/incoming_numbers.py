"""``in_callerid`` and ``callerid_extend``: who calls from outside (reference/agid.md 11.2)."""

from ovix_telephony.caller_id import normalised_incoming

from ..call import Call, Variables, handler


@handler()
async def in_callerid(call: Call) -> Variables:
    """The caller's number in the form it can be called back with.

    A name that only repeats the number is emptied, another one stays (as from 17.17 on).
    """
    number = call.request.get("callerid", "")
    name = call.request.get("calleridname", "")
    shown = normalised_incoming(number)
    if shown is None:
        return {}
    variables = {"CALLERID(num)": shown}
    if name in (number, "unknown"):
        variables["CALLERID(name)"] = ""
    return variables


@handler()
async def callerid_extend(call: Call) -> Variables:
    """The type of the caller's number, as the trunk gave it."""
    kind = call.request.get("callington")
    return {} if kind is None else {"XIVO_SRCTON": kind}


__all__ = ["callerid_extend", "in_callerid"]
