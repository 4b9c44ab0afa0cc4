"""The first administrator by REST, where no command can be run: containers (reference/auth.md, C6).

Whoever starts auth gives it a key, and whoever has the key makes the administrator, once. Without a
key, or once there is an administrator, nobody can.
"""

from hmac import compare_digest
from typing import Annotated, Any
from uuid import UUID

from ovix_schema import Account, Installation
from ovix_web import Operation
from ovix_web.bodies import Schema, text
from ovix_web.passwords import hash_password
from ovix_web.work import Work
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from .backends import LoginRequest
from .errors import AlreadyInitialised


class Initialisation(Schema):
    """The key that auth was started with, and the account it shall make."""

    key: Annotated[str, text(max_length=1024, min_length=1)]
    username: Annotated[str, text(max_length=254, min_length=1)] = "root"
    password: Annotated[str, text(max_length=1024, min_length=8)]


class Initialised(Schema):
    """Who was made."""

    uuid: UUID
    username: str = Field(description="Logs in by the back end xivo_admin")


async def initialise(work: Work) -> Any:
    """Make the first administrator; 401 for a wrong key, 409 when there is one already."""
    body = await work.body(Initialisation)
    state = work.request.app.state
    key = state.settings.init_key
    secret = key.get_secret_value() if key is not None else ""
    await state.login.must_hold_key(
        bool(secret) and compare_digest(body.key.encode(), secret.encode()),
        LoginRequest(work.request.scope["ovix.client"], work.request.headers.get("User-Agent")),
    )
    password_hash = await hash_password(body.password)
    # Two at once: the second waits here, and finds what the first has done. So does the wizard.
    await work.session.execute(select(Installation.id).with_for_update())
    if await work.session.scalar(select(Account.id).where(Account.kind == "admin").limit(1)):
        raise AlreadyInitialised(resource="init")
    made = await work.session.scalar(
        insert(Account)
        .values(kind="admin", login=body.username, name=body.username, password_hash=password_hash)
        .returning(Account.uuid)
    )
    return {"uuid": made, "username": body.username}


OPERATIONS = (
    Operation(
        "POST", "/init", "initialise", initialise, None,
        body=Initialisation, answer=Initialised,
        body_example={"key": "the key of OVIX_AUTH_INIT_KEY", "password": "a long secret"},
        summary="Make the first administrator with the key that auth was started with",
        described={
            "responses": {
                "401": {"description": "Unauthorized"},
                "409": {"description": "Conflict"},
                "429": {"description": "Too Many Requests"},
            }
        },
    ),
)  # fmt: skip
"""What is routed."""
