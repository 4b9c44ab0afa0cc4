"""``/users/{u}/external…`` and ``/external/{type}/…`` (reference/auth.md, C3)."""

from typing import Any

from ovix_web import Operation
from ovix_web.bodies import Schema
from ovix_web.work import Work
from pydantic import RootModel

from ..listing import QUERY, list_answer
from ..pages import described
from .accounts import ConnectedUser, ExternalRead, delete_account, list_connected, list_external
from .configs import (
    MOBILE,
    ConfigWrite,
    ExternalConfigRead,
    create_config,
    delete_config,
    edit_config,
    get_config,
    type_in_path,
)
from .consents import AccessToken, ConsentAsked, ConsentWanted, ask_for_consent, consent_given
from .mobile import (
    MobileGiven,
    MobileTokens,
    get_mobile,
    get_sender_id,
    link_mobile,
    put_mobile,
)
from .renewal import Renewal


class ExternalGiven(RootModel[ConsentWanted | MobileGiven]):
    """Of google and microsoft what to consent to, of mobile the tokens."""


class ExternalDone(RootModel[ConsentAsked | ExternalRead]):
    """Of google and microsoft where to consent, of mobile that it is linked."""


class ExternalTokens(RootModel[AccessToken | MobileTokens]):
    """What reaches the account."""


class SenderId(Schema):
    """Who sends push messages."""

    sender_id: str | None


async def create_external(work: Work) -> Any:
    """Link an account."""
    mobile = type_in_path(work) == MOBILE
    return await (link_mobile(work) if mobile else ask_for_consent(work))


async def edit_external(work: Work) -> Any:
    """Link another one in its place."""
    mobile = type_in_path(work) == MOBILE
    return await (put_mobile(work) if mobile else ask_for_consent(work))


async def get_external(work: Work) -> Any:
    """What reaches the account: for services that act for the user."""
    if type_in_path(work) == MOBILE:
        return await get_mobile(work)
    renewal: Renewal = work.request.app.state.renewal
    return await renewal.access_token(work)


def _responses(**phrases: str) -> dict[str, Any]:
    return {"responses": {status[1:]: {"description": text} for status, text in phrases.items()}}


_USER = "/users/{user:uuid_or_me}/external"
_ACL = "auth.users.{user}.external.{type}"
_CONFIG, _CONFIG_ACL = "/external/{type}/config", "auth.{type}.external.config"
_EXAMPLE = {"client_id": "4711.apps.example.org", "client_secret": "a secret of the provider's"}
_CONFLICT = _responses(_409="Conflict")

OPERATIONS = (
    Operation(
        "GET", _USER, "list_external", list_external, ("auth.users.{user}.external.read",),
        answer=list_answer(ExternalRead), query=QUERY,
        summary="External services, and where the user has an account",
    ),
    # Starlette matches in this order: `{type}` would not match a further segment anyway.
    Operation(
        "GET", f"{_USER}/mobile/sender_id", "get_sender_id", get_sender_id,
        ("auth.users.{user}.external.mobile.sender_id.read",), answer=SenderId,
        summary="What the telephone's application registers for push messages with",
    ),
    Operation(
        "GET", f"{_USER}/{{type}}", "get_external", get_external, (f"{_ACL}.read",),
        answer=ExternalTokens, described=_responses(_503="The provider is away"),
        summary="Tokens that reach the account; those of google and microsoft are fresh",
    ),
    Operation(
        "POST", f"{_USER}/{{type}}", "create_external", create_external, (f"{_ACL}.create",),
        body=ExternalGiven, body_example={}, answer=ExternalDone, status=201, described=_CONFLICT,
        summary="Link an account: where to consent, or the tokens of a telephone",
    ),
    Operation(
        "PUT", f"{_USER}/{{type}}", "edit_external", edit_external,
        (f"{_ACL}.update", f"{_ACL}.edit"), body=ExternalGiven, body_example={},
        answer=ExternalDone,
        summary="Ask for another consent; of mobile also where there was none",
    ),
    Operation(
        "DELETE", f"{_USER}/{{type}}", "delete_external", delete_account, (f"{_ACL}.delete",),
        status=204, summary="Forget the account and what reaches it",
    ),
    Operation(
        "GET", "/external/{type}/authorized", "external_consent_given", consent_given, None,
        query={"state": "As it was given", "code": "Of the provider", "error": "Its refusal"},
        described=described(
            _200="The account is linked", _400="Not asked for, or not consented to",
            _502="The provider refuses the code",
        ),
        summary="Where the provider sends browsers back: a page is answered",
    ),
    Operation(
        "GET", _CONFIG, "get_external_config", get_config, (f"{_CONFIG_ACL}.read",),
        answer=ExternalConfigRead, summary="How an external service is reached; no client secret",
    ),
    Operation(
        "POST", _CONFIG, "create_external_config", create_config, (f"{_CONFIG_ACL}.create",),
        body=ConfigWrite, body_example=_EXAMPLE, answer=ExternalConfigRead, status=201,
        described=_CONFLICT, summary="Say how it is reached: for the caller's entity, or for all",
    ),
    Operation(
        "PUT", _CONFIG, "edit_external_config", edit_config,
        (f"{_CONFIG_ACL}.update", f"{_CONFIG_ACL}.edit"), body=ConfigWrite, body_example=_EXAMPLE,
        answer=ExternalConfigRead, summary="Replace that",
    ),
    Operation(
        "DELETE", _CONFIG, "delete_external_config", delete_config, (f"{_CONFIG_ACL}.delete",),
        status=204, summary="Reach it no more; accounts that are linked stay",
    ),
    Operation(
        "GET", "/external/{type}/users", "list_connected_users", list_connected,
        ("auth.{type}.external.users.read",), answer=list_answer(ConnectedUser), query=QUERY,
        summary="Who has an account at the service",
    ),
)  # fmt: skip
"""What is routed."""
