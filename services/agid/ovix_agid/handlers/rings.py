"""``getring``: the ring of a call; Asterisk's traces also spell it ``gettring``."""

from ..call import Call, Handler, Variables
from ..ring_types import RingRules

READS = (
    "XIVO_REAL_NUMBER",
    "XIVO_REAL_CONTEXT",
    "XIVO_CALLORIGIN",
    "XIVO_FWD_REFERER",
    "XIVO_CALLFORWARDED",
)
NATIVE = "Using the native phone ring tone"


def ring_handlers(rules: RingRules) -> tuple[Handler, Handler]:
    """The handler under both its names."""

    async def getring(call: Call) -> Variables:
        ring = rules.ring_of(
            call.variables["XIVO_REAL_NUMBER"],
            call.variables["XIVO_REAL_CONTEXT"],
            call.variables["XIVO_CALLORIGIN"],
            call.variables["XIVO_FWD_REFERER"],
            forwarded=call.variables["XIVO_CALLFORWARDED"] == "1",
        )
        if ring is None:
            call.notes.append(NATIVE)
            return {"XIVO_RINGTYPE": ""}
        call.notes.append(f"Using ring tone {ring.type}")
        return {"XIVO_RINGTYPE": ring.type, "XIVO_PHONETYPE": ring.phone}

    return Handler("getring", READS, getring), Handler("gettring", READS, getring)


__all__ = ["NATIVE", "READS", "ring_handlers"]
