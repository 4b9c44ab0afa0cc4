"""Questions of a busy moment: one execution answers several, each with its own row."""

import asyncio
from typing import Any

WHAT_IS_ASKED = (
    "SELECT nth, 'user ' || user_id AS who FROM unnest($1::int[]) WITH ORDINALITY a (user_id, nth)"
    " WHERE user_id > 0 AND pg_sleep(0.02) IS NOT NULL"
)
"""Answers each id with itself, in 20 ms; ids below 1 are nobody's."""


async def test_questions_of_a_busy_moment_share_executions_and_each_gets_its_own_row(
    agid: Any,
) -> None:
    async def who(user_id: int) -> str | None:
        row = await agid.database.shared_row(WHAT_IS_ASKED, user_id)
        return str(row["who"]) if row else None

    before = agid.database.statements
    assert await who(1) == "user 1"
    assert agid.database.statements - before == 1
    first, *others = [asyncio.create_task(who(user_id)) for user_id in (5, 0, 7, 7, 8)]
    assert await asyncio.gather(*others) == [None, "user 7", "user 7", "user 8"]
    assert await first == "user 5"
    assert agid.database.statements - before == 2
    running = asyncio.create_task(who(1))
    await asyncio.sleep(0.005)
    waiting = [asyncio.create_task(who(user_id)) for user_id in range(2, 12)]
    assert await running == "user 1"
    assert await asyncio.gather(*waiting) == [f"user {user_id}" for user_id in range(2, 12)]
    assert agid.database.statements - before == 4


async def test_a_caller_who_leaves_takes_no_answer_from_those_who_ask_with_him(agid: Any) -> None:
    leaving, staying = (
        asyncio.create_task(agid.database.shared_row(WHAT_IS_ASKED, user_id)) for user_id in (1, 2)
    )
    await asyncio.sleep(0.01)
    leaving.cancel()
    assert (await staying)["who"] == "user 2"
