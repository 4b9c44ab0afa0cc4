"""Rules hold when many ask at once: exactly one gets what only one may have."""

from typing import Any

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
    one_won(told, "Resource Error - Line is associated with a User")


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
