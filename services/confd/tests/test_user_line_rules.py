"""Who may have which line, and what his phone shows: reference/confd, "User and line"."""

from typing import Any

from ovix_schema import Entity

Confd = Any


async def links(confd: Confd, path: str) -> list[tuple[int, int, bool, bool]]:
    """User, line, main user, main line of each link."""
    return [
        (each["user_id"], each["line_id"], each["main_user"], each["main_line"])
        for each in (await confd.read(path))["items"]
    ]


async def caller_id(confd: Confd, endpoint_id: int) -> str | None:
    """What the endpoint shows as its caller id."""
    options = dict((await confd.read(f"/endpoints/sip/{endpoint_id}"))["options"])
    found: str | None = options.get("callerid")
    return found


async def test_a_line_without_endpoint_has_no_user(confd: Confd) -> None:
    user, line = await confd.user(), await confd.line()
    because = "Resource Error - Line must be associated with a Endpoint"
    await confd.refused("PUT", f"/users/{user['id']}/lines/{line['id']}", because)
    await confd.refused("POST", f"/users/{user['id']}/lines", because, line_id=line["id"])


async def test_a_user_gets_a_line_once(confd: Confd) -> None:
    user = await confd.user()
    line = await confd.phone(user)
    await confd.refused(
        "PUT",
        f"/users/{user['id']}/lines/{line['id']}",
        "Resource Error - User is associated with a Line",
    )


async def test_a_number_is_not_shared_by_main_users(confd: Confd) -> None:
    first, second = await confd.user(), await confd.user()
    line, other = await confd.phone(first), await confd.line_with_endpoint()
    await confd.do("PUT", f"/lines/{other['id']}/extensions/{line['extension']}")
    path = f"/users/{second['id']}/lines/{other['id']}"
    await confd.refused("PUT", path, "Resource Error - Line is associated with a Extension")
    await confd.do("PUT", f"/users/{second['id']}/lines/{line['id']}")  # beside the main user
    await confd.do("PUT", f"/users/{first['id']}/lines/{other['id']}")


async def test_the_main_user_goes_last(confd: Confd) -> None:
    first, second = await confd.user(), await confd.user()
    line = await confd.phone(first)
    await confd.do("PUT", f"/users/{second['id']}/lines/{line['id']}")
    path = f"/users/{first['id']}/lines/{line['id']}"
    await confd.refused(
        "DELETE", path, "Resource Error - There are secondary users associated to the line"
    )
    await confd.do("DELETE", f"/users/{second['id']}/lines/{line['id']}")
    await confd.do("DELETE", path)
    assert await links(confd, f"/lines/{line['id']}/users") == []


async def test_a_line_he_does_not_have_is_not_taken_away(confd: Confd) -> None:
    user, line = await confd.user(), await confd.phone()
    await confd.refused(
        "DELETE",
        f"/users/{user['id']}/lines/{line['id']}",
        "Resource Not Found - UserLine was not found",
        status=404,
    )


async def test_the_old_form_names_a_line_that_must_exist(confd: Confd) -> None:
    user, line = await confd.user(), await confd.line_with_endpoint()
    path = f"/users/{user['id']}/lines"
    await confd.refused(
        "POST", path, "Input Error - field 'line_id': Line was not found", line_id=99999
    )
    made = await confd.make(path, line_id=line["id"])
    assert (made["main_user"], made["main_line"]) == (True, True)


async def test_the_first_user_and_the_first_line_are_the_main_ones(confd: Confd) -> None:
    """F-126."""
    first, second = await confd.user(), await confd.user()
    line, other = await confd.phone(first), await confd.phone(first)
    await confd.do("PUT", f"/users/{second['id']}/lines/{other['id']}")
    assert await links(confd, f"/users/{first['id']}/lines") == [
        (first["id"], line["id"], True, True),
        (first["id"], other["id"], True, False),
    ]
    assert await links(confd, f"/lines/{other['id']}/users") == [
        (first["id"], other["id"], True, False),
        (second["id"], other["id"], False, True),
    ]


async def test_without_the_main_line_that_of_lowest_id_is_it(confd: Confd) -> None:
    user, made = await confd.user(), [await confd.phone() for _ in range(3)]
    lowest, middle, highest = (line["id"] for line in made)
    for line_id in (highest, middle, lowest):
        await confd.do("PUT", f"/users/{user['id']}/lines/{line_id}")

    async def mains() -> list[int]:
        found = await links(confd, f"/users/{user['id']}/lines")
        return [line_id for _, line_id, _, main in found if main]

    assert await mains() == [highest]
    await confd.do("DELETE", f"/users/{user['id']}/lines/{highest}")
    assert await mains() == [lowest]
    await confd.do("DELETE", f"/lines/{lowest}")
    assert await mains() == [middle]


async def test_a_phone_shows_the_name_and_number_of_its_main_user(confd: Confd) -> None:
    """F-153."""
    user = await confd.user(firstname="Zoé", lastname="Martin")
    line = await confd.phone(user)
    assert await caller_id(confd, line["endpoint"]) == f'"Zoé Martin" <{line["exten"]}>'
    shown = await confd.read(f"/lines/{line['id']}")
    assert (shown["caller_id_name"], shown["caller_id_num"]) == ("Zoé Martin", line["exten"])


async def test_the_caller_id_follows_the_user(confd: Confd) -> None:
    user, guest = await confd.user(firstname="Zoé"), await confd.user(firstname="Guest")
    line = await confd.phone(user)
    await confd.do("PUT", f"/users/{guest['id']}/lines/{line['id']}")
    assert await caller_id(confd, line["endpoint"]) == f'"Zoé" <{line["exten"]}>'
    await confd.do("PUT", f"/users/{user['id']}", caller_id='"Boss"')
    assert await caller_id(confd, line["endpoint"]) == f'"Boss" <{line["exten"]}>'
    await confd.do("PUT", f"/users/{user['id']}", caller_id='"Boss" <+33123>')
    assert await caller_id(confd, line["endpoint"]) == '"Boss" <+33123>'
    await confd.do("PUT", f"/users/{guest['id']}", caller_id='"Nobody"')
    assert await caller_id(confd, line["endpoint"]) == '"Boss" <+33123>'


async def test_the_caller_id_follows_the_number(confd: Confd) -> None:
    line = await confd.phone(await confd.user(firstname="Zoé"))
    await confd.do("PUT", f"/extensions/{line['extension']}", exten="1777")
    assert await caller_id(confd, line["endpoint"]) == '"Zoé" <1777>'
    await confd.do("DELETE", f"/lines/{line['id']}/extensions/{line['extension']}")
    assert await caller_id(confd, line["endpoint"]) == '"Zoé"'


async def test_writing_options_leaves_the_caller_id(confd: Confd) -> None:
    line = await confd.phone(await confd.user(firstname="Zoé"))
    path = f"/endpoints/sip/{line['endpoint']}"
    await confd.do("PUT", path, options=[["language", "fr_FR"]])
    assert await caller_id(confd, line["endpoint"]) == f'"Zoé" <{line["exten"]}>'


async def test_users_of_another_entity_are_not_there(confd: Confd, client: Any, save: Any) -> None:
    user = await confd.user()
    line = await confd.phone(user)
    stranger = await client("confd.#", entity_id=(await save(Entity(name="other"))).id)
    for path in (
        f"/users/{user['id']}/lines", f"/lines/{line['id']}/users",
        f"/lines/{line['id']}/extensions", f"/extensions/{line['extension']}/lines",
        f"/lines/{line['id']}/endpoints/sip", f"/endpoints/sip/{line['endpoint']}/lines",
        f"/users/{user['id']}/services", f"/users/{user['id']}/forwards/busy",
        f"/users/{user['id']}/fallbacks", f"/users/{user['id']}/cti",
    ):  # fmt: skip
        assert (await stranger.get(path)).status_code == 404, path
    for path in (
        f"/users/{user['id']}/lines/{line['id']}",
        f"/lines/{line['id']}/extensions/{line['extension']}",
        f"/lines/{line['id']}/endpoints/sip/{line['endpoint']}",
    ):  # fmt: skip
        assert (await stranger.delete(path)).status_code == 404, path
    assert await links(confd, f"/users/{user['id']}/lines") == [
        (user["id"], line["id"], True, True)
    ]
