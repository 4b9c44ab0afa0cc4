"""``/backends/saml``: who may name which provider, and what of its metadata is taken."""

from base64 import b64decode, b64encode
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from lxml import etree
from ovix_auth.app import create_auth_app
from ovix_auth.settings import AuthSettings
from ovix_schema import AuditRecord, Entity
from ovix_testkit.saml_provider import TestSamlProvider, a_certified_key
from ovix_web import Sessions, running
from sqlalchemy import select

URL = "/0.1/backends/saml"
ACS = "https://pbx.example.org/api/auth/0.1/saml/acs"
MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
Headers = dict[str, str]


async def test_a_configuration_lives_and_dies(
    client: AsyncClient, admin: Headers, provider: TestSamlProvider, sessions: Sessions
) -> None:
    unknown = await client.get(URL, headers=admin)
    assert unknown.status_code == 404
    assert unknown.json()["error_id"] == "unknown-saml-config"
    body = {"metadata": provider.metadata(), "acs_url": ACS, "domain_names": ["B.org", "a.org"]}
    made = await client.post(URL, json=body, headers=admin)
    assert made.status_code == 201
    shown = made.json()
    assert shown["entity_id"] == shown["acs_url"] == ACS
    assert shown["sls_url"] == ACS.replace("/acs", "/sls")
    assert (shown["domain_names"], shown["user_field"]) == (["a.org", "b.org"], "email")
    assert (shown["tenant_uuid"], shown["user_attribute"]) == (None, None)
    assert shown["idp_entity_id"] == provider.entity_id
    assert (shown["idp_sso_url"], shown["idp_slo_url"]) == (provider.sso_url, provider.slo_url)
    assert shown["idp_certificates"][0]["subject"] == "CN=idp.example.org"
    assert (await client.get(URL, headers=admin)).json() == shown
    assert (await client.post(URL, json=body, headers=admin)).status_code == 409
    changed = await client.put(
        URL, json={"entity_id": "urn:ovix", "domain_names": ["a.org", "c.org"]}, headers=admin
    )
    assert changed.status_code == 200
    assert changed.json() == {
        **shown, "entity_id": "urn:ovix", "domain_names": ["a.org", "c.org"]
    }  # fmt: skip
    assert (await client.put(URL, json={"entity_id": None}, headers=admin)).json()[
        "entity_id"
    ] == ACS
    assert (await client.delete(URL, headers=admin)).status_code == 204
    for method in ("GET", "PUT", "DELETE"):
        gone = await client.request(method, URL, json={}, headers=admin)
        assert gone.status_code == 404
    assert (await client.get(f"{URL}/metadata", headers=admin)).status_code == 404
    async with sessions() as session:
        told = (
            await session.scalars(
                select(AuditRecord.action)
                .where(AuditRecord.action.startswith("saml_config"))
                .order_by(AuditRecord.id)
            )
        ).all()
    assert told == [
        "saml_config_created", "saml_config_updated", "saml_config_updated", "saml_config_deleted"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "", "auth.backends.saml.read"),
        ("POST", "", "auth.backends.saml.create"),
        ("PUT", "", "auth.backends.saml.update"),
        ("DELETE", "", "auth.backends.saml.delete"),
        ("GET", "/metadata", "auth.backends.saml.metadata.read"),
        ("GET", "/acs_url_template", "auth.backends.saml.acs_url_template.read"),
    ],
)
async def test_each_takes_its_right(
    method: str, path: str, right: str, an_account: Any, log_in: Any, client: AsyncClient
) -> None:
    async def status(*acl: str) -> tuple[int, Any]:
        account = await an_account(acl=list(acl))
        token = (await log_in("xivo_service", account.login)).json()["data"]["token"]
        answer = await client.request(
            method, f"{URL}{path}", json={}, headers={"X-Auth-Token": token}
        )
        return answer.status_code, answer.json()

    refused, told = await status("auth.users.#", "auth.backends.saml")
    assert (refused, told["details"]["required_access"]) == (401, right)
    assert (await status(right))[0] in (200, 400, 404)
    assert (await client.request(method, f"{URL}{path}", json={})).status_code == 401


async def test_an_entitys_administrator_has_the_entitys(
    client: AsyncClient, admin: Headers, an_account: Any, log_in: Any, save: Any,
    provider: TestSamlProvider,
) -> None:  # fmt: skip
    mine, other = await save(Entity(name="mine")), await save(Entity(name="other"))
    account = await an_account(kind="admin", entity_id=mine.id)
    token = (await log_in("xivo_admin", account.login)).json()["data"]["token"]
    bound = {"X-Auth-Token": token}
    body = {"metadata": provider.metadata(), "acs_url": ACS, "domain_names": ["mine.org"]}
    made = await client.post(URL, json=body, headers=bound)
    assert (made.status_code, made.json()["tenant_uuid"]) == (201, str(mine.uuid))
    named = f"{URL}?tenant_uuid={mine.uuid}"
    assert (await client.get(named, headers=admin)).json() == made.json()
    assert (await client.get(named, headers=bound)).json() == made.json()
    for uuid in (other.uuid, "00000000-0000-4000-8000-000000000000"):
        answer = await client.get(f"{URL}?tenant_uuid={uuid}", headers=bound)
        assert answer.status_code == 401
    assert (await client.get(URL, headers=admin)).status_code == 404, "that of no entity"
    unknown = f"{URL}?tenant_uuid=00000000-0000-4000-8000-000000000000"
    assert (await client.get(unknown, headers=admin)).status_code == 400
    assert (await client.get(f"{URL}?tenant_uuid=x", headers=admin)).status_code == 400
    taken = await client.post(f"{URL}?tenant_uuid={other.uuid}", json=body, headers=admin)
    assert taken.status_code == 409
    assert taken.json()["message"] == 'The domain_names "mine.org" is already used'
    assert (await client.get(f"{URL}?tenant_uuid={other.uuid}", headers=admin)).status_code == 404


async def test_the_domain_of_another_tenant_is_refused_from_either_side(
    client: AsyncClient, admin: Headers, save: Any, provider: TestSamlProvider
) -> None:
    mine, other = await save(Entity(name="mine")), await save(Entity(name="other"))
    tenants = [f"/0.1/tenants/{each.uuid}" for each in (mine, other)]
    given = await client.put(tenants[0], json={"domain_names": ["mine.org"]}, headers=admin)
    assert given.status_code == 200, given.text
    of_mine, of_other = (f"{URL}?tenant_uuid={each.uuid}" for each in (mine, other))
    body = {"metadata": provider.metadata(), "acs_url": ACS, "domain_names": ["Mine.org"]}
    taken = await client.post(of_other, json=body, headers=admin)
    assert taken.status_code == 409
    assert taken.json()["message"] == 'The domain_names "mine.org" is already used'
    assert (await client.post(of_mine, json=body, headers=admin)).status_code == 201
    body["domain_names"] = ["other.org"]
    assert (await client.post(of_other, json=body, headers=admin)).status_code == 201
    changed = await client.put(of_other, json={"domain_names": ["mine.org"]}, headers=admin)
    assert changed.status_code == 409
    for tenant, status in zip(tenants, (409, 200), strict=True):
        answer = await client.put(tenant, json={"domain_names": ["Other.org"]}, headers=admin)
        assert answer.status_code == status
    new = {"name": "New", "domain_names": ["other.org"]}
    assert (await client.post("/0.1/tenants", json=new, headers=admin)).status_code == 409


async def test_the_provider_of_no_entity_may_have_a_tenants_domain(
    client: AsyncClient, admin: Headers, save: Any, config: Any
) -> None:
    mine = await save(Entity(name="mine"))
    body = {"domain_names": ["example.org", "mine.org"]}
    answer = await client.put(f"/0.1/tenants/{mine.uuid}", json=body, headers=admin)
    assert answer.status_code == 200, "the provider named it first"
    assert (await client.put(URL, json=body, headers=admin)).status_code == 200


def _metadata(**changes: str) -> str:
    text = TestSamlProvider(keys=[_KEY]).metadata()
    for old, new in changes.items():
        text = text.replace(_PARTS[old], new)
    return text


_KEY = a_certified_key()
_PARTS = {
    "role": "IDPSSODescriptor",
    "entity": ' entityID="https://idp.example.org/metadata"',
    "sso": "SingleSignOnService",
    "binding": "HTTP-Redirect",
    "protocol": "urn:oasis:names:tc:SAML:2.0:protocol",
    "url": "https://idp.example.org/sso",
    "slo": "https://idp.example.org/slo",
    "use": 'use="signing"',
    "declaration": '<?xml version="1.0" encoding="UTF-8"?>',
    "certificate": "<ds:X509Certificate>\n",
}


def _with_a_key_of_an_unknown_kind() -> str:
    """The provider's metadata, where the certificate's key is of an algorithm that nobody has."""
    text = _metadata()
    start, end = (text.index(mark) for mark in ("<ds:X509Certificate>", "</ds:X509Certificate>"))
    start += len("<ds:X509Certificate>")
    known, unknown = (bytes.fromhex(f"06092a864886f70d0101{end}") for end in ("01", "77"))
    before, _, after = b64decode(text[start:end]).rpartition(known)
    assert before
    return text[:start] + b64encode(before + unknown + after).decode() + text[end:]


@pytest.mark.parametrize(
    "metadata",
    [
        "", "no xml", "<a/>",
        _metadata(role="SPSSODescriptor"),
        _metadata(entity=""),
        _metadata(sso="ArtifactResolutionService"),
        _metadata(binding="HTTP-POST"),
        _metadata(protocol="urn:oasis:names:tc:SAML:1.1:protocol"),
        _metadata(url="http://idp.example.org/sso"),
        _metadata(slo="javascript:alert(1)"),
        _metadata(use='use="encryption"'),
        _metadata(certificate="<ds:X509Certificate>AAAA"),
        _metadata(declaration="<!DOCTYPE x>"),
        TestSamlProvider(keys=[a_certified_key(bits=1024)]).metadata(),
        TestSamlProvider(keys=[]).metadata(),
        TestSamlProvider(keys=[_KEY]).metadata(attributes=' WantAuthnRequestsSigned="true"'),
        _with_a_key_of_an_unknown_kind(),
        "x" * 300_000,
    ],
    ids=range(18),
)  # fmt: skip
async def test_metadata_that_can_not_be_used_is_refused(
    metadata: str, client: AsyncClient, admin: Headers
) -> None:
    made = await client.post(URL, json={"metadata": metadata, "acs_url": ACS}, headers=admin)
    assert made.status_code == 400, made.text


@pytest.mark.parametrize(
    "changes",
    [
        {"acs_url": "http://pbx.example.org/saml/acs"},
        {"acs_url": "https://pbx.example.org/saml"},
        {"acs_url": "https://pbx.example.org/?x=/acs"},
        {"acs_url": None},
        {"domain_names": ["no domain"]},
        {"domain_names": ["a." + "b" * 260]},
        {"domain_names": "example.org"},
        {"user_field": "password_hash"},
        {"user_attribute": ""},
        {"entity_id": "x" * 1025},
        {"metadata": None},
    ],
    ids=str,
)
async def test_other_wrong_values_are_refused(
    changes: dict[str, Any], client: AsyncClient, admin: Headers, provider: TestSamlProvider
) -> None:
    """Without an acs_url it is that of the request, which is not encrypted in this test."""
    good = {"metadata": provider.metadata(), "acs_url": ACS}
    made = await client.post(URL, json={**good, **changes}, headers=admin)
    assert made.status_code == 400, made.text
    assert (await client.post(URL, json=good, headers=admin)).status_code == 201
    put = await client.put(URL, json=changes, headers=admin)
    assert put.status_code == 400, put.text


async def test_metadata_as_files_have_it_is_taken(client: AsyncClient, admin: Headers) -> None:
    for metadata in (
        "\ufeff" + _metadata(),
        _metadata(declaration='<?xml version="1.0" encoding="UTF-16"?>'),
        _metadata(use=""),
        "<!-- of the provider -->\n" + _metadata(declaration=""),
        f'<md:EntitiesDescriptor xmlns:md="{MD[1:-1]}">{_metadata(declaration="")}'
        "</md:EntitiesDescriptor>",
    ):
        made = await client.post(URL, json={"metadata": metadata, "acs_url": ACS}, headers=admin)
        assert made.status_code == 201, made.text
        assert (await client.delete(URL, headers=admin)).status_code == 204


async def test_the_provider_is_told_of_us_by_metadata(
    config: Any, client: AsyncClient, admin: Headers
) -> None:
    answer = await client.get(f"{URL}/metadata", headers=admin)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/samlmetadata+xml")
    root = etree.fromstring(answer.content)
    assert root.get("entityID") == ACS
    acs = root.find(f".//{MD}AssertionConsumerService")
    assert acs is not None
    assert acs.get("Location") == ACS
    assert root[0].get("WantAssertionsSigned") == "true"
    assert root.find(f".//{MD}KeyDescriptor") is None


async def test_our_certificate_is_in_the_metadata(
    config: Any, admin: Headers, settings: AuthSettings, tmp_path: Any
) -> None:
    ours = a_certified_key()
    (tmp_path / "key.pem").write_bytes(ours.key_pem)
    (tmp_path / "cert.pem").write_bytes(ours.certificate_pem)
    files = {"saml_key_file": f"{tmp_path}/key.pem", "saml_cert_file": f"{tmp_path}/cert.pem"}
    for wrong in (
        {"saml_key_file": "/nowhere"},
        {**files, "saml_key_file": files["saml_cert_file"]},
    ):
        app = create_auth_app(settings.model_copy(update=wrong))
        assert app.state.saml_key is None
    async with running(create_auth_app(settings.model_copy(update=files))) as app:
        transport = ASGITransport(app, client=("192.0.2.81", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth") as client:
            root = etree.fromstring((await client.get(f"{URL}/metadata", headers=admin)).content)
    assert root[0].get("AuthnRequestsSigned") == "true"
    assert root.find(f".//{MD}KeyDescriptor") is not None


async def test_the_acs_url_is_told_before_there_is_a_configuration(
    client: AsyncClient, admin: Headers, settings: AuthSettings, provider: TestSamlProvider
) -> None:
    told = await client.get(f"{URL}/acs_url_template", headers=admin)
    assert told.json() == {"acs_url_template": "http://auth/0.1/saml/acs"}
    public = settings.model_copy(update={"saml_acs_url_template": ACS})
    async with running(create_auth_app(public)) as app:
        transport = ASGITransport(app, client=("192.0.2.82", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth") as elsewhere:
            told = await elsewhere.get(f"{URL}/acs_url_template", headers=admin)
            assert told.json() == {"acs_url_template": ACS}
            body = {"metadata": provider.metadata()}
            made = await elsewhere.post(URL, json=body, headers=admin)
            assert made.json()["acs_url"] == ACS


async def test_whoever_deletes_a_provider_ends_the_logins_that_wait_for_it(
    browser: Any, config: Any, ada: Any, client: AsyncClient, admin: Headers
) -> None:
    begun = await browser.begin()
    await browser.post(browser.provider.answer(begun.asked))
    assert (await client.delete(URL, headers=admin)).status_code == 204
    assert (await browser.token(begun.session_id)).status_code == 401
