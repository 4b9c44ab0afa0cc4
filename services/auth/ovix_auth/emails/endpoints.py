"""``/users/{u}/emails``, ``/admin/users/{u}/emails``, ``/emails/{e}/confirm`` (C3, C5)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ovix_schema import Account, AccountEmail
from ovix_web import Operation, Unauthorized
from ovix_web.tokens import authorized, token_of
from ovix_web.work import Work
from sqlalchemy import select
from starlette.responses import HTMLResponse

from .. import audit
from ..audit import Action
from ..errors import EmailAlreadyConfirmed, UnknownEmail
from ..everybody import account_in_path
from ..pages import described, page
from ..taking_over import must_hold_all_of
from . import confirmations
from .addresses import (
    EmailGiven,
    Emails,
    EmailsGiven,
    EmailsGivenByAdmin,
    emails_of,
    set_emails,
    shown,
)
from .confirmations import Confirmations

CONFIRM = "auth.emails.{email}.confirm.update"


async def _replaced(work: Work, given: Sequence[EmailGiven]) -> Any:
    account = await account_in_path(work)
    if work.identity is None or work.identity.auth_id != str(account.uuid):
        # Whoever reads an account's mail can set its password.
        await must_hold_all_of(work, account)
    await set_emails(work.session, account, given)
    await audit.record(
        work.session,
        Action.EMAILS_UPDATED,
        login=account.login,
        auth_id=str(account.uuid),
        by_auth_id=work.identity.auth_id if work.identity else None,
        address=work.request.scope["ovix.client"],
        entity_id=account.entity_id,
    )
    return [shown(each) for each in await emails_of(work.session, account.id)]


async def set_user_emails(work: Work) -> Any:
    """The user's own choice: what is new has to be confirmed."""
    return await _replaced(work, (await work.body(EmailsGiven)).emails)


async def set_user_emails_as_admin(work: Work) -> Any:
    """An administrator also says which are confirmed."""
    return await _replaced(work, (await work.body(EmailsGivenByAdmin)).emails)


async def ask_for_confirmation(work: Work) -> None:
    """Have a link mailed to an address."""
    account = await account_in_path(work)
    email = await work.session.get(AccountEmail, work.path["email"])
    if email is None or email.account_id != account.id:
        raise UnknownEmail(uuid=work.path["email"])
    if email.confirmed:
        raise EmailAlreadyConfirmed(uuid=email.uuid)
    client = work.request.scope["ovix.client"]
    worker: Confirmations = work.request.app.state.confirmations
    await worker.ask(work.session, account, email, client)
    await audit.record(
        work.session,
        Action.EMAIL_CONFIRMATION_ASKED,
        login=account.login,
        auth_id=str(account.uuid),
        by_auth_id=work.identity.auth_id if work.identity else None,
        address=client,
        entity_id=account.entity_id,
        details={"email_uuid": str(email.uuid)},
    )


async def _confirmed_by(work: Work, token: str | None) -> None:
    """Confirm by a token that grants the access, or by that of a mail, which is used up."""
    email: UUID = work.path["email"]
    client = work.request.scope["ovix.client"]
    try:
        # Before the transaction holds a connection: here anybody may ask, and a second connection
        # would be waited for while the first one is kept from others.
        identity = await authorized(
            work.request.app.state.guard, token, CONFIRM.replace("{email}", str(email))
        )
    except Unauthorized:
        if token is None or not await confirmations.use(work.session, email, token):
            raise
        await confirmations.confirm(work.session, email, None, client)
        return
    reached = select(AccountEmail.uuid).join(Account, Account.id == AccountEmail.account_id)
    if identity.entity_id is not None:
        reached = reached.where(Account.entity_id == identity.entity_id)
    if await work.session.scalar(reached.where(AccountEmail.uuid == email)) is None:
        raise UnknownEmail(uuid=email)
    await confirmations.confirm(work.session, email, identity.auth_id, client)


async def confirm_email(work: Work) -> None:
    """For programs."""
    await _confirmed_by(work, token_of(work.request.headers) or work.query.get("token"))


async def confirm_email_by_link(work: Work) -> HTMLResponse:
    """For browsers, which a mail's link leads here."""
    try:
        await _confirmed_by(work, work.query.get("token"))
    except (Unauthorized, UnknownEmail):
        told = "This link has been used, or is over. Ask for another one."
        return page("Nothing was confirmed", told, 401)
    return page("Thank you", "Your e-mail address is confirmed. You may close this page.")


_EMAILS = "users/{user:uuid_or_me}/emails"
_EXAMPLE = {"emails": [{"address": "zoe@example.org", "main": True}]}
_REFUSED = {"403": {"description": "Forbidden"}, "409": {"description": "Conflict"}}
_MANY = {"429": {"description": "Too Many Requests"}}
_TOKEN = {"token": "Of the mail, or one that grants auth.emails.{email}.confirm.update"}
_UNAUTHORIZED = {"401": {"description": "Unauthorized"}}

OPERATIONS = (
    Operation(
        "PUT", f"/{_EMAILS}", "set_user_emails", set_user_emails,
        ("auth.users.{user}.emails.update",), body=EmailsGiven, body_example=_EXAMPLE,
        answer=Emails, described={"responses": _REFUSED},
        summary="Replace the addresses of a user; new ones are to be confirmed",
    ),
    Operation(
        "PUT", f"/admin/{_EMAILS}", "set_user_emails_as_admin", set_user_emails_as_admin,
        ("auth.admin.users.{user}.emails.update",), body=EmailsGivenByAdmin,
        body_example=_EXAMPLE, answer=Emails, described={"responses": _REFUSED},
        summary="The same, and say which addresses are confirmed",
    ),
    Operation(
        "GET", f"/{_EMAILS}/{{email:uuid}}/confirm", "ask_for_email_confirmation",
        ask_for_confirmation, ("auth.users.{user}.emails.{email}.confirm.read",), status=204,
        described={"responses": {**_REFUSED, **_MANY}},
        summary="Have a link mailed that confirms an address",
    ),
    Operation(
        "PUT", "/emails/{email:uuid}/confirm", "confirm_email", confirm_email, None, status=204,
        query=_TOKEN, described={"responses": _UNAUTHORIZED},
        summary="Confirm an address by the token of its mail; it is used up",
    ),
    Operation(
        "GET", "/emails/{email:uuid}/confirm", "confirm_email_by_link", confirm_email_by_link,
        None, query=_TOKEN,
        described=described(_200="The address is confirmed", _401="The link is used, or over"),
        summary="The same for browsers: a page is answered",
    ),
)  # fmt: skip
"""What is routed."""
