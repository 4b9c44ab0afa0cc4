"""Boss-secretary filters: call-permissions-filters-pickups.md (F-423 to F-427, F-192)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import CallFilterMember, DialAction, FeatureCode
from ovix_web import Sessions
from sqlalchemy import func, select, update

Confd = Any
Announced = Callable[[], Awaitable[list[str]]]
Client = Callable[..., Awaitable[AsyncClient]]
UNKNOWN_UUID = "00000000-0000-4000-8000-000000000000"
REFUSED = "Resource Error - Operation not permitted"
STRATEGIES = (
    "all-recipients-then-linear-surrogates",
    "all-recipients-then-all-surrogates",
    "linear-surrogates-then-all-recipients",
    "all-surrogates-then-all-recipients",
    "all",
)


async def a_filter(confd: Confd, name: str = "direction", **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = await confd.make(
        "/callfilters", **{"name": name, "strategy": "all", "source": "all", **body}
    )
    return made


async def replace(confd: Confd, call_filter: Any, who: str, *users: Any, **more: Any) -> None:
    await confd.do(
        "PUT", f"/callfilters/{call_filter['id']}/{who}/users",
        users=[{"uuid": each["uuid"], **more} for each in users],
    )  # fmt: skip


async def surrogates(confd: Confd, call_filter: Any) -> list[dict[str, Any]]:
    found = await confd.read(f"/callfilters/{call_filter['id']}")
    return list(found["surrogates"]["users"])


async def test_a_filter_has_xivos_defaults_and_nobody_in_it(confd: Confd) -> None:
    """F-423."""
    made = await a_filter(confd)
    assert made == {
        "id": made["id"], "name": "direction", "strategy": "all", "source": "all",
        "caller_id_mode": None, "caller_id_name": None, "surrogates_timeout": None,
        "description": None, "enabled": True, "recipients": {"users": []},
        "surrogates": {"users": []}, "fallbacks": {"noanswer_destination": None},
        "links": [
            {"rel": "callfilters", "href": f"http://confd:9486/1.1/callfilters/{made['id']}"}
        ],
    }  # fmt: skip


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("source", ["internal", "external", "all"])
async def test_every_strategy_and_source_is_kept(confd: Confd, strategy: str, source: str) -> None:
    """F-424."""
    made = await a_filter(confd, strategy=strategy, source=source)
    assert await confd.read(f"/callfilters/{made['id']}") == made


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("strategy", "bossfirst-serial"), ("strategy", None), ("source", "intern"),
        ("caller_id_mode", "replace"), ("caller_id_name", "x" * 81), ("name", "x" * 129),
        ("name", ""), ("surrogates_timeout", -1), ("enabled", "yes"),
    ],
)  # fmt: skip
async def test_what_a_filter_can_not_be_is_refused(confd: Confd, field: str, value: Any) -> None:
    body = {"name": "direction", "strategy": "all", "source": "all", field: value}
    await confd.refused("POST", "/callfilters", f"Input Error - {field}:", **body)


async def test_the_name_of_a_filter_is_refused_twice(confd: Confd) -> None:
    await a_filter(confd)
    other = await a_filter(confd, "other")
    taken = "Resource Error - CallFilter already exists"
    body = {"name": "direction", "strategy": "all", "source": "all"}
    await confd.refused("POST", "/callfilters", taken, **body)
    await confd.refused("PUT", f"/callfilters/{other['id']}", taken, name="direction")


async def test_boss_and_secretaries_are_shown_with_the_code_that_switches_each(
    confd: Confd, announced: Announced
) -> None:
    """F-427, F-428: a filter is off until somebody switches it on."""
    made = await a_filter(confd)
    boss, one, two = [await confd.user(firstname=name) for name in ("Boss", "One", "Two")]
    before = len(await announced())
    await replace(confd, made, "recipients", boss, timeout=12)
    await replace(confd, made, "surrogates", two, one)
    assert (await announced())[before:] == [
        "call_filter_recipient_users_associated", "call_filter_surrogate_users_associated",
    ]  # fmt: skip
    shown = await confd.read(f"/callfilters/{made['id']}")
    [recipient] = shown["recipients"]["users"]
    assert (recipient["uuid"], recipient["firstname"], recipient["timeout"]) == (
        boss["uuid"], "Boss", 12,
    )  # fmt: skip
    found = shown["surrogates"]["users"]
    assert [(each["firstname"], each["exten"], each["active"]) for each in found] == [
        (name, f"*37{each['member_id']}", False)
        for name, each in zip(("Two", "One"), found, strict=True)
    ]
    assert {link["rel"] for each in found for link in each["links"]} == {"users"}


async def test_the_shown_code_follows_the_feature_code(confd: Confd, sessions: Sessions) -> None:
    made, user = await a_filter(confd), await confd.user()
    await replace(confd, made, "surrogates", user)
    [code] = [
        each
        for each in (await confd.read("/extensions/features"))["items"]
        if each["feature"] == "bsfilter"
    ]
    path = f"/extensions/features/{code['id']}"
    try:
        for exten, prefix in (("_*99XX.", "*99"), ("_#3.", "#3"), ("**7", "**7")):
            await confd.do("PUT", path, exten=exten, enabled=True)
            [shown] = await surrogates(confd, made)
            assert shown["exten"] == f"{prefix}{shown['member_id']}"
        await confd.do("PUT", path, exten="_*37.", enabled=False)
        [shown] = await surrogates(confd, made)
        assert shown["exten"] is None
    finally:
        async with sessions.begin() as session:
            await session.execute(
                update(FeatureCode)
                .where(FeatureCode.feature == "bsfilter")
                .values(exten="_*37.", enabled=True)
            )


async def test_whoever_stays_keeps_his_membership_and_whether_it_is_on(
    confd: Confd, sessions: Sessions
) -> None:
    made = await a_filter(confd)
    one, two, three = [await confd.user(firstname=name) for name in ("One", "Two", "Three")]
    await replace(confd, made, "surrogates", one, two)
    before = {each["uuid"]: each["member_id"] for each in await surrogates(confd, made)}
    async with sessions.begin() as session:
        await session.execute(
            update(CallFilterMember)
            .where(CallFilterMember.id == before[two["uuid"]])
            .values(active=True)
        )
    await replace(confd, made, "surrogates", three, two)
    third, second = await surrogates(confd, made)
    assert (second["uuid"], second["member_id"], second["active"]) == (
        two["uuid"], before[two["uuid"]], True,
    )  # fmt: skip
    assert third["uuid"] == three["uuid"]
    assert third["member_id"] not in before.values()
    assert third["active"] is False
    await replace(confd, made, "surrogates")
    assert await surrogates(confd, made) == []


async def test_the_boss_keeps_his_membership_when_only_his_time_changes(
    confd: Confd, sessions: Sessions
) -> None:
    made, boss, other = await a_filter(confd), await confd.user(), await confd.user()
    ids = select(CallFilterMember.id, CallFilterMember.timeout)
    await replace(confd, made, "recipients", boss, timeout=5)
    async with sessions() as session:
        [(member, _)] = (await session.execute(ids)).all()
    await replace(confd, made, "recipients", boss)
    async with sessions() as session:
        assert (await session.execute(ids)).all() == [(member, None)]
    await replace(confd, made, "recipients", other)
    [recipient] = (await confd.read(f"/callfilters/{made['id']}"))["recipients"]["users"]
    assert recipient["uuid"] == other["uuid"]


async def test_members_who_can_not_be_are_refused(confd: Confd) -> None:
    """F-425: one boss, several secretaries, nobody both in one filter."""
    made = await a_filter(confd)
    path = f"/callfilters/{made['id']}"
    boss, secretary = await confd.user(), await confd.user()
    await replace(confd, made, "recipients", boss)
    await replace(confd, made, "surrogates", secretary)
    for who, uuids, because in (
        ("recipients", [boss["uuid"], secretary["uuid"]], "Input Error - users:"),
        ("recipients", [secretary["uuid"]], REFUSED),
        ("surrogates", [boss["uuid"]], REFUSED),
        ("surrogates", [secretary["uuid"]] * 2, REFUSED),
        ("recipients", [UNKNOWN_UUID], "Input Error - field 'users': User was not found"),
        ("surrogates", [UNKNOWN_UUID] * 31, "Input Error - users:"),
        ("surrogates", [UNKNOWN_UUID], "Input Error - field 'users': User was not found"),
    ):
        users = [{"uuid": each} for each in uuids]
        await confd.refused("PUT", f"{path}/{who}/users", because, users=users)
    negative = [{"uuid": boss["uuid"], "timeout": -1}]
    await confd.refused("PUT", f"{path}/recipients/users", "Input Error", users=negative)
    shown = await confd.read(path)
    assert [each["uuid"] for each in shown["recipients"]["users"]] == [boss["uuid"]]
    assert [each["uuid"] for each in shown["surrogates"]["users"]] == [secretary["uuid"]]


async def test_a_secretary_may_have_several_bosses_and_membership_makes_the_role(
    confd: Confd,
) -> None:
    """F-425, F-192."""
    first, second = await a_filter(confd), await a_filter(confd, "second")
    boss, secretary, nobody = await confd.user(), await confd.user(), await confd.user()
    await replace(confd, first, "recipients", boss)
    for each in (first, second):
        await replace(confd, each, "surrogates", secretary)
    roles = [
        (await confd.read(f"/users/{user['id']}"))["bsfilter"] for user in (boss, secretary, nobody)
    ]
    assert roles == ["boss", "secretary", "no"]
    await replace(confd, second, "recipients", boss)
    await replace(confd, first, "surrogates", nobody)
    await replace(confd, second, "surrogates")
    assert (await confd.read(f"/users/{secretary['id']}"))["bsfilter"] == "no"


async def test_a_fallback_is_replaced_shown_and_goes_with_its_filter(
    confd: Confd, sessions: Sessions
) -> None:
    made, user = await a_filter(confd), await confd.user()
    path = f"/callfilters/{made['id']}"
    await confd.do(
        "PUT", f"{path}/fallbacks", noanswer_destination={"type": "user", "user_id": user["id"]}
    )
    shown = (await confd.read(f"{path}/fallbacks"))["noanswer_destination"]
    assert (shown["type"], shown["user_id"]) == ("user", user["id"])
    assert (await confd.read(path))["fallbacks"] == {"noanswer_destination": shown}
    unknown = {"type": "user", "user_id": 2**31 - 1}
    because = "Input Error - field 'actionarg1': User was not found"
    await confd.refused("PUT", f"{path}/fallbacks", because, noanswer_destination=unknown)
    await confd.do("DELETE", path)
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(DialAction)) == 0
        assert await session.scalar(select(func.count()).select_from(CallFilterMember)) == 0
    other = await a_filter(confd)
    await confd.do(
        "PUT", f"/callfilters/{other['id']}/fallbacks",
        noanswer_destination={"type": "user", "user_id": user["id"]},
    )  # fmt: skip
    await confd.do("PUT", f"/callfilters/{other['id']}/fallbacks", x=1)
    assert (await confd.read(f"/callfilters/{other['id']}/fallbacks")) == {
        "noanswer_destination": None
    }


async def test_a_user_who_goes_leaves_his_filters(confd: Confd, api: AsyncClient) -> None:
    made, boss, secretary = await a_filter(confd), await confd.user(), await confd.user()
    await replace(confd, made, "recipients", boss)
    await replace(confd, made, "surrogates", secretary)
    plan = (await api.delete(f"/users/{secretary['id']}?dry_run=true")).json()
    assert [(each["action"], each["resource"], each["id"]) for each in plan["items"]] == [
        ("unlinked", "call_filter", made["id"]), ("deleted", "user", secretary["id"]),
    ]  # fmt: skip
    for user in (secretary, boss):
        await confd.do("DELETE", f"/users/{user['id']}")
    shown = await confd.read(f"/callfilters/{made['id']}")
    assert (shown["recipients"], shown["surrogates"]) == ({"users": []}, {"users": []})


async def test_a_filter_keeps_to_its_entity(confd: Confd, client: Client) -> None:
    """F-423, F-033."""
    other = await confd.make("/entities", name="lyon")
    stranger = await client("confd.#", entity_id=other["id"])
    theirs = (
        await stranger.post(
            "/callfilters", json={"name": "lyon", "strategy": "all", "source": "all"}
        )
    ).json()
    user, ours = await confd.user(), await a_filter(confd)
    for who in ("recipients", "surrogates"):
        path, body = f"/callfilters/{theirs['id']}/{who}/users", [{"uuid": user["uuid"]}]
        await confd.refused("PUT", path, REFUSED, users=body)
        hidden = await stranger.put(path, json={"users": body})
        assert "User was not found" in hidden.text
    assert (await stranger.get(f"/callfilters/{ours['id']}")).status_code == 404
    assert (await stranger.get("/callfilters")).json()["total"] == 1
    because = "Resource Error - Entity is associated with a CallFilter"
    await confd.refused("DELETE", f"/entities/{other['id']}", because)
    await replace(confd, ours, "surrogates", user)
    because = "Resource Error - User is associated with a CallFilter"
    await confd.refused("PUT", f"/users/{user['id']}/entities/{other['id']}", because)
    assert (await stranger.delete(f"/callfilters/{theirs['id']}")).status_code == 204
    await confd.do("DELETE", f"/entities/{other['id']}")


async def test_two_bosses_given_at_once_leave_one(confd: Confd) -> None:
    made, one, two = await a_filter(confd), await confd.user(), await confd.user()
    path = f"/callfilters/{made['id']}/recipients/users"
    requests = [(path, {"users": [{"uuid": each["uuid"]}]}) for each in (one, two) for _ in "xx"]
    await confd.at_once("PUT", *requests)
    assert len((await confd.read(f"/callfilters/{made['id']}"))["recipients"]["users"]) == 1
