"""Single Logout: sessions end here and at the provider, whoever begins (reference/auth.md, C3)."""

from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from httpx import AsyncClient
from lxml import etree
from ovix_testkit.saml_provider import (
    SAML,
    SAMLP,
    TestSamlProvider,
    a_certified_key,
    asked_by,
    moment,
)

SLS = "https://pbx.example.org/api/auth/0.1/saml/sls"
BYE = "https://crm.example.org/bye"


async def _lives(client: AsyncClient, token: str) -> bool:
    return (await client.head(f"/0.1/token/{token}")).status_code == 204


def _with(token: str) -> dict[str, str]:
    return {"X-Auth-Token": token}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_logout_here_ends_all_that_came_by_saml_and_goes_on_to_the_provider(
    method: str, browser: Any, config: Any, ada: Any, client: AsyncClient
) -> None:
    first = await browser.logged_in(access_type="offline", client_id="crm")
    second = await browser.logged_in()
    answer = await client.request(
        method, f"/0.1/saml/logout?redirect_url={BYE}", headers=_with(second["token"])
    )
    assert answer.status_code == 200, answer.text
    for token in (first["token"], second["token"]):
        assert not await _lives(client, token)
    refreshed = {"refresh_token": first["refresh_token"], "client_id": "crm"}
    assert (await client.post("/0.1/token", json=refreshed)).status_code == 401
    location = answer.json()["location"]
    assert location.startswith("https://idp.example.org/slo?SAMLRequest=")
    asked = asked_by(location)
    assert asked.root.tag == f"{{{SAMLP}}}LogoutRequest"
    assert asked.root.findtext(f"{{{SAML}}}NameID") == "ada@example.org"
    assert asked.root.findtext(f"{{{SAMLP}}}SessionIndex") == "s1"
    query = browser.provider.logged_out(SLS, asked.id)
    sent_on = await client.get(f"/0.1/saml/sls?{query}")
    assert (sent_on.status_code, sent_on.headers["Location"]) == (303, BYE)
    again = await client.get(f"/0.1/saml/sls?{query}")
    assert again.status_code == 401


@pytest.mark.parametrize("tenant", [{"domain_name": "example.org"}, {"tenant_id": str(uuid4())}])
async def test_a_logout_ends_tokens_whose_login_named_a_tenant(
    tenant: dict[str, str], browser: Any, config: Any, ada: Any, client: AsyncClient
) -> None:
    named, other = await browser.logged_in(**tenant), await browser.logged_in()
    query = browser.provider.logout(SLS, "ada@example.org")
    await client.get(f"/0.1/saml/sls?{query}")
    for data in (named, other):
        assert not await _lives(client, data["token"])


async def test_a_provider_without_logouts_is_not_asked(
    browser: Any, config: Any, ada: Any, client: AsyncClient, admin: Any
) -> None:
    browser.provider.slo_url = None
    body = {"metadata": browser.provider.metadata()}
    assert (await client.put("/0.1/backends/saml", json=body, headers=admin)).status_code == 200
    data = await browser.logged_in()
    answer = await client.get("/0.1/saml/logout", headers=_with(data["token"]))
    assert answer.json() == {"location": None}
    assert not await _lives(client, data["token"])


async def test_only_a_saml_session_is_logged_out_so(
    alice: Any, log_in: Any, client: AsyncClient, browser: Any, config: Any, ada: Any
) -> None:
    await alice
    token = (await log_in("xivo_user", "alice")).json()["data"]["token"]
    answer = await client.get("/0.1/saml/logout", headers=_with(token))
    assert (answer.status_code, answer.json()["error_id"]) == (404, "no-saml-session")
    assert await _lives(client, token)
    assert (await client.get("/0.1/saml/logout")).status_code == 401
    assert (await client.get("/0.1/saml/logout", headers=_with("x"))).status_code == 401
    data = await browser.logged_in()
    url = "/0.1/saml/logout?redirect_url=http://elsewhere.example.org"
    assert (await client.get(url, headers=_with(data["token"]))).status_code == 400
    assert await _lives(client, data["token"])


async def test_the_provider_ends_a_session(
    browser: Any, config: Any, ada: Any, client: AsyncClient, log_in: Any, alice: Any
) -> None:
    await alice
    other = (await log_in("xivo_user", "alice")).json()["data"]["token"]
    data = await browser.logged_in()
    query = browser.provider.logout(SLS, "ada@example.org", relay="r")
    answer = await client.get(f"/0.1/saml/sls?{query}")
    assert answer.status_code == 303, answer.text
    location = answer.headers["Location"]
    assert location.startswith("https://idp.example.org/slo?SAMLResponse=")
    told = asked_by(location)
    assert told.root.tag == f"{{{SAMLP}}}LogoutResponse"
    asked = asked_by(f"https://x/?{query}")
    assert told.root.get("InResponseTo") == asked.id
    assert dict(parse_qsl(urlsplit(location).query))["RelayState"] == "r"
    assert not await _lives(client, data["token"])
    assert await _lives(client, other)


async def test_the_provider_may_post_it_with_a_signature_inside(
    browser: Any, config: Any, ada: Any, client: AsyncClient
) -> None:
    data = await browser.logged_in()
    root = browser.provider.logout_request(SLS, "ada@example.org")
    unsigned = b64encode(etree.tostring(root)).decode()
    refused = await client.post("/0.1/saml/sls", data={"SAMLRequest": unsigned})
    assert refused.status_code == 401
    browser.provider.sign(root)
    signed = b64encode(etree.tostring(root)).decode()
    answer = await client.post("/0.1/saml/sls", data={"SAMLRequest": signed})
    assert answer.status_code == 303, answer.text
    assert not await _lives(client, data["token"])


@pytest.mark.parametrize(
    "how",
    [
        {"signed": False},
        {"destination": "https://another-service.example.org/sls"},
        {"issued": moment(-3600)},
        {"issued": "x"},
        {"issuer": "https://another-idp.example.org"},
        {"key": "another"},
    ],
    ids=",".join,  # the times differ at each run
)
async def test_nobody_else_ends_a_session(
    how: dict[str, Any], browser: Any, config: Any, ada: Any, client: AsyncClient
) -> None:
    data = await browser.logged_in()
    by = TestSamlProvider(keys=[a_certified_key()]) if "key" in how else browser.provider
    said = {name: how[name] for name in ("issued", "issuer") if name in how}
    query = by.logout(
        how.get("destination", SLS), "ada@example.org", signed=how.get("signed", True), **said
    )
    assert (await client.get(f"/0.1/saml/sls?{query}")).status_code == 401
    assert await _lives(client, data["token"])


async def test_a_signed_query_string_is_signed_as_it_was_sent(
    browser: Any, config: Any, ada: Any, client: AsyncClient
) -> None:
    data = await browser.logged_in()
    good = browser.provider.logout(SLS, "ada@example.org", relay="r")
    other = browser.provider.logout(SLS, "eve@example.org").partition("&")[0]
    for forged in (
        good.replace("RelayState=r", "RelayState=s"),
        good.replace("&RelayState=r", ""),
        f"{other}&{good.partition('&')[2]}",
        f"{other}&{good}",
        f"{good}&{other}",
        good.partition("&Signature=")[0],
        f"{good.partition('&Signature=')[0]}&Signature=AAAA",
        good.replace("rsa-sha256", "rsa-sha1"),
        "SAMLRequest=AAAA",
        "SAMLRequest=%FF",
        "",
        "&".join("a=b" for _ in range(30)),
    ):
        answer = await client.get(f"/0.1/saml/sls?{forged}")
        assert answer.status_code == 401, forged
    assert await _lives(client, data["token"])


async def test_a_message_that_inflates_without_end_is_cut_off(
    config: Any, client: AsyncClient, browser: Any
) -> None:
    root = browser.provider.logout_request(SLS, "x" * 2_000_000)
    query = browser.provider.redirected(root, "SAMLRequest")
    assert (await client.get(f"/0.1/saml/sls?{query}")).status_code == 401
