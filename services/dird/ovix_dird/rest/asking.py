"""Who asks, and what their query string says."""

from collections.abc import Mapping
from uuid import UUID

from ovix_web import ApiError, InvalidRequest, Work, is_away

from ..backend import Viewer
from ..engine import Directory
from ..statements import AWAY, Statements

TERM_MAX = 256
NOBODY = UUID(int=0)
"""Under this uuid programs look things up for nobody."""
MAX = 2**31 - 1


class Missing(ApiError):
    """A parameter without which the question makes no sense, in the words of XiVO's framework."""

    status = 400
    template = "{parameter} is missing"


class NoUser(ApiError):
    """A token of a program, where contacts of a user are asked for."""

    status = 401
    template = "This token has no user UUID"


def directory(work: Work) -> Directory:
    """The engine."""
    found: Directory = work.request.app.state.directory
    return found


async def own_viewer(work: Work) -> Viewer:
    """The holder of the token, with their own contacts and favorites."""
    user_uuid = work.own_uuid
    return await directory(work).viewer(
        None if user_uuid is None else str(user_uuid), work.entity_id
    )


async def viewer_of(work: Work, user_uuid: UUID) -> Viewer:
    """The user of the path, as programs ask for them.

    A user's token sees nobody else's contacts, whatever its access list says.
    """
    own, entity_id = work.own_uuid, work.entity_id
    if own is not None:
        return await directory(work).viewer(str(own) if own == user_uuid else None, entity_id)
    if user_uuid == NOBODY:
        return await directory(work).viewer(None, entity_id)
    statements: Statements = work.request.app.state.statements
    try:
        known = await statements.rows("SELECT entity_id FROM users WHERE uuid = $1", user_uuid)
    except AWAY as error:
        if not is_away(error):
            raise
        known = []  # what sources elsewhere know can still be answered
    if not known or entity_id not in (None, known[0]["entity_id"]):
        return await directory(work).viewer(None, entity_id)
    return await directory(work).viewer(str(user_uuid), known[0]["entity_id"])


def own_uuid(work: Work) -> UUID:
    """Whose contacts; raises `NoUser`."""
    if work.own_uuid is None:
        raise NoUser()
    return work.own_uuid


def required(query: Mapping[str, str], parameter: str) -> str:
    """The parameter's value, which may be empty; raises `Missing`, or 400 for one too long."""
    if parameter not in query:
        raise Missing(parameter=parameter)
    if len(query[parameter]) > TERM_MAX:
        raise InvalidRequest(f"{parameter} is longer than {TERM_MAX} characters")
    return query[parameter]


def number(query: Mapping[str, str], parameter: str) -> int | None:
    """A number from 0; None where it isn't given. Raises `InvalidRequest`."""
    given = query.get(parameter)
    if given is None or given == "":
        return None
    if not (given.isascii() and given.isdigit()) or len(given) > 10 or int(given) > MAX:
        raise InvalidRequest(f"{parameter} should be a positive integer")
    return int(given)
