"""What another request is changing is read when it has ended, and nothing of it is undone."""

import asyncio
from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any

from ovix_bus.database import lock_key
from ovix_confd.domains.lines.resource import free_codes
from ovix_schema import EndpointSip, SipTemplate, SipTemplateParent
from ovix_web import Sessions
from sqlalchemy import select, text

Confd = Any
_SOMEBODY_WAITS = text(
    "SELECT EXISTS (SELECT FROM pg_stat_activity"
    " WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
)


async def while_held(sessions: Sessions, asked: Awaitable[None], *statements: str) -> None:
    """Ask while these are done and not committed; they are, once that is waited for."""
    async with sessions.begin() as session:
        for statement in statements:
            await session.execute(text(statement))
        asking = asyncio.ensure_future(asked)
        while not asking.done() and not await session.scalar(_SOMEBODY_WAITS):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asking


async def caller_id(sessions: Sessions, endpoint_id: int) -> str:
    async with sessions() as session:
        endpoint = await session.get_one(EndpointSip, endpoint_id)
        return str(endpoint.native_options["callerid"])


async def test_the_caller_id_of_a_line_leaves_the_other_options_of_its_endpoint(
    confd: Confd, sessions: Sessions
) -> None:
    line = await confd.line_with_endpoint()
    endpoint_id = (await confd.read(f"/lines/{line['id']}"))["endpoint_sip"]["id"]
    await while_held(
        sessions,
        confd.do("PUT", f"/lines/{line['id']}", caller_id_name="Zoe"),
        'UPDATE endpoints_sip SET native_options = native_options || \'{"nat": "no"}\''
        f" WHERE id = {endpoint_id}",
    )
    async with sessions() as session:
        options = (await session.get_one(EndpointSip, endpoint_id)).native_options
    assert (options["nat"], options["callerid"]) == ("no", '"Zoe"')


async def test_a_caller_id_has_the_newest_name_and_the_newest_number(
    confd: Confd, sessions: Sessions
) -> None:
    user = await confd.user()
    line = await confd.phone(user)
    shown = await confd.read(f"/lines/{line['id']}")
    (extension,), endpoint_id = shown["extensions"], shown["endpoint_sip"]["id"]
    held = f"SELECT FROM lines WHERE id = {line['id']} FOR NO KEY UPDATE"
    await while_held(
        sessions,
        confd.do("PUT", f"/extensions/{extension['id']}", exten="1777"),
        f"UPDATE users SET caller_id = '\"New\"' WHERE id = {user['id']}",
        held,
    )
    assert await caller_id(sessions, endpoint_id) == '"New" <1777>'
    await while_held(
        sessions,
        confd.do("PUT", f"/users/{user['id']}", caller_id='"Newer"'),
        held,
        f"UPDATE extensions SET exten = '1888' WHERE id = {extension['id']}",
    )
    assert await caller_id(sessions, endpoint_id) == '"Newer" <1888>'


async def test_templates_that_are_changed_at_once_make_no_loop(
    confd: Confd, sessions: Sessions
) -> None:
    one, other = [await confd.make("/endpoints/sip/templates", label=each) for each in "ab"]
    told = "Resource Error - Operation not permitted. A template can't inherit from itself"
    inheriting = {"templates": [{"uuid": one["uuid"]}]}
    await while_held(
        sessions,
        confd.refused("PUT", f"/endpoints/sip/templates/{other['uuid']}", told, **inheriting),
        f"SELECT pg_advisory_xact_lock({lock_key('sip templates inherit')})",
        "INSERT INTO sip_template_parents (template_uuid, parent_uuid, position)"
        f" VALUES ('{one['uuid']}', '{other['uuid']}', 0)",
    )


async def test_templates_that_inherit_by_a_billion_ways_are_shown_merged(
    confd: Confd, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        below: list[SipTemplate] = []
        for level in range(30):
            both = [SipTemplate(name=f"{level}-{side}", label="x") for side in "ab"]
            session.add_all(both)
            await session.flush()
            for template in both:
                for position, parent in enumerate(below):
                    link = {"template_uuid": template.uuid, "parent_uuid": parent.uuid}
                    session.add(SipTemplateParent(**link, position=position))
            below = both
    shown = await confd.read(f"/endpoints/sip/templates/{below[0].uuid}?view=merged")
    assert shown["uuid"] == str(below[0].uuid)


async def test_who_is_losing_his_line_gets_into_no_group(confd: Confd, sessions: Sessions) -> None:
    group, user = await confd.make("/groups", name="all"), await confd.user()
    line = await confd.phone(user)
    members = {"users": [{"uuid": user["uuid"]}]}
    told = "Resource Error - User must be associated with a Line"
    await while_held(
        sessions,
        confd.refused("PUT", f"/groups/{group['id']}/members/users", told, **members),
        f"SELECT FROM users WHERE id = {user['id']} FOR NO KEY UPDATE",
        f"DELETE FROM user_lines WHERE line_id = {line['id']}",
    )


async def test_codes_that_an_import_has_drawn_are_drawn_by_nobody_else(
    sessions: Sessions, clean_database: str
) -> None:
    async with sessions.begin() as one, sessions.begin() as other:
        works: list[Any] = [SimpleNamespace(session=each) for each in (one, other)]
        first, second = [await free_codes(work, 5_000) for work in works]
        assert len(set(first)) == len(set(second)) == 5_000
        assert not set(first) & set(second)
        assert all(len(code) == 6 and set(code) <= set("12345678") for code in first)
        endings = {code[-2:] for code in first + second}
        assert len(endings) < 64, "some are left for others"


async def test_a_single_code_is_drawn_from_all_there_are(
    sessions: Sessions, clean_database: str
) -> None:
    endings = set()
    for _ in range(20):
        async with sessions.begin() as session:
            work: Any = SimpleNamespace(session=session)
            (code,) = await free_codes(work, 1)
            endings.add(code[-2:])
            held = select(text("count(*)")).select_from(text("pg_locks"))
            assert await session.scalar(held.where(text("locktype = 'advisory'"), text(
                "pid = pg_backend_pid()"))) == 1  # fmt: skip
    assert len(endings) > 5
