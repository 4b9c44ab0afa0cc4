"""``POST /users/register``: strangers become users, where the settings let them (B1, B2)."""

from typing import Annotated, Any

from ovix_schema import Account, Entity
from ovix_web import Operation
from ovix_web.bodies import Schema, text
from ovix_web.errors import Unavailable
from ovix_web.passwords import hash_password
from ovix_web.responses import problem_response
from ovix_web.work import Work
from pydantic import Field
from sqlalchemy import func, select
from starlette.exceptions import HTTPException
from starlette.responses import Response

from .emails.addresses import Address, emails_of, must_be_free, set_main
from .emails.confirmations import Confirmations
from .errors import Conflict, TooManyFailures
from .everybody import UserRead, everybody, seen, shown_user
from .passwords.rules import LONGEST, accept
from .rendering import auth_errors
from .settings import AuthSettings
from .throttle import Attempt, Throttle

Name = Annotated[str, text(max_length=128)]


class Registration(Schema):
    """Who wants to be a user."""

    username: Annotated[str, text(max_length=128, min_length=1)]
    password: Annotated[str, Field(max_length=4 * LONGEST)]
    email_address: Address
    firstname: Name | None = None
    lastname: Name | None = None


async def register(work: Work) -> Any:
    """Make a user of auth's own; a link that confirms the address is mailed."""
    settings: AuthSettings = work.request.app.state.settings
    if not settings.registration_enabled:
        raise HTTPException(404)
    body = await work.body(Registration)
    client = work.request.scope["ovix.client"]
    throttle: Throttle = work.request.app.state.login.throttle
    attempt = Attempt("register", body.username, client)
    async with work.request.app.state.sessions() as session:
        wait_s = await throttle.wait_s(session, attempt)
    if wait_s:
        raise TooManyFailures(seconds=wait_s)
    # Judging and hashing take long, and strangers ask for it: no connection is held meanwhile.
    await accept(
        body.password,
        [body.username, body.firstname, body.lastname, *body.email_address.split("@")],
        shortest=settings.password_min_length,
        score=settings.password_min_score,
    )
    password_hash = await hash_password(body.password)
    try:
        await _must_be_free(work, body)
    except Conflict as taken:
        # It tells who is a user here: whoever asks for many is held up like one who guesses.
        return await _refused(work, throttle, attempt, taken)
    account = Account(
        kind="user",
        login=body.username,
        name=" ".join(filter(None, (body.firstname, body.lastname))) or body.username,
        firstname=body.firstname,
        lastname=body.lastname,
        password_hash=password_hash,
        is_root=False,
        entity_id=await _entity(work, settings),
    )
    work.session.add(account)
    await work.session.flush()
    await set_main(work.session, account, body.email_address, confirmed=False)
    [email] = await emails_of(work.session, account.id)
    worker: Confirmations = work.request.app.state.confirmations
    await worker.ask(work.session, account, email, client)
    found = await work.session.execute(seen(work, everybody.uuid == account.uuid))
    return shown_user(found.one())


async def _must_be_free(work: Work, body: Registration) -> None:
    taken = await work.session.scalar(
        select(Account.id).where(
            Account.kind == "user", func.lower(Account.login) == body.username.lower()
        )
    )
    if taken is not None:
        raise Conflict(resource="users", column="username", value=body.username)
    await must_be_free(work.session, None, body.email_address)


async def _refused(work: Work, throttle: Throttle, attempt: Attempt, taken: Conflict) -> Response:
    """The same answer as an error, which would take the count back."""
    await throttle.failed(work.session, attempt)
    return problem_response(taken.problem(), auth_errors)


async def _entity(work: Work, settings: AuthSettings) -> int | None:
    """Never none: a user of no entity sees all of them."""
    wanted = select(Entity.id).order_by(Entity.id).limit(1)
    if settings.registration_entity is not None:
        wanted = wanted.where(Entity.name == settings.registration_entity)
    found: int | None = await work.session.scalar(wanted)
    if found is None:
        raise Unavailable(message="there is no entity for who registers")
    return found


OPERATIONS = (
    Operation(
        "POST", "/users/register", "register_user", register, None, body=Registration,
        body_example={
            "username": "zoe", "password": "a long secret", "email_address": "zoe@example.org"
        },
        answer=UserRead,
        described={
            "responses": {
                status: {"description": phrase}
                for status, phrase in (
                    ("404", "Registration is off"), ("409", "Conflict"),
                    ("429", "Too Many Requests"),
                )
            }
        },
        summary="Become a user of auth's own, where OVIX_AUTH_REGISTRATION_ENABLED says so",
    ),
)  # fmt: skip
"""What is routed."""
