"""Lines of browsers and unique accounts as they are configured: F-114, F-120, F-121."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

Confd = Any
TAKEN = "Resource Error - SIPEndpoint already exists"
UA = [["webrtc", "ua"]]


@pytest.mark.parametrize("kind", ["no", "yes", "ua"])
async def test_an_endpoint_is_a_phones_a_browsers_or_both(confd: Confd, kind: str) -> None:
    endpoint = await confd.make("/endpoints/sip", options=[["webrtc", kind]])
    assert ["webrtc", kind] in endpoint["options"]


async def test_another_kind_is_refused(confd: Confd) -> None:
    refusal = "Input Error - "
    await confd.refused("POST", "/endpoints/sip", refusal, options=[["webrtc", "maybe"]])


async def test_the_browser_of_a_unique_account_has_its_name_for_itself(confd: Confd) -> None:
    await confd.make("/endpoints/sip", username="zoe", options=UA)
    await confd.refused("POST", "/endpoints/sip", TAKEN, username="zoe_w")
    other = await confd.make("/endpoints/sip", username="other")
    await confd.refused("PUT", f"/endpoints/sip/{other['id']}", TAKEN, username="zoe_w")
    await confd.make("/endpoints/sip", username="yan_w")
    await confd.refused("POST", "/endpoints/sip", TAKEN, username="yan", options=UA)
    yan = await confd.make("/endpoints/sip", username="yan")
    await confd.refused("PUT", f"/endpoints/sip/{yan['id']}", TAKEN, options=UA)


async def test_a_unique_account_does_not_end_like_its_browser(confd: Confd) -> None:
    refusal = "Input Error - field 'username': of a unique account must not end in _w"
    await confd.refused("POST", "/endpoints/sip", refusal, username="zoe_w", options=UA)
    endpoint = await confd.make("/endpoints/sip", username="yan_w", options=[["webrtc", "yes"]])
    await confd.refused("PUT", f"/endpoints/sip/{endpoint['id']}", refusal, options=UA)


async def test_a_user_selects_what_rings_and_it_is_announced(
    confd: Confd,
    client: Callable[..., Awaitable[AsyncClient]],
    announced: Callable[[], Awaitable[list[str]]],
) -> None:
    user = await confd.user()
    path = f"/users/{user['uuid']}/selected_device"
    assert await confd.read(path) == {"device": "phone"}
    await confd.do("PUT", path, device="webrtc")
    assert (await announced())[-1] == "users_selected_device_updated"
    me = await client("confd.users.me.#", user_uuid=UUID(user["uuid"]))
    assert (await me.get("/users/me/selected_device")).json() == {"device": "webrtc"}
    answer = await me.put("/users/me/selected_device", json={"device": "phone"})
    assert answer.status_code == 204
    assert await confd.read(path) == {"device": "phone"}


@pytest.mark.parametrize("body", [{}, {"device": "mobile"}, {"device": None}])
async def test_only_the_phone_or_the_browser_can_be_selected(
    confd: Confd, body: dict[str, Any]
) -> None:
    user = await confd.user()
    await confd.refused("PUT", f"/users/{user['id']}/selected_device", "Input Error - ", **body)
