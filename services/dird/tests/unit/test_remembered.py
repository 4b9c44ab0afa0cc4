"""What a source said about numbers, kept for the next call from them."""

import asyncio
from collections.abc import Callable

import pytest
from ovix_dird.backend import Contact, Remembering, SourceFailed, Viewer
from ovix_dird.engine import remembered
from ovix_dird.engine.remembered import STALE_S, RememberedNumbers

MARIE = Contact({"reverse": "Marie"})
NUMBER = "0142000001"


class Clock:
    """A time that tests set."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def marie() -> Contact | None:
    return MARIE


async def nobody() -> Contact | None:
    return None


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)


async def test_an_answer_holds_as_long_as_the_back_end_says(clock: Clock) -> None:
    numbers = RememberedNumbers(Remembering(fresh_s=60), clock)
    key = numbers.key(NUMBER, Viewer())
    assert numbers.fresh(key) is None
    assert await numbers.ask(key, marie) is MARIE
    known = numbers.fresh(key)
    assert known is not None
    assert known.contact is MARIE
    clock.now_s += 60
    assert numbers.fresh(key) is None
    assert numbers.stale(key) is MARIE, "better than none while the source is away"
    clock.now_s += STALE_S
    assert numbers.stale(key) is None


async def test_that_nobody_has_a_number_holds_too_but_is_no_stand_in(clock: Clock) -> None:
    numbers = RememberedNumbers(Remembering(fresh_s=60), clock)
    key = numbers.key(NUMBER, Viewer())
    await numbers.ask(key, nobody)
    known = numbers.fresh(key)
    assert known is not None
    assert known.contact is None
    assert numbers.stale(key) is None


async def test_what_is_asked_each_time_is_never_fresh(clock: Clock) -> None:
    numbers = RememberedNumbers(Remembering(), clock)
    key = numbers.key(NUMBER, Viewer())
    await numbers.ask(key, marie)
    assert numbers.fresh(key) is None
    assert numbers.stale(key) is MARIE


async def test_users_share_answers_only_where_the_back_end_gives_all_the_same() -> None:
    alice, bob = Viewer(user_uuid="a"), Viewer(user_uuid="b")
    shared, own = RememberedNumbers(Remembering(by_user=False)), RememberedNumbers(Remembering())
    assert shared.key(NUMBER, alice) == shared.key(NUMBER, bob)
    assert own.key(NUMBER, alice) != own.key(NUMBER, bob)
    for other in (Viewer(user_uuid="a", entity_id=2), Viewer(user_uuid="a", country="BE")):
        assert shared.key(NUMBER, alice) != shared.key(NUMBER, other)


async def test_who_gives_up_does_not_end_the_question_for_others() -> None:
    numbers = RememberedNumbers(Remembering(fresh_s=60))
    key = numbers.key(NUMBER, Viewer())
    answered, asked = asyncio.Event(), 0

    async def slowly() -> Contact | None:
        nonlocal asked
        asked += 1
        await answered.wait()
        return MARIE

    tasks = [asyncio.create_task(numbers.ask(key, slowly)) for _ in range(5)]
    await until(lambda: asked == 1)
    tasks[0].cancel()
    answered.set()
    assert await asyncio.gather(*tasks[1:]) == [MARIE] * 4
    assert asked == 1


async def test_a_failure_is_told_to_who_asks_and_not_kept() -> None:
    numbers = RememberedNumbers(Remembering(fresh_s=60))
    key = numbers.key(NUMBER, Viewer())

    async def fails() -> Contact | None:
        raise SourceFailed("away")

    with pytest.raises(SourceFailed):
        await numbers.ask(key, fails)
    assert numbers.fresh(key) is None
    assert await numbers.ask(key, marie) is MARIE


async def test_the_oldest_numbers_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 3)
    numbers = RememberedNumbers(Remembering(fresh_s=60))
    keys = [numbers.key(str(number), Viewer()) for number in range(5)]
    for key in keys:
        await numbers.ask(key, marie)
    assert [numbers.fresh(key) is not None for key in keys] == [False, False, True, True, True]


async def test_more_questions_than_may_outlive_their_askers_end_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembered, "UNDER_WAY_MAX", 1)
    numbers = RememberedNumbers(Remembering(fresh_s=60))
    hanging = asyncio.Event()
    ended: list[str] = []

    async def hangs(name: str) -> Contact | None:
        try:
            await hanging.wait()
        finally:
            ended.append(name)
        return None

    first, second = (numbers.key(each, Viewer()) for each in "12")
    tasks = [
        asyncio.create_task(numbers.ask(first, lambda: hangs("first"))),
        asyncio.create_task(numbers.ask(second, lambda: hangs("second"))),
    ]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert ended == ["second"]
    numbers.close()
    await until(lambda: ended == ["second", "first"])
