"""``office365`` and ``google``, by doubles of their token and contact services."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from ovix_dird.backend import Resources, SourceFailed, Viewer
from ovix_dird.backends.oauth2 import GoogleBackend, OAuth2Backend, Office365Backend
from ovix_dird.remote_copy import RemoteCopy

FRENCH = Viewer(country="FR")
OAUTH2 = {
    "token_url": "https://login.example/token",
    "client_id": "ovix",
    "client_secret": "s3cret",
    "grant": "refresh_token",
    "refresh_token": "r3fresh-1",
    "scope": "contacts",
}
MICROSOFT = [
    {
        "id": "AAA=",
        "givenName": "Élodie",
        "surname": "Dupont",
        "mobilePhone": "+33 6 12 34 56 78",
        "businessPhones": ["01 23 45 67 89", None],
        "homePhones": [],
        "emailAddresses": [{"address": "e@example.org"}, {}],
    },
    {
        "id": "BBB=",
        "givenName": "Bob",
        "surname": None,
        "mobilePhone": None,
        "businessPhones": None,
    },
]
GOOGLE = [
    {
        "resourceName": "people/c1",
        "names": [{"displayName": "Élodie Dupont", "givenName": "Élodie", "familyName": "Dupont"}],
        "phoneNumbers": [
            {"value": "06 12 34 56 78", "type": "mobile"},
            {"value": "0123456789"},
        ],
        "emailAddresses": [{"value": "e@example.org"}],
    },
    {
        "resourceName": "people/c2",
        "names": "odd",
        "phoneNumbers": [{"value": "1002", "type": "work"}],
    },
]
COLUMNS: dict[type[OAuth2Backend], dict[str, Any]] = {
    Office365Backend: {
        "searched_columns": ["givenName", "surname", "businessPhones", "homePhones", "mobilePhone"],
        "first_matched_columns": ["businessPhones", "mobilePhone", "homePhones"],
        "format_columns": {
            "name": "{givenName} {surname}",
            "phone_mobile": "{mobilePhone}",
            "phone": "{numbers_except_label[mobilePhone][0]}",
        },
    },
    GoogleBackend: {
        "searched_columns": ["name", "numbers", "familyName", "givenName"],
        "first_matched_columns": ["numbers"],
        "format_columns": {
            "name": "{name}",
            "phone_mobile": "{numbers_by_label[mobile]}",
            "phone": "{numbers_except_label[mobile][0]}",
        },
    },
}
BOTH = pytest.mark.parametrize("backend", [Office365Backend, GoogleBackend])


@dataclass
class Provider:
    """Token and contact services of both kinds, in memory."""

    tokens: int = 0
    valid: set[str] = field(default_factory=set)
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)
    expires_in: Any = 3600
    next_host: str = "graph.microsoft.com"
    refusal: httpx.Response | None = None
    busy: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.example":
            return self._token(request)
        self.asked.append(request)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.valid:
            return httpx.Response(401)
        if self.busy:
            self.busy -= 1
            return httpx.Response(429, headers={"Retry-After": "0"})
        second = "page" in request.url.params or "pageToken" in request.url.params
        if request.url.host == "graph.microsoft.com":
            page: dict[str, Any] = {"value": MICROSOFT[1:] if second else MICROSOFT[:1]}
            if not second:
                page["@odata.nextLink"] = f"https://{self.next_host}/v1.0/me/contacts?page=2"
            return httpx.Response(200, json=page)
        page = {"connections": GOOGLE[1:] if second else GOOGLE[:1]}
        return httpx.Response(200, json=page if second else {**page, "nextPageToken": "p 2"})

    def _token(self, request: httpx.Request) -> httpx.Response:
        self.forms.append(parse_qs(request.content.decode()))
        if self.refusal is not None:
            return self.refusal
        self.tokens += 1
        self.valid.add(f"access-{self.tokens}")
        told = {"access_token": f"access-{self.tokens}", "expires_in": self.expires_in}
        return httpx.Response(200, json={**told, "refresh_token": f"r3fresh-{self.tokens + 1}"})


@asynccontextmanager
async def opened(
    resources: Resources,
    backend: type[OAuth2Backend],
    provider: Callable[[httpx.Request], httpx.Response],
    **more: Any,
) -> AsyncIterator[RemoteCopy]:
    settings = backend.settings.model_validate(
        {"name": "cloud", "oauth2": OAUTH2, **COLUMNS[backend], **more}
    )
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider)) as client:
        source = await backend().open(settings, replace(resources, http=client))
        assert isinstance(source, RemoteCopy)
        yield source
        await source.close()


@BOTH
async def test_contacts_of_every_page_are_found_by_name_and_number(
    resources: Resources, backend: type[OAuth2Backend]
) -> None:
    async with opened(resources, backend, Provider()) as source:
        [found] = await source.search("dupont elodie", FRENCH)
        assert found.fields["name"] == "Élodie Dupont"
        assert found.fields["phone_mobile"].replace(" ", "") in ("0612345678", "+33612345678")
        assert found.fields["phone"].replace(" ", "") == "0123456789"
        assert found.fields["email"] == "e@example.org"
        hit = await source.first_match("0033612345678", FRENCH)
        assert hit is not None
        assert hit.entry_id == found.entry_id
        assert [each.entry_id for each in await source.contacts([hit.entry_id or ""], FRENCH)]
        assert len(await source.search("", FRENCH)) == 2


async def test_a_contact_without_a_mobile_has_its_other_numbers(resources: Resources) -> None:
    async with opened(resources, GoogleBackend, Provider()) as source:
        hit = await source.first_match("1002", FRENCH)
        assert hit is not None
        assert (hit.fields["phone"], hit.fields["phone_mobile"]) == ("1002", None)


@BOTH
async def test_a_token_is_used_until_it_ends_and_the_newest_refresh_token_gets_the_next(
    resources: Resources, backend: type[OAuth2Backend]
) -> None:
    provider = Provider()
    async with opened(resources, backend, provider) as source:
        await source.search("", FRENCH)
        await source.renew()
        assert provider.tokens == 1
        provider.valid.clear()
        await source.renew()
        assert provider.tokens == 2
    assert [form["refresh_token"] for form in provider.forms] == [["r3fresh-1"], ["r3fresh-2"]]
    assert provider.forms[0]["grant_type"] == ["refresh_token"]
    assert provider.forms[0]["client_secret"] == ["s3cret"]


async def test_an_application_may_have_a_token_of_its_own(resources: Resources) -> None:
    provider = Provider()
    own = {key: OAUTH2[key] for key in ("token_url", "client_id", "client_secret", "scope")}
    async with opened(resources, Office365Backend, provider, oauth2=own) as source:
        assert len(await source.search("", FRENCH)) == 2
    [form] = provider.forms
    assert form["grant_type"] == ["client_credentials"]
    assert "refresh_token" not in form


async def test_a_busy_provider_is_asked_once_more(resources: Resources) -> None:
    async with opened(resources, GoogleBackend, Provider(busy=1)) as source:
        assert len(await source.search("", FRENCH)) == 2


async def test_the_token_goes_to_no_other_server(resources: Resources) -> None:
    provider = Provider(next_host="evil.example")
    async with opened(resources, Office365Backend, provider) as source:
        with pytest.raises(SourceFailed, match="another server"):
            await source.search("", FRENCH)
    assert {request.url.host for request in provider.asked} == {"graph.microsoft.com"}


async def test_a_next_page_at_no_url_is_told(resources: Resources) -> None:
    async with opened(resources, Office365Backend, Provider(next_host="a b\x00:x")) as source:
        with pytest.raises(SourceFailed, match="no URL"):
            await source.search("", FRENCH)


@pytest.mark.parametrize(
    ("refusal", "cause"),
    [
        (httpx.Response(400, json={"error": "invalid_grant"}), "invalid_grant"),
        (httpx.Response(400, json={"error": "s3cret r3fresh-1!"}), "answers 400"),
        (httpx.Response(400, json=["s3cret"]), "answers 400"),
        (httpx.Response(500, text="s3cret"), "answers 500"),
        (httpx.Response(200, json={"access_token": None}), "no access token"),
        (httpx.Response(200, json={"access_token": "a\r\nX: y"}), "no access token"),
    ],
)
async def test_a_refused_token_is_told_without_secrets(
    resources: Resources, refusal: httpx.Response, cause: str
) -> None:
    async with opened(resources, GoogleBackend, Provider(refusal=refusal)) as source:
        with pytest.raises(SourceFailed, match=cause) as failed:
            await source.search("", FRENCH)
    assert "s3cret" not in str(failed.value)
    assert "r3fresh" not in str(failed.value)


@pytest.mark.parametrize("expires_in", ["3600", "soon", None, -5])
async def test_odd_lifetimes_of_tokens_are_no_reason_to_fail(
    resources: Resources, expires_in: Any
) -> None:
    async with opened(resources, GoogleBackend, Provider(expires_in=expires_in)) as source:
        assert len(await source.search("", FRENCH)) == 2


def test_secrets_are_in_no_text_of_the_settings() -> None:
    settings = GoogleBackend.settings.model_validate({"name": "g", "oauth2": OAUTH2})
    assert "s3cret" not in repr(settings)
    assert "r3fresh" not in repr(settings)


def test_a_refresh_token_is_needed_where_it_is_used() -> None:
    without = {key: value for key, value in OAUTH2.items() if key != "refresh_token"}
    with pytest.raises(ValueError, match="needs a refresh_token"):
        GoogleBackend.settings.model_validate({"name": "g", "oauth2": without})
