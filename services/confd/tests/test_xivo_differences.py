"""Where confd differs from XiVO on purpose: docs/xivo-differences.md, as far as not tested beside
the rule itself.
"""

from typing import Any

import pytest
from httpx import AsyncClient

Confd = Any


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
async def test_a_body_is_json_whatever_its_content_type(
    confd: Confd, api: AsyncClient, kind: str | None
) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = await api.post("/entities", content=b'{"name": "acme"}', headers=headers)
    assert answer.status_code == 201, answer.text


async def test_a_search_does_not_look_at_accents(confd: Confd) -> None:
    await confd.make("/contexts", name="lyon", label="Hélène")
    for text in ("helene", "HÉLÈNE", "élene"):
        assert (await confd.read(f"/contexts?search={text}"))["total"] == 1, text


@pytest.mark.parametrize("given", ["2147483648", "99999999999999999999"])
async def test_a_page_is_not_larger_than_any_list(confd: Confd, given: str) -> None:
    for field in ("limit", "offset", "skip"):
        because = f"Input Error - field '{field}': wrong type. Should be a positive number"
        await confd.refused("GET", f"/contexts?{field}={given}", because)


async def test_rows_of_equal_value_keep_their_order_through_all_pages(confd: Confd) -> None:
    made = [(await confd.make("/contexts", name=f"c{n}", label="same"))["id"] for n in range(5)]
    for direction, expected in (("asc", made), ("desc", made[::-1])):
        query = f"label=same&order=label&direction={direction}&limit=1"
        pages = [await confd.read(f"/contexts?{query}&offset={n}") for n in range(5)]
        assert [page["items"][0]["id"] for page in pages] == expected


async def test_an_entity_has_no_description_to_sort_by(confd: Confd) -> None:
    await confd.refused(
        "GET",
        "/entities?order=description",
        "Input Error - order: column 'description' was not found",
    )


async def test_profiles_of_the_client_have_pages(confd: Confd) -> None:
    found = await confd.read("/cti_profiles?limit=1")
    assert (found["total"], len(found["items"])) == (4, 1)


async def test_registrars_are_filtered_by_equality_as_everything_else(confd: Confd) -> None:
    for name in ("Lyon", "Lyon 2"):
        await confd.make("/registrars", name=name, main_host="a", proxy_main_host="b")
    assert (await confd.read("/registrars?name=Lyon"))["total"] == 1
    assert (await confd.read("/registrars?name=Lyon&main_host=b"))["total"] == 0


async def test_a_line_is_created_without_what_belongs_to_it(confd: Confd) -> None:
    made = await confd.line(endpoint_sip={"username": "zoe"}, extensions=[{"exten": "1000"}])
    assert (made["endpoint_sip"], made["extensions"]) == (None, [])
    assert (await confd.read("/endpoints/sip"))["total"] == 0


async def test_codes_of_the_later_release_are_not_there(confd: Confd) -> None:
    codes = (await confd.read("/extensions/features"))["items"]
    later = {"meetingjoin", "groupmembertoggle", "groupmemberjoin", "groupmemberleave"}
    assert later.isdisjoint(each["feature"] for each in codes)


async def test_a_name_of_a_caller_id_has_no_quotes(confd: Confd) -> None:
    line = await confd.line_with_endpoint()
    for name in ('a "b"', "a\nb"):
        await confd.refused(
            "PUT", f"/lines/{line['id']}", "Input Error - caller_id_name", caller_id_name=name
        )


async def test_blanks_of_a_key_are_not_dialled(confd: Confd) -> None:
    keys = {
        "1": {"destination": {"type": "custom", "exten": "06 12 34"}},
        "2": {"destination": {"type": "forward", "forward": "busy", "exten": " 1 2"}},
    }
    made = await confd.make("/funckeys/templates", keys=keys)
    shown = [made["keys"][position]["destination"]["exten"] for position in keys]
    assert shown == ["061234", "12"]
