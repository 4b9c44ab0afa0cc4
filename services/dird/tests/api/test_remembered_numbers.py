"""Callers whose number was asked about before: known in time, whatever their source does now."""

from typing import Any
from uuid import uuid4

import pytest

NUMBER = "0142000001"
MARIE = {"firstname": "Marie", "lastname": "Dupont", "number": NUMBER}
NUMBERS: dict[str, Any] = {"first_matched_columns": ["number"]}


async def reverse(
    client: Any, number: str = NUMBER, user: str = str(uuid4()), profile: str = "default"
) -> Any:
    answer = await client.get(f"/directories/reverse/{profile}/{user}", params={"exten": number})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_source_behind_a_network_is_asked_once_about_a_number(
    directories: Any, far: Any
) -> None:
    source = await directories.source("far", "crm", contacts=[MARIE], **NUMBERS)
    await directories.profile(source)
    far.asked.clear()
    async with await directories.client() as client:
        for _ in range(3):
            assert (await reverse(client, user=str(uuid4())))["display"] == "Marie Dupont"
            assert (await reverse(client, "0199999999"))["display"] is None
    assert far.asked == {"crm": 2}


async def test_whom_we_know_ourselves_nobody_else_is_asked_about(
    directories: Any, far: Any
) -> None:
    """Elsewhere is asked for a number that is not here, or when it takes long to be found here."""
    crm = await directories.source("far", "crm", contacts=[MARIE], **NUMBERS)
    zoe = {**MARIE, "firstname": "Zoé"}
    here = await directories.source("listed", "here", contacts=[zoe], **NUMBERS)
    slow = await directories.source("listed", "slow", sleeps_s=0.3, contacts=[zoe], **NUMBERS)
    far.asked.clear()
    async with await directories.client() as client:
        await directories.profile(crm, here)
        assert (await reverse(client))["display"] == "Zoé Dupont"
        assert far.asked == {}
        assert (await reverse(client, "0199999999"))["display"] is None
        assert far.asked == {"crm": 1}
        await directories.profile(crm, slow, name="slow")
        assert (await reverse(client, profile="slow"))["display"] == "Marie Dupont"


async def test_other_settings_of_a_source_forget_what_it_said(directories: Any, far: Any) -> None:
    source = await directories.source("far", "crm", contacts=[MARIE], **NUMBERS)
    await directories.profile(source)
    async with await directories.client() as client:
        await reverse(client)
        body = {"name": "crm", "format_columns": {"reverse": "{lastname}"}, **NUMBERS}
        changed = await client.put(
            f"/backends/far/sources/{source.uuid}", json={**body, "contacts": [MARIE]}
        )
        assert changed.status_code == 204
        assert (await reverse(client))["display"] == "Dupont"


async def test_an_answer_that_came_too_late_is_there_for_the_next_question(
    directories: Any, far: Any, eventually: Any
) -> None:
    source = await directories.source("far", "crm", contacts=[MARIE], sleeps_s=0.3, **NUMBERS)
    await directories.profile(source, timeout=0.05)
    async with await directories.client() as client:
        late = await reverse(client)
        assert late["display"] is None
        assert late["failed_sources"] == [{"source": "crm", "reason": "no answer within 0.05 s"}]

        async def is_known() -> bool:
            return bool((await reverse(client))["display"] == "Marie Dupont")

        await eventually("the late answer is remembered", is_known)


async def test_a_contact_of_ours_that_changes_has_its_new_name_at_once(directories: Any) -> None:
    async with await directories.client() as client:
        book = (await client.post("/tenants/acme/phonebooks", json={"name": "book"})).json()
        contacts = f"/tenants/acme/phonebooks/{book['id']}/contacts"
        made = (await client.post(contacts, json=MARIE)).json()
        source = await directories.source("phonebook", "book", phonebook_id=book["id"], **NUMBERS)
        await directories.profile(source)
        assert (await reverse(client))["display"] == "Marie Dupont"
        await client.put(f"{contacts}/{made['id']}", json={**MARIE, "firstname": "Zoé"})
        assert (await reverse(client))["display"] == "Zoé Dupont"
        await client.delete(f"{contacts}/{made['id']}")
        assert (await reverse(client))["display"] is None


async def test_a_name_just_asked_for_is_known_while_the_database_is_away(
    directories: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await directories.client() as client:
        book = (await client.post("/tenants/acme/phonebooks", json={"name": "book"})).json()
        await client.post(f"/tenants/acme/phonebooks/{book['id']}/contacts", json=MARIE)
        source = await directories.source("phonebook", "book", phonebook_id=book["id"], **NUMBERS)
        await directories.profile(source)
        assert (await reverse(client))["display"] == "Marie Dupont"

        async def away(*_: Any) -> Any:
            raise ConnectionRefusedError

        monkeypatch.setattr(directories.app.state.statements, "rows", away)
        for _ in range(5):  # also once the source is skipped
            assert (await reverse(client))["display"] == "Marie Dupont"
        unknown = await reverse(client, "0199999999")
        assert unknown["display"] is None
        assert [each["source"] for each in unknown["failed_sources"]] == ["book"]
