"""reference/phoned.md, part E, scenario by scenario, on the phones' application."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest
from httpx import AsyncClient, Response
from ovix_dird.engine import FailedSource
from ovix_schema import AccessFeature
from ovix_testkit.builders import a_context
from ovix_web import Sessions
from sqlalchemy import text

from .conftest import INTERNAL, WrittenDirectory

Phone = Callable[..., AsyncClient]


def parsed(response: Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return ElementTree.fromstring(response.content)


def people(count: int, name: str = "Martin") -> list[Mapping[str, Any]]:
    return [{"name": f"{name} {n:03}", "phone": str(1000 + n)} for n in range(count)]


async def looked_up(
    phone: AsyncClient, vendor: str, user_uuid: UUID, term: str = "", **given: Any
) -> Response:
    return await phone.get(
        f"/directories/lookup/default/{vendor}",
        params={"xivo_user_uuid": str(user_uuid), "term": term, **given},
    )


async def test_e1_authorized_networks_get_their_screens_others_403(
    phone_at: Phone, user_uuid: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    path = f"/directories/input/default/aastra?xivo_user_uuid={user_uuid}"
    answer = await phone_at("192.168.3.4").get(path)
    assert answer.headers["Content-Type"].startswith("text/xml")
    url = urlsplit(parsed(answer).findtext("URL"))
    assert (url.netloc, url.path) == ("10.20.0.1:9498", "/0.1/directories/lookup/default/aastra")
    assert url.query == f"xivo_user_uuid={user_uuid}"
    refused = await phone_at("10.0.0.1").get(path)
    assert refused.status_code == 403
    assert "10.0.0.1" in refused.text


async def test_e2_the_machine_itself_is_always_let_in(phone_at: Phone, user_uuid: UUID) -> None:
    path = f"/directories/input/default/aastra?xivo_user_uuid={user_uuid}"
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert (await phone_at(address).get(path)).status_code == 200


async def test_e3_what_must_be_given_is_asked_for_with_400(phone: AsyncClient) -> None:
    for path in (
        "/directories/input/default/aastra",
        "/directories/menu/default/cisco",
        "/directories/lookup/default/aastra?term=x",
        f"/directories/lookup/default/aastra?xivo_user_uuid={uuid4()}",
        f"/directories/lookup/default/aastra?xivo_user_uuid={uuid4()}&term=x&limit=-1",
        f"/directories/lookup/default/aastra?xivo_user_uuid={uuid4()}&term=x&offset=many",
        "/directories/lookup/default/aastra?xivo_user_uuid=me&term=x",
    ):
        parsed(await phone.get(path), 400)


async def test_e4_forty_matches_are_three_pages_for_aastra(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = people(40)
    pages = []
    answer = await looked_up(phone, "aastra", user_uuid, "martin")
    while True:
        items = parsed(answer).findall("MenuItem")
        pages.append([item.findtext("Prompt") for item in items])
        if pages[-1][-1] != "Next Page":
            break
        answer = await phone.get(str(items[-1].findtext("URI")))
    assert [len(page) for page in pages] == [17, 18, 9]
    assert pages[1][0] == pages[2][0] == "Previous Page"
    names = [name for page in pages for name in page if name and name.startswith("Martin")]
    assert names == [f"Martin {number:03}" for number in range(40)]
    back = parsed(answer).find("MenuItem")
    assert back is not None
    assert str(back.findtext("URI")).endswith("&limit=16&offset=16")


async def test_e5_ten_results_need_no_keys_on_cisco(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = people(10)
    root = parsed(await looked_up(phone, "cisco", user_uuid))
    assert len(root.findall("DirectoryEntry")) == 10
    assert root.find("SoftKeyItem") is None


async def test_e6_yealink_gets_all_forty(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = people(40)
    assert len(parsed(await looked_up(phone, "yealink", user_uuid))) == 40
    assert len(parsed(await looked_up(phone, "yealink", user_uuid, limit=5, offset=38))) == 2
    newer = f"/yealink/directories/lookup/default?xivo_user_uuid={user_uuid}&term="
    assert len(parsed(await phone.get(newer))) == 40


async def test_e6_phones_without_pages_get_no_more_than_they_hold(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = people(300)
    assert len(parsed(await looked_up(phone, "htek", user_uuid))) == 250
    assert len(parsed(await looked_up(phone, "htek", user_uuid, limit=280))) == 280


async def test_e7_a_mobile_is_a_second_entry_that_says_so(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = [{"name": "Alice", "phone": "1001", "phone_mobile": "0612345678"}]
    root = parsed(await looked_up(phone, "yealink", user_uuid))
    assert [entry.findtext("Name") for entry in root] == ["Alice", "Alice (mobile)"]
    directory.columns = ()  # nothing for phones: 16.16's standard display
    root = parsed(await looked_up(phone, "yealink", user_uuid))
    assert [entry.findtext("Name") for entry in root] == ["Alice", "Alice (Mobile)"]


async def test_e8_numbers_are_shown_as_they_are_dialled(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = [
        {"name": "a", "phone": "+33(0)1 23 45 67 89"},
        {"name": "b", "phone": "(555) 123-4567"},
        {"name": "c", "phone": "abc"},
    ]
    root = parsed(await looked_up(phone, "yealink", user_uuid))
    assert [entry.findtext("Telephone") for entry in root] == ["0033123456789", "5551234567"]


@pytest.mark.parametrize("vendor", ["aastra", "cisco", "polycom", "snom", "thomson", "gigaset"])
async def test_e9_hostile_names_arrive_as_they_are(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID, vendor: str
) -> None:
    directory.contacts = [{"name": "Bob & <Co> \"'🦊 שלום", "phone": "1"}]
    path = f"/directories/lookup/default/gigaset/{user_uuid}"
    answer = (
        await phone.get(path) if vendor == "gigaset" else await looked_up(phone, vendor, user_uuid)
    )
    shown = " ".join(parsed(answer).itertext())
    assert {"Bob", "&", "<Co>", "\"'🦊", "שלום"} <= set(shown.split())


async def test_e10_nobody_found_is_one_entry_in_the_phones_language(
    phone_at: Phone, user_uuid: UUID
) -> None:
    root = parsed(await looked_up(phone_at(), "yealink", user_uuid, "x"))
    assert [entry.findtext("Name") for entry in root] == ["No entries"]
    root = parsed(await looked_up(phone_at(Accept_Language="fr"), "yealink", user_uuid, "x"))
    assert [entry.findtext("Name") for entry in root] == ["Aucune entrée"]
    assert root[0].findtext("Telephone") == ""


class TestE11:
    @pytest.fixture
    def dird_settings(self, dird_settings: dict[str, Any]) -> dict[str, Any]:
        return {**dird_settings, "phones_timeout_s": 0.05}

    async def test_a_directory_that_hangs_is_told_on_the_screen(
        self, phone_at: Phone, directory: WrittenDirectory, user_uuid: UUID
    ) -> None:
        directory.stalled = asyncio.Event()
        answer = await looked_up(phone_at(Accept_Language="fr"), "aastra", user_uuid)
        root = parsed(answer, 503)
        assert root.tag == "AastraIPPhoneTextScreen"
        assert root.findtext("Text") == "L'annuaire ne répond pas. Réessayez dans un instant."
        assert directory.within_s == 0.05


async def test_e11_a_source_that_fails_is_told_where_nothing_was_found(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.failed = [FailedSource(INTERNAL, "no answer")]
    root = parsed(await looked_up(phone, "cisco", user_uuid, "x"))
    assert root.tag == "CiscoIPPhoneText"
    directory.contacts = people(2)
    root = parsed(await looked_up(phone, "cisco", user_uuid))
    assert len(root.findall("DirectoryEntry")) == 2


async def test_e12_the_vendor_is_taken_from_the_user_agent(
    phone_at: Phone, directory: WrittenDirectory
) -> None:
    directory.contacts = people(20)
    aastra = phone_at(User_Agent="Aastra6757i MAC:00-08-5D-19-E4-01")
    root = parsed(await aastra.get("/directories/lookup/autodetect?term=mart"))
    assert root.tag == "AastraIPPhoneTextMenu"
    onwards = urlsplit(root.findall("MenuItem")[-1].findtext("URI"))
    assert onwards.path == "/0.1/directories/lookup/autodetect"
    assert onwards.query == "term=mart&limit=16&offset=16"
    assert parsed(await aastra.get("/directories/input/autodetect")).findtext("URL") == (
        "http://10.20.0.1:9498/0.1/directories/lookup/autodetect"
    )
    cisco = phone_at(User_Agent="Cisco/SPA504G-7.5.5")
    menu = parsed(await cisco.get("/directories/menu/autodetect"))
    assert str(menu.findtext("MenuItem/URL")).endswith("/0.1/directories/input/autodetect")
    unknown = await phone_at(User_Agent="curl/7").get("/directories/lookup/autodetect?term=x")
    assert unknown.status_code == 404
    assert unknown.json()["reason"] == ["No vendor found"]


async def test_e13_personal_contacts_are_found_by_their_owner_alone(
    phone: AsyncClient,
    directory: WrittenDirectory,
    user: Callable[..., Awaitable[UUID]],
) -> None:
    alice, bob = await user(), await user(country="DE")
    directory.personal = {str(alice): [{"name": "Grandmother", "phone": "1"}]}
    found = parsed(await looked_up(phone, "yealink", alice, "grand"))
    assert found.findtext("DirectoryEntry/Name") == "Grandmother"
    found = parsed(await looked_up(phone, "yealink", bob, "grand"))
    assert found.findtext("DirectoryEntry/Name") == "No entries"
    assert [viewer.country for _, _, viewer in directory.asked] == ["FR", "DE"]
    entities = [viewer.entity_id for _, _, viewer in directory.asked]
    assert None not in entities
    assert entities[0] != entities[1]


async def test_e13_who_is_no_user_is_told_so(phone: AsyncClient, user_uuid: UUID) -> None:
    root = parsed(await looked_up(phone, "snom", uuid4()), 404)
    assert root.findtext("Text") == "The user of this phone is unknown."


async def test_e13_a_phone_without_a_user_sees_no_entity_among_several(
    phone: AsyncClient, user: Callable[..., Awaitable[UUID]], directory: WrittenDirectory
) -> None:
    nobody = UUID(int=0)
    await user()
    assert (await looked_up(phone, "yealink", nobody)).status_code == 200
    assert directory.asked[0][2].entity_id is not None
    await user()
    assert (await looked_up(phone, "yealink", nobody)).status_code == 404


class TestE14:
    @pytest.fixture
    def dird_settings(self, dird_settings: dict[str, Any]) -> dict[str, Any]:
        return {**dird_settings, "phones_pages_kept_s": 0}  # so that page two asks with its term

    @pytest.mark.parametrize("term", ["martin & fils", "é à", "100 %", "a+b", "x=1&y=2#z", "مرحبا"])
    async def test_e14_the_term_keeps_its_value_on_page_two(
        self, phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID, term: str
    ) -> None:
        directory.contacts = people(20, term)
        first = parsed(await looked_up(phone, "aastra", user_uuid, term))
        second = await phone.get(str(first.findall("MenuItem")[-1].findtext("URI")))
        assert len(parsed(second).findall("MenuItem")) == 1 + 4
        assert [asked for _, asked, _ in directory.asked] == [term, term]


@pytest.mark.parametrize("typed", ["%C3%A9lod", "%E9lod"], ids=["utf-8", "latin-1"])
async def test_e14_accents_are_read_in_either_encoding(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID, typed: str
) -> None:
    path = f"/directories/lookup/default/aastra?xivo_user_uuid={user_uuid}&term={typed}"
    parsed(await phone.get(path))
    parsed(await phone.get(f"/directories/lookup/default/gigaset/{user_uuid}?set_first={typed}*"))
    assert [term for _, term, _ in directory.asked] == ["élod", "élod"]


async def test_e15_gigaset_pages_by_first_and_count(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = [*people(25), {"name": "Cher", "phone": "1"}]
    path = f"/directories/lookup/default/gigaset/{user_uuid}"
    root = parsed(await phone.get(f"{path}?set_first=mar*&count=10&first=11"))
    assert (root.get("first"), root.get("last"), root.get("total")) == ("11", "20", "25")
    assert [entry.findtext("hm") for entry in root] == [str(1010 + n) for n in range(10)]
    root = parsed(await phone.get(f"{path}?set_first=cher"))
    assert (root.findtext("entry/fn"), root.findtext("entry/ln")) == ("Cher", "")
    root = parsed(await phone.get(f"{path}?set_first=nobody"))
    assert (len(root), root.get("total")) == (0, "0")
    parsed(await phone.get(f"{path}?count=-1"), 400)


async def test_e21_fanvils_newer_series_get_their_phonebook(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = people(1)
    root = parsed(await looked_up(phone, "fanvil-v2", user_uuid))
    assert (root.tag, root.findtext("DirectoryEntry/Ring")) == ("PhoneBook", "Default")


async def test_grandstreams_file_is_whole_or_not_given(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = people(300)
    path = f"/directories/lookup/default/grandstream/{user_uuid}/phonebook.xml"
    assert len(parsed(await phone.get(path))) == 300
    directory.failed = [FailedSource(INTERNAL, "no answer")]
    assert (await phone.get(path)).status_code == 503


async def test_an_unknown_profile_is_told_on_the_screen(
    phone: AsyncClient, user_uuid: UUID
) -> None:
    answer = await phone.get(f"/directories/lookup/sales/polycom?xivo_user_uuid={user_uuid}&term=x")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert parsed(answer, 404).findtext("body/p") == "There is no such directory."


async def test_a_context_without_a_profile_of_its_own_has_the_default_one(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID, sessions: Sessions
) -> None:
    directory.contacts = people(1)
    async with sessions.begin() as session:
        session.add(a_context(name="sales"))
    path = f"/directories/lookup/{{}}/yealink?xivo_user_uuid={user_uuid}&term="
    assert parsed(await phone.get(path.format("sales"))).findtext("DirectoryEntry/Telephone")
    parsed(await phone.get(path.format("marketing")), 404)


async def test_screens_that_a_vendor_has_not_are_404(phone: AsyncClient, user_uuid: UUID) -> None:
    for path in ("menu/default/aastra", "input/default/yealink", "lookup/default/nokia"):
        answer = await phone.get(f"/directories/{path}?xivo_user_uuid={user_uuid}&term=x")
        assert answer.status_code == 404, path


async def test_networks_that_confd_keeps_are_heeded_without_a_restart(
    phone_at: Phone, user_uuid: UUID, sessions: Sessions
) -> None:
    path = f"/directories/input/default/aastra?xivo_user_uuid={user_uuid}"
    phone = phone_at("172.16.9.9")

    async def comes_to(status: int) -> None:
        async with asyncio.timeout(30):
            while True:
                if (await phone.get(path)).status_code == status:
                    return
                await asyncio.sleep(0.1)

    assert (await phone.get(path)).status_code == 403
    async with sessions.begin() as session:
        session.add(AccessFeature(host="172.16.0.5/12", feature="phonebook"))
    await comes_to(200)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE access_features SET enabled = false"))
    await comes_to(403)


class TestProxies:
    @pytest.fixture
    def dird_settings(self, dird_settings: dict[str, Any]) -> dict[str, Any]:
        return {**dird_settings, "trusted_proxies": "203.0.113.0/24"}

    async def test_the_address_before_a_trusted_proxy_decides(
        self, phone_at: Phone, user_uuid: UUID
    ) -> None:
        path = f"/directories/input/default/aastra?xivo_user_uuid={user_uuid}"

        async def status(address: str, told: str) -> int:
            answer = await phone_at(address, X_Forwarded_For=told, X_Forwarded_Proto="https").get(
                path
            )
            if answer.is_success and address.startswith("203"):
                assert str(parsed(answer).findtext("URL")).startswith("https://10.20.0.1:9498/")
            return answer.status_code

        assert await status("203.0.113.1", "192.168.1.1") == 200
        assert await status("203.0.113.1", "10.0.0.1") == 403
        assert await status("203.0.113.1", "127.0.0.1, 10.0.0.1") == 403
        assert await status("10.0.0.1", "192.168.1.1") == 403
