"""``monitoring``: a probe asks whether agid lives; it is no handler of the dialplan."""

from ..call import Call, Handler, Variables

STATUS_LINE = "Status: OK"


async def _answer(_call: Call) -> Variables:
    return {}


monitoring = Handler("monitoring", (), _answer, says=STATUS_LINE)

__all__ = ["STATUS_LINE", "monitoring"]
