"""``lines`` in the body of ``POST /users``: someone who can call and be called, by one request.

Beside XiVO's API, whose clients never send it (reference/confd/users.md, "Nested creation"). It is
the flow of single requests, with the same rules and events, in one transaction.
"""

from typing import Annotated, Any

from ovix_schema import User
from pydantic import Field

from ...kit import LinkSpec, NullMeansDefault, Schema, Values, Work, text
from ..endpoints.custom import CustomEndpointCreate
from ..endpoints.sccp import SccpEndpointCreate
from ..endpoints.sip import SipEndpointCreate
from ..extensions.schemas import ExtensionCreate
from .schemas import UserCreate

MOST_LINES = 10


class LineOfNewUser(Schema):
    """A line to create for the user, with its endpoint and its number."""

    context: Annotated[str, text(39)]
    provisioning_code: Annotated[str, Field(pattern=r"^[0-9]{6}$"), NullMeansDefault()] = ""
    position: Annotated[int, Field(ge=1, le=2**31 - 1), NullMeansDefault()] = 1
    registrar: Annotated[str, text(128), NullMeansDefault()] = "default"
    endpoint_sip: SipEndpointCreate | None = None
    endpoint_sccp: SccpEndpointCreate | None = None
    endpoint_custom: CustomEndpointCreate | None = None
    extensions: Annotated[list[ExtensionCreate], Field(max_length=1)] = Field(default_factory=list)


class UserWithLinesCreate(UserCreate):
    """A user to create, and the lines to create for him; the first one becomes his main line."""

    lines: Annotated[list[LineOfNewUser], Field(max_length=MOST_LINES)] = Field(
        default_factory=list
    )


async def create_lines(work: Work, user: User, values: Values) -> None:
    """Each line with its endpoint and extension, then linked to the user."""
    for given in values.get("lines") or ():
        await _create_line(work, user, given)


async def _create_line(work: Work, user: User, given: Values) -> None:
    # Here, as lines know users: their links have two sides.
    from ..endpoints import ENDPOINTS_CUSTOM, ENDPOINTS_SCCP, ENDPOINTS_SIP
    from ..extensions import EXTENSIONS
    from ..lines import LINES
    from ..lines.endpoints import LINE_ENDPOINTS
    from ..lines.extensions import LINE_EXTENSIONS
    from ..lines.users import USER_LINES

    line = await LINES.make(work, given)
    to_sip, to_sccp, to_custom = LINE_ENDPOINTS
    for member, spec, link in (
        ("endpoint_sip", ENDPOINTS_SIP, to_sip),
        ("endpoint_sccp", ENDPOINTS_SCCP, to_sccp),
        ("endpoint_custom", ENDPOINTS_CUSTOM, to_custom),
    ):
        if given[member] is not None:
            endpoint = await spec.make(work, given[member])
            await linked(work, link, line, endpoint)
    for number in given["extensions"]:
        await linked(work, LINE_EXTENSIONS, line, await EXTENSIONS.make(work, number))
    await linked(work, USER_LINES, user, line)


async def linked(work: Work, spec: LinkSpec[Any, Any], left: Any, right: Any) -> None:
    """Link two rows, by the rules of the link."""
    await spec.associate(work, *await spec.both(work, left.id, right.id))
    await work.session.flush()
