"""``office365``, ``google``: address books behind OAuth 2.0 (RFC 6749), one kind with two dialects.

With ``oauth2`` the account is the source's own, and its contacts are everybody's who may look.
Without, each viewer sees those of the account that he linked in auth (reference/dird.md, C).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Self

import httpx
from pydantic import Field, model_validator

from ..backend import Linked, Resources, SourceFailed, SourceSettings, ViewerRefused
from ..remote_copy import CONTACTS_MAX, Fetched, RemoteCopy
from .http_source import Url, Verify, Web, json_of
from .oauth2_tokens import AccessTokens, LinkedAccount, OAuth2, OwnGrant
from .own_books import OwnBooks

PAGES_MAX = 500


class OAuth2Settings(SourceSettings):
    """Contacts are known by their ``id``, whatever ``unique_column`` says."""

    secrets: ClassVar[frozenset[str]] = frozenset({"oauth2"})

    oauth2: OAuth2 | None = None
    """None: the viewers' own accounts."""
    endpoint: Url
    timeout: float = Field(10.0, gt=0, le=60)
    """Seconds of one request."""
    verify_certificate: Verify = True
    refresh: float = Field(300.0, ge=10, le=86_400)
    """Seconds after which the copy of the contacts is renewed."""

    @model_validator(mode="after")
    def _sends_users_tokens_nowhere_else(self) -> Self:
        if self.oauth2 is None:
            home, wanted = (
                httpx.URL(str(each))
                for each in (type(self).model_fields["endpoint"].default, self.endpoint)
            )
            if (home.scheme, home.host, home.port) != (wanted.scheme, wanted.host, wanted.port):
                raise ValueError("without oauth2 the endpoint must be the provider's own")
            if self.verify_certificate is not True:
                raise ValueError("without oauth2 the provider's certificate must be checked")
        return self


class Office365Settings(OAuth2Settings):
    """Contacts of Microsoft Graph."""

    endpoint: Url = "https://graph.microsoft.com/v1.0/me/contacts"


class GoogleSettings(OAuth2Settings):
    """Connections of Google's People API."""

    endpoint: Url = "https://people.googleapis.com/v1/people/me/connections"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one provider lists contacts."""

    first_page: Mapping[str, str]
    """Parameters of the first request."""
    items: str
    contact: Callable[[Mapping[str, Any]], Fetched]
    next_page: Callable[[httpx.URL, Mapping[str, Any]], httpx.URL | None]


class OAuth2Backend:
    """Address books of one provider."""

    settings: type[OAuth2Settings]
    dialect: Dialect
    service: str
    """How auth calls the provider."""

    async def open(self, settings: OAuth2Settings, resources: Resources) -> RemoteCopy | OwnBooks:
        """Begin to fetch the contacts; who asks before they are there waits for them."""
        if settings.oauth2 is None:
            if resources.linked is None:
                raise SourceFailed("there are no linked accounts here")
            return OwnBooks(partial(self._linked_book, settings, resources, resources.linked))
        web = Web(resources.http, settings.verify_certificate, settings.timeout)
        return self._copy(settings, resources, web, OwnGrant(settings.oauth2, web))

    def _linked_book(
        self, settings: OAuth2Settings, resources: Resources, linked: Linked, user_uuid: str
    ) -> RemoteCopy:
        web = Web(resources.http, settings.verify_certificate, settings.timeout)
        tokens = LinkedAccount(linked, user_uuid, self.service)
        return self._copy(settings, resources, web, tokens, refused=ViewerRefused)

    def _copy(
        self,
        settings: OAuth2Settings,
        resources: Resources,
        web: Web,
        tokens: AccessTokens,
        refused: type[SourceFailed] = SourceFailed,
    ) -> RemoteCopy:
        book = AddressBook(settings, self.dialect, web, tokens, refused)
        copy = RemoteCopy(
            settings,
            book.fetch,
            web.close,
            refresh_s=settings.refresh,
            results_max=resources.results_max,
        )
        copy.renew()
        return copy


class AddressBook:
    """Gets all contacts of one account, page by page. ``refused``: raised where it is no good."""

    def __init__(
        self,
        settings: OAuth2Settings,
        dialect: Dialect,
        web: Web,
        tokens: AccessTokens,
        refused: type[SourceFailed],
    ) -> None:
        self._settings, self._dialect = settings, dialect
        self._web, self._tokens, self._refused = web, tokens, refused

    async def fetch(self) -> Sequence[Fetched]:
        """Every contact, none without an account; raises `SourceFailed`."""
        if await self._tokens.get() is None:
            return []
        home = httpx.URL(self._settings.endpoint)
        url: httpx.URL | None = home.copy_merge_params(dict(self._dialect.first_page))
        contacts: list[Fetched] = []
        for _ in range(PAGES_MAX):
            if url is None or len(contacts) >= CONTACTS_MAX:
                break
            if (url.scheme, url.host, url.port) != (home.scheme, home.host, home.port):
                # The token must not go elsewhere, whatever an answer says.
                raise SourceFailed("the next page is on another server")
            page = await self._page(url)
            items = page.get(self._dialect.items, [])
            if not isinstance(items, list):
                raise SourceFailed("the server answers no list of contacts")
            contacts += [self._dialect.contact(each) for each in items if isinstance(each, dict)]
            url = self._dialect.next_page(url, page)
        return contacts

    async def _page(self, url: httpx.URL) -> dict[str, Any]:
        answer = await self._web.send("GET", url, headers=await self._headers())
        if answer.status_code == 401:
            self._tokens.refused()  # revoked, or our clock is wrong
            answer = await self._web.send("GET", url, headers=await self._headers())
        if answer.status_code in (429, 503):
            await asyncio.sleep(_pause(answer))
            answer = await self._web.send("GET", url, headers=await self._headers())
        if answer.status_code in (401, 403):
            raise self._refused(f"contacts: the server answers {answer.status_code}")
        return json_of(answer, "contacts")

    async def _headers(self) -> dict[str, str]:
        token = await self._tokens.get()
        if token is None:
            raise self._refused("the account is linked no more")
        return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


class NumbersExcept(dict[str, list[str]]):
    """The numbers without those of one label; a label that nobody has leaves all of them."""

    def __init__(self, labelled: Sequence[tuple[str, str]]) -> None:
        labels = dict.fromkeys(label for label, _ in labelled)
        super().__init__(
            {label: [number for each, number in labelled if each != label] for label in labels}
        )
        self._all = [number for _, number in labelled]

    def __missing__(self, label: str) -> list[str]:
        return self._all


def _numbers(labelled: Sequence[tuple[str, str]]) -> dict[str, Any]:
    by_label: dict[str, str] = {}
    for label, number in labelled:
        by_label.setdefault(label, number)
    return {
        "numbers": [number for _, number in labelled],
        "numbers_by_label": by_label,
        "numbers_except_label": NumbersExcept(labelled),
    }


def _office365_contact(item: Mapping[str, Any]) -> Fetched:
    labelled: list[tuple[str, str]] = []
    for label in ("businessPhones", "mobilePhone", "homePhones"):
        held = item.get(label)
        values = held if isinstance(held, list) else [held]
        labelled += [(label, each) for each in values if isinstance(each, str) and each]
    emails = _texts(item.get("emailAddresses"), "address")
    fields = {**item, **_numbers(labelled), "emails": emails, "email": next(iter(emails), None)}
    return Fetched(fields, _text(item.get("id")))


def _office365_next(_: httpx.URL, page: Mapping[str, Any]) -> httpx.URL | None:
    link = page.get("@odata.nextLink")
    if not isinstance(link, str) or not link:
        return None
    try:
        return httpx.URL(link)
    except httpx.InvalidURL as error:
        raise SourceFailed("the next page is at no URL") from error


def _google_contact(item: Mapping[str, Any]) -> Fetched:
    name = _first(item.get("names"))
    job = _first(item.get("organizations"))
    held = item.get("phoneNumbers")
    labelled = [
        (_text(each.get("type")) or "other", number)
        for each in (held if isinstance(held, list) else [])
        if isinstance(each, dict) and (number := _text(each.get("value")))
    ]
    emails = _texts(item.get("emailAddresses"), "value")
    fields = {
        "id": item.get("resourceName"),
        "name": name.get("displayName"),
        "givenName": name.get("givenName"),
        "familyName": name.get("familyName"),
        "organization": job.get("name"),
        "title": job.get("title"),
        "emails": emails,
        "email": next(iter(emails), None),
        **_numbers(labelled),
    }
    return Fetched(fields, _text(item.get("resourceName")))


def _google_next(url: httpx.URL, page: Mapping[str, Any]) -> httpx.URL | None:
    token = page.get("nextPageToken")
    return url.copy_set_param("pageToken", token) if isinstance(token, str) and token else None


def _first(value: Any) -> Mapping[str, Any]:
    first = value[0] if isinstance(value, list) and value else None
    return first if isinstance(first, dict) else {}


def _texts(value: Any, key: str) -> list[str]:
    each = value if isinstance(value, list) else []
    return [found for one in each if isinstance(one, dict) and (found := _text(one.get(key)))]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _pause(answer: httpx.Response) -> float:
    asked = answer.headers.get("retry-after", "1")
    return min(float(asked), 5.0) if asked.isdecimal() else 1.0


class Office365Backend(OAuth2Backend):
    """Contacts of Microsoft 365."""

    settings = Office365Settings
    service = "microsoft"
    dialect = Dialect({"$top": "200"}, "value", _office365_contact, _office365_next)


class GoogleBackend(OAuth2Backend):
    """Contacts of Google."""

    settings = GoogleSettings
    service = "google"
    dialect = Dialect(
        {
            "personFields": "names,phoneNumbers,emailAddresses,organizations",
            "pageSize": "1000",
        },
        "connections",
        _google_contact,
        _google_next,
    )
