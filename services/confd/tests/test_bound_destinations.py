"""Where calls may be sent by a token that is bound to an entity: nowhere into another one."""

from collections.abc import Awaitable, Callable
from typing import Any

from httpx import AsyncClient
from ovix_schema import Context, EndpointSip, Entity, User
from ovix_web import Sessions
from sqlalchemy import select

from .conftest import Requests

Confd = Any
Save = Callable[..., Awaitable[Any]]
Client = Callable[..., Awaitable[AsyncClient]]


async def test_no_call_goes_into_a_context_of_another_entity(
    confd: Confd, save: Save, client: Client, sessions: Sessions
) -> None:
    other = await confd.make("/entities", name="lyon")
    await save(Context(name="theirs", type="outcall", entity_id=other["id"]))
    user, group = await confd.user(), await confd.make("/groups", name="sales")
    async with sessions() as session:
        entity_id = await session.scalar(select(User.entity_id).where(User.id == user["id"]))
    bound = Requests(await client("confd.#", entity_id=entity_id))
    unknown = "Input Error - field 'context': Context was not found"
    for destination in (
        {"type": "extension", "exten": "0612", "context": "theirs"},
        {"type": "application", "application": "disa", "context": "theirs"},
        {"type": "application", "application": "voicemail", "context": "theirs"},
    ):
        for path in (f"/users/{user['id']}/fallbacks", f"/groups/{group['id']}/fallbacks"):
            await bound.refused("PUT", path, unknown, noanswer_destination=destination)
            own = destination | {"context": "default"}
            # A token of no entity may, as in XiVO.
            await confd.do("PUT", path, noanswer_destination=destination)
            await bound.do("PUT", path, noanswer_destination=own)
        await bound.refused(
            "POST", "/schedules", unknown, name="night", closed_destination=destination
        )


async def test_no_command_of_an_entitys_administrator_reaches_another(
    confd: Confd, save: Save, client: Client, entity: Entity
) -> None:
    other = await confd.make("/entities", name="lyon")
    await save(Context(name="theirs", entity_id=other["id"]))
    await save(EndpointSip(username="carrier", secret="x", entity_id=other["id"]))
    user = await confd.user()
    bound = Requests(await client("confd.#", entity_id=entity.id))
    await bound.make("/endpoints/sip", username="alice")
    path = f"/users/{user['id']}/fallbacks"
    unknown = "Input Error - field 'command': {} was not found"
    context, endpoint = unknown.format("Context"), unknown.format("SIPEndpoint")
    for command, because in (
        ("Goto(theirs,0612,1)", context),
        ("Goto(nowhere,0612,1)", context),
        ("VoiceMailMain(@theirs)", context),
        ("Dial(Local/0612@default&Local/0612@theirs)", context),
        ("Dial(PJSIP/0612@carrier)", endpoint),
        ("Dial(PJSIP/nobody)", endpoint),
        ("ChanSpy(PJSIP/alice)", "Input Error - field 'command': is not among"),
        ("Set(__XIVO_USERID=12)", "Input Error - field 'command': is not among"),
        ("Goto(outcall,s,1)", "Input Error - field 'command': 'outcall' is a context"),
    ):
        wrong = {"type": "custom", "command": command}
        await bound.refused("PUT", path, because, noanswer_destination=wrong)
        await bound.refused("POST", "/schedules", because, name="night", closed_destination=wrong)
        await confd.do("PUT", path, noanswer_destination=wrong)
    for command in ("Goto(default,1000,1)", "Dial(PJSIP/0612@alice&PJSIP/alice,30)", "Answer()"):
        await bound.do("PUT", path, noanswer_destination={"type": "custom", "command": command})
