"""Rules hold when many ask at once: exactly one gets what only one may have."""

import asyncio
from typing import Any

import pytest

Confd = Any
MANY = 50


def one_won(told: list[str], others: str) -> None:
    """One request succeeded, all others were told this."""
    assert told.count("") == 1
    assert [each for each in told if each and not each.startswith(others)] == []


async def test_one_of_fifty_gets_the_number(confd: Confd) -> None:
    body = {"exten": "1500", "context": "default"}
    told = await confd.at_once("POST", *[("/extensions", body)] * MANY)
    one_won(told, "Resource Error - Extension already exists")


async def test_one_of_fifty_gets_the_name(confd: Confd) -> None:
    told = await confd.at_once("POST", *[("/endpoints/sip", {"username": "zoe"})] * MANY)
    one_won(told, "Resource Error - SIPEndpoint already exists")
    body = {"firstname": "Zoé", "username": "zoe"}
    told = await confd.at_once("POST", *[("/users", body)] * MANY)
    one_won(told, "Resource Error - User already exists")


async def test_one_of_fifty_lines_gets_the_endpoint(confd: Confd) -> None:
    endpoint = await confd.make("/endpoints/sip")
    lines = [await confd.line() for _ in range(MANY)]
    told = await confd.at_once(
        "PUT", *((f"/lines/{line['id']}/endpoints/sip/{endpoint['id']}", None) for line in lines)
    )
    one_won(told, "Resource Error - Line is associated with a Endpoint")


async def test_one_of_fifty_endpoints_gets_the_line(confd: Confd) -> None:
    line = await confd.line()
    endpoints = [await confd.make("/endpoints/sip") for _ in range(MANY)]
    told = await confd.at_once(
        "PUT", *((f"/lines/{line['id']}/endpoints/sip/{each['id']}", None) for each in endpoints)
    )
    one_won(told, "Resource Error - Line is associated with a Endpoint")


async def test_one_of_fifty_numbers_gets_the_line(confd: Confd) -> None:
    line = await confd.line_with_endpoint()
    extensions = [await confd.extension() for _ in range(MANY)]
    told = await confd.at_once(
        "PUT", *((f"/lines/{line['id']}/extensions/{each['id']}", None) for each in extensions)
    )
    one_won(told, "Resource Error - Line is associated with a Extension")


async def test_one_of_ten_main_users_gets_the_number(confd: Confd) -> None:
    extension, paths = await confd.extension(), []
    for _ in range(10):
        user, line = await confd.user(), await confd.line_with_endpoint()
        await confd.do("PUT", f"/users/{user['id']}/lines/{line['id']}")
        paths.append((f"/lines/{line['id']}/extensions/{extension['id']}", None))
    told = await confd.at_once("PUT", *paths)
    one_won(told, "Resource Error - User is associated with a Line")


async def test_one_of_ten_users_rings_under_the_number(confd: Confd) -> None:
    extension, paths = await confd.extension(), []
    for _ in range(10):
        user, line = await confd.user(), await confd.line_with_endpoint()
        await confd.do("PUT", f"/lines/{line['id']}/extensions/{extension['id']}")
        paths.append((f"/users/{user['id']}/lines/{line['id']}", None))
    told = await confd.at_once("PUT", *paths)
    one_won(told, "Resource Error - Line is associated with a Extension")


async def test_one_of_many_users_is_the_main_one(confd: Confd) -> None:
    line, users = await confd.phone(), [await confd.user() for _ in range(10)]
    told = await confd.at_once(
        "PUT", *((f"/users/{each['id']}/lines/{line['id']}", None) for each in users)
    )
    assert set(told) == {""}
    found = (await confd.read(f"/lines/{line['id']}/users"))["items"]
    assert sorted(each["main_user"] for each in found) == [False] * 9 + [True]


async def test_one_of_many_lines_is_the_main_one(confd: Confd) -> None:
    user, lines = await confd.user(), [await confd.phone() for _ in range(10)]
    told = await confd.at_once(
        "PUT", *((f"/users/{user['id']}/lines/{each['id']}", None) for each in lines)
    )
    assert set(told) == {""}
    found = (await confd.read(f"/users/{user['id']}/lines"))["items"]
    assert [each["main_line"] for each in found] == [True] + [False] * 9


async def test_one_of_many_boxes_gets_the_user(confd: Confd) -> None:
    user = await confd.user()
    boxes = [
        await confd.make("/voicemails", name="box", number=str(number), context="default")
        for number in range(1000, 1010)
    ]
    told = await confd.at_once(
        "PUT", *((f"/users/{user['id']}/voicemails/{each['id']}", None) for each in boxes)
    )
    one_won(told, "Resource Error - User is associated with a Voicemail")


async def test_codes_drawn_at_once_differ(confd: Confd) -> None:
    told = await confd.at_once("POST", *[("/lines", {"context": "default"})] * MANY)
    assert set(told) == {""}
    lines = (await confd.read("/lines"))["items"]
    assert len({each["provisioning_code"] for each in lines}) == MANY


async def test_a_user_and_his_line_may_go_at_once(confd: Confd) -> None:
    for _ in range(5):
        user = await confd.user()
        line = await confd.phone(user)
        told = await confd.at_once(
            "DELETE",
            (f"/lines/{line['id']}", None),
            (f"/users/{user['id']}/lines/{line['id']}", None),
        )
        assert "" in told
        await confd.do("DELETE", f"/users/{user['id']}")


@pytest.mark.parametrize("kind", ["sip", "sccp", "custom"])
async def test_a_line_and_its_endpoint_may_go_at_once(confd: Confd, kind: str) -> None:
    body = {"interface": "Local/1@default"} if kind == "custom" else {}
    for _ in range(5):
        line, endpoint = await confd.line(), await confd.make(f"/endpoints/{kind}", **body)
        paths = f"/lines/{line['id']}", f"/endpoints/{kind}/{endpoint['id']}"
        await confd.do("PUT", f"{paths[0]}{paths[1]}")
        told = await confd.at_once("DELETE", *((path, None) for path in paths * 2))
        assert told.count("") in (1, 2)
        for path in paths:
            await confd.refused("GET", path, "Resource Not Found", status=404)


async def test_of_lines_that_go_at_once_one_that_stays_is_the_main_one(confd: Confd) -> None:
    for kind in ("lines", "lines_sip"):
        for _ in range(5):
            user = await confd.user()
            phones = [(await confd.phone(user))["id"] for _ in range(3)]
            new = (await confd.phone())["id"]
            told = await confd.at_once(
                "DELETE", *((f"/{kind}/{line_id}", None) for line_id in phones[:2])
            )
            assert told == ["", ""]
            its = f"/users/{user['id']}/lines"
            (found,) = (await confd.read(its))["items"]
            assert (found["line_id"], found["main_line"]) == (phones[2], True)
            await asyncio.gather(
                confd.do("DELETE", f"/{kind}/{phones[2]}"), confd.do("PUT", f"{its}/{new}")
            )
            (found,) = (await confd.read(its))["items"]
            assert (found["line_id"], found["main_line"]) == (new, True)


async def test_the_lines_of_a_user_are_replaced_while_one_of_them_goes(confd: Confd) -> None:
    for _ in range(5):
        user = await confd.user()
        phones = [(await confd.phone(user))["id"] for _ in range(3)]
        its = f"/users/{user['id']}/lines"
        swapped = {"lines": [{"id": each} for each in phones[:0:-1]]}
        await asyncio.gather(
            confd.do("DELETE", f"/lines/{phones[0]}"), confd.do("PUT", its, **swapped)
        )
        found = (await confd.read(its))["items"]
        assert [each["line_id"] for each in found if each["main_line"]] == [phones[2]]


async def test_one_of_fifty_groups_and_lines_gets_the_number(confd: Confd) -> None:
    extension, paths = await confd.extension(), []
    for number in range(MANY // 2):
        group, line = (
            await confd.make("/groups", name=f"g{number}"),
            await confd.line_with_endpoint(),
        )
        paths.append((f"/groups/{group['id']}/extensions/{extension['id']}", None))
        paths.append((f"/lines/{line['id']}/extensions/{extension['id']}", None))
    told = await confd.at_once("PUT", *paths)
    of_groups, of_lines = told[::2], told[1::2]
    # Lines of nobody share a number; a group and a line never do.
    assert (of_groups.count(""), of_lines.count("")) in ((1, 0), (0, MANY // 2))
    assert all(
        not each or each.startswith("Resource Error - Extension is associated") for each in told
    )


async def test_one_of_many_agents_is_the_user(confd: Confd) -> None:
    user = await confd.user()
    agents = [await confd.make("/agents", number=str(number)) for number in range(10)]
    told = await confd.at_once(
        "PUT", *((f"/users/{user['id']}/agents/{each['id']}", None) for each in agents)
    )
    one_won(told, "Resource Error - User is associated with a Agent")


async def test_a_group_and_its_members_are_replaced_from_both_sides_at_once(confd: Confd) -> None:
    group, users = await confd.make("/groups", name="all"), [await confd.user() for _ in range(5)]
    for user in users:
        await confd.phone(user)
    of_group = {"users": [{"uuid": user["uuid"]} for user in users]}
    of_user = {"groups": [{"id": group["id"]}]}
    told = await confd.at_once(
        "PUT",
        *[(f"/groups/{group['id']}/members/users", of_group)] * 3,
        *((f"/users/{user['id']}/groups", of_user) for user in users),
    )
    assert {each[:50] for each in told if each} <= {
        "Resource Error - Group is associated with a User"[:50]
    }
    members = (await confd.read(f"/groups/{group['id']}"))["members"]["users"]
    assert {each["uuid"] for each in members} <= {user["uuid"] for user in users}


async def test_a_label_may_go_while_users_get_it(confd: Confd) -> None:
    for number in range(5):
        label = await confd.make("/labels", display_name=f"floor {number}")
        bearing = {"firstname": "Zo\u00e9", "labels": [{"id": label["id"]}]}
        made = [("/users", bearing)] * 5
        told, gone = await asyncio.gather(
            confd.at_once("POST", *made), confd.at_once("DELETE", (f"/labels/{label['id']}", None))
        )
        assert gone == [""]
        missing = "Input Error - field 'labels': Label was not found"
        assert all(not each or each.startswith(missing) for each in told)
    assert (await confd.read("/labels"))["total"] == 0


async def test_each_line_has_one_main_user_when_many_replace_theirs(confd: Confd) -> None:
    lines = [(await confd.phone())["id"] for _ in range(4)]
    users = [await confd.user() for _ in range(12)]
    wanted = [[*lines[n % 4 :], *lines[: n % 4]][:: (-1) ** n] for n in range(12)]
    told = await confd.at_once(
        "PUT",
        *(
            (f"/users/{user['id']}/lines", {"lines": [{"id": each} for each in order]})
            for user, order in zip(users, wanted, strict=True)
        ),
    )
    assert told == [""] * 12
    for line_id in lines:
        found = (await confd.read(f"/lines/{line_id}/users"))["items"]
        assert (len(found), sum(each["main_user"] for each in found)) == (12, 1)
    for user, order in zip(users, wanted, strict=True):
        found = (await confd.read(f"/users/{user['id']}/lines"))["items"]
        assert [each["line_id"] for each in found if each["main_line"]] == order[:1]
