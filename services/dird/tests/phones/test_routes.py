"""Every route of phoned is served, of both generations (reference/phoned.md, A3 and C2)."""

from typing import Any
from uuid import UUID

import pytest
import yaml
from httpx import AsyncClient
from ovix_dird.phones.vendors import VENDORS

from .conftest import GiveLine, Program, WrittenDirectory

VENDORS_16 = {
    "menu": ["cisco"],
    "input": ["aastra", "cisco", "polycom", "snom"],
    "lookup": ["aastra", "cisco", "polycom", "snom", "thomson", "yealink"],
}
VENDORS_2026 = {
    "menu": ["cisco"],
    "input": ["aastra", "cisco", "fanvil", "polycom", "snom"],
    "lookup": [
        "aastra", "cisco", "fanvil", "fanvil-v2", "htek", "polycom", "snom", "thomson", "yealink",
    ],
}  # fmt: skip
AGENTS = {
    "Aastra6757i": ["input", "lookup"],
    "Cisco/SPA504G": ["menu", "input", "lookup"],
    "Allegro-Software-WebClient/5.40b1": ["menu", "input", "lookup"],
    "PolycomSoundPointIP-SPIP_331-UA/4.0.4": ["input", "lookup"],
    "Mozilla/4.0 (compatible; snom370-SIP 8.7.5.35)": ["input", "lookup"],
    "THOMSON ST2030 hw5 fw2.72": ["lookup"],
    "Yealink SIP-T46S 66.86.0.15": ["lookup"],
}


@pytest.mark.parametrize(
    ("kind", "vendor"),
    [
        (kind, vendor)
        for kind in ("menu", "input", "lookup")
        for vendor in sorted({*VENDORS_16[kind], *VENDORS_2026[kind]})
    ],
)
async def test_every_screen_of_every_vendor_is_served(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID, kind: str, vendor: str
) -> None:
    directory.contacts = [{"name": "Bob", "phone": "1"}]
    path = f"/directories/{kind}/default/{vendor}"
    query = {"xivo_user_uuid": str(user_uuid), **({"term": "bob"} if kind == "lookup" else {})}
    answer = await phone.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith(
        "text/html" if vendor == "polycom" else "text/xml"
    )
    for missing in query:
        given = {name: value for name, value in query.items() if name != missing}
        assert (await phone.get(path, params=given)).status_code == 400, missing


@pytest.mark.parametrize(
    ("agent", "kind"), [(agent, kind) for agent, kinds in AGENTS.items() for kind in kinds]
)
async def test_every_screen_is_served_to_phones_known_by_their_user_agent(
    phone: AsyncClient, user_uuid: UUID, agent: str, kind: str
) -> None:
    path = f"/directories/{kind}/autodetect"
    headers = {"User-Agent": agent}
    query = "?term=x" if kind == "lookup" else ""
    assert (await phone.get(path + query, headers=headers)).status_code == 200
    if kind == "lookup":
        assert (await phone.get(path, headers=headers)).status_code == 400


@pytest.mark.parametrize("vendor", sorted(VENDORS))
async def test_lookups_are_served_under_the_newer_form_of_the_url(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID, vendor: str
) -> None:
    directory.contacts = [{"name": "Bob", "phone": "1"}]
    query = {"xivo_user_uuid": str(user_uuid), "term": "bob"}
    answer = await phone.get(f"/{vendor}/directories/lookup/default", params=query)
    assert answer.status_code == 200
    older = await phone.get(f"/directories/lookup/default/{vendor}", params=query)
    assert answer.content == older.content


@pytest.mark.parametrize(
    "path",
    [
        "/directories/lookup/default/gigaset/{user}?set_first=x&count=1&first=1",
        "/yealink/users/{user}/services/dnd/enable",
        "/yealink/users/{user}/services/dnd/disable",
        "/fanvil/users/{user}/services/dnd/enable",
        "/fanvil/users/{user}/services/dnd/disable",
        "/status",
        "/api/api.yml",
    ],
)
async def test_everything_else_is_served_to_phones(
    phone: AsyncClient, user_uuid: UUID, path: str
) -> None:
    assert (await phone.get(path.format(user=user_uuid))).status_code == 200


async def test_everything_for_programs_is_served_by_token(
    program: Program, phone: AsyncClient, user_uuid: UUID, give_line: GiveLine
) -> None:
    endpoint = await give_line(user_uuid)
    client = await program("phoned.#")
    requests: list[tuple[str, str, Any, int]] = [
        ("GET", "/config", None, 200),
        ("PATCH", "/config", [], 200),
        *(
            ("PUT", f"/endpoints/{endpoint}/{action}", None, 204)
            for action in ("hold/start", "hold/stop", "answer")
        ),
    ]
    for method, path, body, status in requests:
        answer = await client.request(method, path, json=body)
        assert answer.status_code == status, path
        assert (await phone.request(method, path, json=body)).status_code == 401


async def test_the_description_names_every_route(phone: AsyncClient) -> None:
    described = yaml.safe_load((await phone.get("/api/api.yml")).content)["paths"]
    assert {
        "/0.1/directories/menu/{profile}/{vendor}",
        "/0.1/directories/input/{profile}/{vendor}",
        "/0.1/directories/lookup/{profile}/{vendor}",
        "/0.1/directories/menu/autodetect",
        "/0.1/directories/input/autodetect",
        "/0.1/directories/lookup/autodetect",
        "/0.1/directories/lookup/{profile}/gigaset/{user_uuid}",
        "/0.1/{vendor}/directories/lookup/{profile}",
        "/0.1/{phones}/users/{user_uuid}/services/dnd/{state}",
        "/0.1/endpoints/{endpoint_name}/hold/start",
        "/0.1/endpoints/{endpoint_name}/hold/stop",
        "/0.1/endpoints/{endpoint_name}/answer",
        "/0.1/config",
        "/0.1/status",
        "/0.1/api/api.yml",
    } <= set(described)
    assert set(described["/0.1/config"]) == {"get", "patch"}


async def test_more_parameters_than_a_phone_sends_are_a_bad_request(
    phone: AsyncClient, user_uuid: UUID
) -> None:
    many = "&a=1" * 51
    asked = f"/directories/lookup/default/yealink?xivo_user_uuid={user_uuid}&term=%ff{many}"
    assert (await phone.get(asked)).status_code == 400
