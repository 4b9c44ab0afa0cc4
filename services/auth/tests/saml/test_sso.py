"""People log in at their entity's SAML provider (reference/auth.md, C2, C3)."""

import asyncio
from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from httpx import ASGITransport, AsyncClient
from ovix_auth.app import create_auth_app
from ovix_auth.keeping import Keeper
from ovix_auth.saml import logins
from ovix_auth.settings import AuthSettings
from ovix_schema import Account, AccountEmail, AuditRecord, Entity, SamlLogin
from ovix_testkit.builders import a_user
from ovix_testkit.saml_provider import TestSamlProvider, a_certified_key, assertion_of, posted
from ovix_web import Sessions, hash_of, running
from signxml.algorithms import SignatureMethod
from sqlalchemy import func, select, update
from starlette.types import ASGIApp

BACK = "https://crm.example.org/back?from=saml"
ACS = "https://pbx.example.org/api/auth/0.1/saml/acs"
FAILED = f"{BACK}&login_failure_code=401"


async def test_a_signed_response_gives_the_token_of_the_user_it_names(
    browser: Any, config: Any, ada: Any, sessions: Sessions
) -> None:
    data = await browser.logged_in()
    assert data["auth_id"] == data["xivo_user_uuid"] == str(ada.uuid)
    assert "confd.users.me.read" in data["acls"]
    async with sessions() as session:
        granted = (
            await session.scalars(
                select(AuditRecord).where(
                    AuditRecord.action == "token_granted", AuditRecord.backend == "saml"
                )
            )
        ).one()
    assert (granted.auth_id, granted.login) == (str(ada.uuid), None)


async def test_the_request_tells_what_the_provider_has_to_know(browser: Any, config: Any) -> None:
    begun = await browser.begin()
    assert begun.location.startswith("https://idp.example.org/sso?SAMLRequest=")
    asked = begun.asked
    assert (asked.acs_url, asked.issuer) == (ACS, ACS)
    assert asked.root.get("Destination") == "https://idp.example.org/sso"
    assert asked.root.get("Version") == "2.0"
    assert "RelayState" not in asked.query


@pytest.mark.parametrize("signs", ["assertion", "response", "both"])
@pytest.mark.parametrize("curve", [False, True], ids=["rsa", "ec"])
async def test_either_the_assertion_or_the_response_is_signed_or_both(
    signs: str, curve: bool, browser: Any, client: Any, admin: Any, ada: Any
) -> None:
    provider = browser.provider = TestSamlProvider(keys=[a_certified_key(curve=curve)])
    body = {"metadata": provider.metadata(), "acs_url": ACS}
    made = await client.post("/0.1/backends/saml", json=body, headers=admin)
    assert made.status_code == 201, made.text
    begun = await browser.begin(domain_name=None)
    how: Any = {"algorithm": SignatureMethod.ECDSA_SHA256} if curve else {}
    root = provider.response(begun.asked)
    if signs != "response":
        provider.sign(assertion_of(root), **how)
    if signs != "assertion":
        provider.sign(root, **how)
    await browser.post(posted(root))
    assert (await browser.token(begun.session_id)).status_code == 200


async def test_a_session_gives_one_token_and_no_other(browser: Any, config: Any, ada: Any) -> None:
    begun = await browser.begin()
    assert (await browser.token(begun.session_id)).status_code == 401, "nothing is proven yet"
    await browser.post(browser.provider.answer(begun.asked))
    answers = await asyncio.gather(*(browser.token(begun.session_id) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [200, 401, 401, 401, 401]
    for guess in ("guess", begun.asked.id, "x\x00y", "é"):
        assert (await browser.token(guess)).status_code in (400, 401)


async def test_a_session_can_be_used_with_what_a_login_can_and_no_refresh_token(
    browser: Any, config: Any, ada: Any, client: AsyncClient
) -> None:
    """Rules of reference/auth.md, C2."""
    data = await browser.logged_in(
        access_type="offline", client_id="crm", backend="xivo_admin", expiration=60
    )
    again = {"refresh_token": data["refresh_token"], "client_id": "crm"}
    assert (await client.post("/0.1/token", json=again)).status_code == 200
    begun = await browser.begin()
    both = await browser.token(begun.session_id, **again)
    assert both.status_code == 400
    for wrong in ("", "x" * 1025, 5):
        refused = await client.post("/0.1/token", json={"saml_session_id": wrong})
        assert refused.status_code == 400, wrong


async def test_a_login_has_ten_minutes(
    browser: Any, config: Any, ada: Any, sessions: Sessions, app: Any
) -> None:
    assert app.state.settings.saml_login_timeout_s == 600

    async def pass_time() -> None:
        async with sessions.begin() as session:
            await session.execute(
                update(SamlLogin).values(expires_at=SamlLogin.expires_at - timedelta(seconds=601))
            )

    late = await browser.begin()
    await pass_time()
    assert (await browser.post(browser.provider.answer(late.asked))).status_code == 401
    late = await browser.begin()
    await browser.post(browser.provider.answer(late.asked))
    await pass_time()
    assert (await browser.token(late.session_id)).status_code == 401
    keeper = Keeper(sessions, app.state.settings, app.state.login.tally)
    await keeper.keep()
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(SamlLogin)) == 0


async def test_only_hashes_of_sessions_are_kept(
    browser: Any, config: Any, sessions: Sessions
) -> None:
    begun = await browser.begin()
    async with sessions() as session:
        stored = (await session.scalars(select(SamlLogin))).one()
    assert stored.session_hash == hash_of(begun.session_id)
    assert begun.session_id not in repr(vars(stored))


async def test_two_replicas_share_what_is_going_on(
    browser: Any, config: Any, ada: Any, settings: AuthSettings
) -> None:
    async with running(create_auth_app(settings)) as other:
        address = ("192.0.2.77", 40000)
        transports = [ASGITransport(each, client=address) for each in (browser_app(browser), other)]
        first, second = (AsyncClient(transport=each, base_url="http://auth") for each in transports)
        browser.auth = first
        begun = await browser.begin()
        browser.auth = second
        await browser.post(browser.provider.answer(begun.asked))
        browser.auth = first
        assert (await browser.token(begun.session_id)).status_code == 200


def browser_app(browser: Any) -> ASGIApp:
    transport: ASGITransport = browser.auth._transport
    return transport.app


async def test_the_address_that_asked_is_the_one_that_brings_the_response(
    browser: Any, config: Any, ada: Any, client_at: Any, settings: AuthSettings
) -> None:
    """Whoever has somebody else follow his link does not get that one's token."""
    begun = await browser.begin()
    elsewhere = client_at("203.0.113.77")
    form = {"SAMLResponse": browser.provider.answer(begun.asked)}
    refused = await elsewhere.post("/0.1/saml/acs", data=form)
    assert (refused.status_code, refused.headers["Location"]) == (303, FAILED)
    assert (await browser.token(begun.session_id)).status_code == 401
    lenient = settings.model_copy(update={"saml_same_address": False})
    async with running(create_auth_app(lenient)) as app:
        transport = ASGITransport(app, client=("203.0.113.77", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth") as elsewhere:
            taken = await elsewhere.post("/0.1/saml/acs", data=form)
    assert (taken.status_code, taken.headers["Location"]) == (303, BACK)
    assert (await browser.token(begun.session_id)).status_code == 200


@pytest.mark.parametrize(
    ("field", "attribute", "said"),
    [
        ("email", None, "ADA@example.org"),
        ("email", "mail", "ada@example.org"),
        ("username", "uid", "ADA"),
        ("uuid", "urn:oid:1", "the uuid"),
    ],
)
async def test_which_attribute_names_the_user_may_be_chosen(
    field: str, attribute: str | None, said: str, browser: Any, config: Any, ada: Any,
    client: AsyncClient, admin: Any,
) -> None:  # fmt: skip
    chosen = {"user_field": field, "user_attribute": attribute}
    put = await client.put("/0.1/backends/saml", json=chosen, headers=admin)
    assert put.status_code == 200, put.text
    said = str(ada.uuid) if said == "the uuid" else said
    begun = await browser.begin()
    attributes = {attribute: [said]} if attribute else {}
    name = "4711" if attribute else said
    await browser.post(browser.provider.answer(begun.asked, name, attributes=attributes))
    granted = await browser.token(begun.session_id)
    assert granted.status_code == 200, granted.text
    assert granted.json()["data"]["auth_id"] == str(ada.uuid)


async def test_auths_own_users_come_after_telephony_users(
    browser: Any, config: Any, save: Any, sessions: Sessions
) -> None:
    own = await save(Account(kind="user", name="eve", login="eve"))
    eve = AccountEmail(account_id=own.id, address="eve@example.org", main=True, confirmed=False)
    await save(eve)
    begun = await browser.begin()
    await browser.post(browser.provider.answer(begun.asked, "eve@example.org"))
    assert (await browser.token(begun.session_id)).status_code == 401, "nobody proved it to be hers"
    async with sessions.begin() as session:
        await session.execute(update(AccountEmail).values(confirmed=True))
    data = await browser.logged_in("Eve@example.org")
    assert data["auth_id"] == str(own.uuid), "without any password"
    user = await save(a_user(username="e", email="eve@example.org", cti_enabled=True))
    data = await browser.logged_in("eve@example.org")
    assert data["auth_id"] == str(user.uuid)


async def test_administrators_and_programs_do_not_come_in_by_saml(
    browser: Any, config: Any, save: Any
) -> None:
    for kind in ("admin", "service"):
        account = await save(Account(kind=kind, name=kind, login=kind))
        address = f"{kind}@example.org"
        await save(AccountEmail(account_id=account.id, address=address, main=True, confirmed=True))
        begun = await browser.begin()
        await browser.post(browser.provider.answer(begun.asked, address))
        assert (await browser.token(begun.session_id)).status_code == 401


@pytest.mark.parametrize(
    "user",
    [
        {"email": "nobody@example.org"},
        {"cti_enabled": False},
        {"enabled": False},
    ],
    ids=str,
)
async def test_whoever_is_not_here_or_may_not_log_in_gets_no_token(
    user: dict[str, Any], browser: Any, config: Any, save: Any
) -> None:
    await save(
        a_user(**{"username": "ada", "email": "ada@example.org", "cti_enabled": True, **user})
    )
    begun = await browser.begin()
    await browser.post(browser.provider.answer(begun.asked))
    assert (await browser.token(begun.session_id)).status_code == 401


async def test_a_provider_of_an_entity_vouches_for_its_users_alone(
    browser: Any, client: AsyncClient, admin: Any, save: Any
) -> None:
    ours, theirs = await save(Entity(name="ours")), await save(Entity(name="theirs"))
    made = await client.post(
        f"/0.1/backends/saml?tenant_uuid={ours.uuid}",
        json={
            "metadata": browser.provider.metadata(), "acs_url": ACS, "domain_names": ["example.org"]
        },
        headers=admin,
    )  # fmt: skip
    assert made.status_code == 201, made.text
    stranger = a_user(
        username="ada", email="ada@example.org", cti_enabled=True, entity_id=theirs.id
    )
    await save(stranger)
    begun = await browser.begin()
    await browser.post(browser.provider.answer(begun.asked))
    assert (await browser.token(begun.session_id)).status_code == 401
    mine = await save(
        a_user(username="eva", email="eva@example.org", cti_enabled=True, entity_id=ours.id)
    )
    data = await browser.logged_in("eva@example.org")
    assert (data["auth_id"], data["metadata"]["tenant_uuid"]) == (str(mine.uuid), str(ours.uuid))


async def test_a_domain_tells_the_provider_and_one_alone_needs_none(
    browser: Any, config: Any, client: AsyncClient, admin: Any, save: Any
) -> None:
    async def status(**body: Any) -> int:
        return (await client.post("/0.1/saml/sso", json={"redirect_url": BACK, **body})).status_code

    assert await status() == await status(domain="EXAMPLE.ORG") == 200
    unknown = await client.post(
        "/0.1/saml/sso", json={"redirect_url": BACK, "domain_name": "example.net"}
    )
    assert unknown.status_code == 404
    assert unknown.json()["error_id"] == "unknown-saml-config"
    entity = await save(Entity(name="second"))
    second = TestSamlProvider("https://second.example.org", "https://second.example.org/sso")
    body = {"metadata": second.metadata(), "acs_url": ACS, "domain_names": ["second.example.org"]}
    made = await client.post(
        f"/0.1/backends/saml?tenant_uuid={entity.uuid}", json=body, headers=admin
    )
    assert made.status_code == 201, made.text
    assert await status() == 404
    begun = await browser.begin(domain_name="second.example.org")
    assert begun.location.startswith("https://second.example.org/sso?")


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.org/", "/back", "javascript:alert(1)", "data:text/html,x", "",
        "https://crm.example.org/\nSet-Cookie: x", "https://", "crm.example.org", "https://[::1",
        "https://crm.example.org/a b", "https://crm.example.org/é", "x" * 2049,
    ],
)  # fmt: skip
async def test_browsers_are_not_sent_just_anywhere(
    url: str, config: Any, client: AsyncClient
) -> None:
    answer = await client.post("/0.1/saml/sso", json={"redirect_url": url})
    assert answer.status_code == 400, answer.text


async def test_where_browsers_may_be_sent_can_be_narrowed_down(
    browser: Any, config: Any, settings: AuthSettings
) -> None:
    allowed = ("https://crm.example.org/", "crm://")
    narrow = settings.model_copy(update={"saml_redirect_urls": allowed})
    async with running(create_auth_app(narrow)) as app:
        transport = ASGITransport(app, client=("192.0.2.78", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth") as client:
            for url, status in (
                ("https://crm.example.org/x", 200),
                ("crm://back", 200),
                ("https://crm.example.org.evil.example/", 400),
                ("https://elsewhere.example.org/", 400),
            ):
                answer = await client.post("/0.1/saml/sso", json={"redirect_url": url})
                assert answer.status_code == status, url


async def test_logins_that_nobody_finishes_are_bounded(
    browser: Any, config: Any, client: AsyncClient, monkeypatch: Any
) -> None:
    monkeypatch.setattr(logins, "WAITING_MAX", 3)
    for _ in range(3):
        await browser.begin()
    answer = await client.post("/0.1/saml/sso", json={"redirect_url": BACK})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]


async def test_with_a_key_requests_are_signed(
    browser: Any, config: Any, settings: AuthSettings, tmp_path: Any
) -> None:
    ours = a_certified_key()
    (tmp_path / "key.pem").write_bytes(ours.key_pem)
    (tmp_path / "cert.pem").write_bytes(ours.certificate_pem)
    files = {"saml_key_file": f"{tmp_path}/key.pem", "saml_cert_file": f"{tmp_path}/cert.pem"}
    async with running(create_auth_app(settings.model_copy(update=files))) as app:
        transport = ASGITransport(app, client=("192.0.2.79", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth") as client:
            browser.auth = client
            begun = await browser.begin()
    signed_part, _, _ = begun.location.partition("?")[2].partition("&Signature=")
    ours.key.public_key().verify(
        b64decode(begun.asked.query["Signature"]), signed_part.encode(), PKCS1v15(), SHA256()
    )
