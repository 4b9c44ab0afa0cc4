"""``office365``, ``google``: address books behind OAuth 2.0 (RFC 6749), one kind with two dialects.

The account is the source's own, not the viewer's: its contacts are everybody's who may look.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import httpx
from ovix_web.bodies import text
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from ..backend import Resources, SourceFailed, SourceSettings
from ..remote_copy import CONTACTS_MAX, Fetched, RemoteCopy
from .http_source import Url, Verify, Web, json_of

PAGES_MAX = 500
EXPIRES_DEFAULT_S = 300.0
EARLY_S = 60.0
"""How long before its end a token is not used any more."""

_ERROR_CODE = re.compile(r"[a-z_]{1,64}")


class OAuth2(BaseModel):
    """How access tokens are got."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    token_url: Url
    client_id: Annotated[str, text(512, 1)]
    client_secret: SecretStr = SecretStr("")
    grant: Literal["client_credentials", "refresh_token"] = "client_credentials"
    refresh_token: SecretStr | None = None
    """Of the account whose contacts are read; its consent is given once, outside of Ovix."""
    scope: Annotated[str, text(2048)] | None = None

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "OAuth2":
        if self.grant == "refresh_token" and self.refresh_token is None:
            raise ValueError("the grant refresh_token needs a refresh_token")
        return self


class OAuth2Settings(SourceSettings):
    """Contacts are known by their ``id``, whatever ``unique_column`` says."""

    secrets: ClassVar[frozenset[str]] = frozenset({"oauth2"})

    oauth2: OAuth2
    endpoint: Url
    timeout: float = Field(10.0, gt=0, le=60)
    """Seconds of one request."""
    verify_certificate: Verify = True
    refresh: float = Field(300.0, ge=10, le=86_400)
    """Seconds after which the copy of the contacts is renewed."""


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

    async def open(self, settings: OAuth2Settings, resources: Resources) -> RemoteCopy:
        """Begin to fetch the contacts; who asks before they are there waits for them."""
        book = AddressBook(settings, self.dialect, resources.http)
        copy = RemoteCopy(
            settings,
            book.fetch,
            book.close,
            refresh_s=settings.refresh,
            results_max=resources.results_max,
        )
        copy.renew()
        return copy


class AddressBook:
    """Gets all contacts of one account, page by page."""

    def __init__(
        self,
        settings: OAuth2Settings,
        dialect: Dialect,
        shared: httpx.AsyncClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._dialect, self._clock = settings, dialect, clock
        self._web = Web(shared, settings.verify_certificate, settings.timeout)
        self._token, self._token_until = "", 0.0
        self._refresh_token = settings.oauth2.refresh_token

    async def fetch(self) -> Sequence[Fetched]:
        """Every contact; raises `SourceFailed`."""
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

    async def close(self) -> None:
        """End connections of its own."""
        await self._web.close()

    async def _page(self, url: httpx.URL) -> dict[str, Any]:
        answer = await self._web.send("GET", url, headers=await self._headers())
        if answer.status_code == 401:
            self._token_until = 0.0  # revoked, or our clock is wrong
            answer = await self._web.send("GET", url, headers=await self._headers())
        if answer.status_code in (429, 503):
            await asyncio.sleep(_pause(answer))
            answer = await self._web.send("GET", url, headers=await self._headers())
        return json_of(answer, "contacts")

    async def _headers(self) -> dict[str, str]:
        if self._clock() >= self._token_until:
            await self._get_token()
        return {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}

    async def _get_token(self) -> None:
        oauth2 = self._settings.oauth2
        form = {
            "grant_type": oauth2.grant,
            "client_id": oauth2.client_id,
            "client_secret": oauth2.client_secret.get_secret_value(),
        }
        if oauth2.scope:
            form["scope"] = oauth2.scope
        if oauth2.grant == "refresh_token" and self._refresh_token is not None:
            form["refresh_token"] = self._refresh_token.get_secret_value()
        answer = await self._web.send("POST", httpx.URL(oauth2.token_url), data=form)
        if answer.status_code != 200:
            raise SourceFailed(f"no access token: {_refusal(answer)}")
        told = json_of(answer, "token")
        token, lasts = told.get("access_token"), told.get("expires_in", EXPIRES_DEFAULT_S)
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise SourceFailed("no access token in the answer")
        try:
            lasts_s = float(lasts)
        except (TypeError, ValueError):
            lasts_s = EXPIRES_DEFAULT_S
        self._token, self._token_until = token, self._clock() + max(lasts_s - EARLY_S, 1.0)
        if isinstance(newer := told.get("refresh_token"), str):
            # Some providers give a new one each time, and forget the old one (RFC 6749, 6).
            self._refresh_token = SecretStr(newer)


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


def _refusal(answer: httpx.Response) -> str:
    """The code of the refusal (RFC 6749, 5.2), never its text: that may repeat what we sent."""
    try:
        code = answer.json().get("error")
    except (ValueError, AttributeError):
        code = None
    known = isinstance(code, str) and _ERROR_CODE.fullmatch(code)
    return f"{code}" if known else f"the server answers {answer.status_code}"


class Office365Backend(OAuth2Backend):
    """Contacts of Microsoft 365."""

    settings = Office365Settings
    dialect = Dialect({"$top": "200"}, "value", _office365_contact, _office365_next)


class GoogleBackend(OAuth2Backend):
    """Contacts of Google."""

    settings = GoogleSettings
    dialect = Dialect(
        {
            "personFields": "names,phoneNumbers,emailAddresses,organizations",
            "pageSize": "1000",
        },
        "connections",
        _google_contact,
        _google_next,
    )
