"""``office365`` and ``google`` without an account of their own: each viewer sees his contacts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from ovix_dird.backend import Resources, SourceFailed, Viewer, ViewerRefused
from ovix_dird.backends import own_books
from ovix_dird.backends.oauth2 import GoogleBackend, OAuth2Backend, Office365Backend
from ovix_dird.backends.own_books import OwnBooks
from ovix_dird.linked_accounts import LinkedAccounts
from ovix_web.own_token import OwnToken

ADA, BOB, EVE = (str(uuid4()) for _ in range(3))
COLUMNS = {
    "searched_columns": ["givenName"],
    "first_matched_columns": ["numbers"],
    "format_columns": {"name": "{givenName}"},
}


def _viewer(user: str | None) -> Viewer:
    return Viewer(user_uuid=user, country="FR")


@dataclass
class World:
    """auth, which knows whose account is linked, and both providers' contacts."""

    accounts: dict[str, str] = field(default_factory=lambda: {ADA: "a-token", BOB: "b-token"})
    asked_auth: list[str] = field(default_factory=list)
    tokens_seen: list[str] = field(default_factory=list)
    auth_answer: httpx.Response | None = None
    own: str = "own-1"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "auth":
            return self._auth(request)
        assert request.url.host in ("people.googleapis.com", "graph.microsoft.com")
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.tokens_seen.append(token)
        if token not in self.accounts.values():
            return httpx.Response(401)
        name = f"friend of {token[0]}"
        if request.url.host == "graph.microsoft.com":
            contact = {"id": f"m{token}", "givenName": name, "mobilePhone": "0612345678"}
            return httpx.Response(200, json={"value": [contact]})
        person = {
            "resourceName": f"people/{token}",
            "names": [{"givenName": name}],
            "phoneNumbers": [{"value": "0612345678"}],
        }
        return httpx.Response(200, json={"connections": [person]})

    def _auth(self, request: httpx.Request) -> httpx.Response:
        self.asked_auth.append(request.url.path)
        if self.auth_answer is not None:
            return self.auth_answer
        if request.headers["X-Auth-Token"] != self.own:
            return httpx.Response(401, json={})
        user = request.url.path.split("/")[3]
        if user not in self.accounts:
            return httpx.Response(404, json={"error_id": "unknown-external-auth"})
        return httpx.Response(200, json={"access_token": self.accounts[user]})


class Minted:
    """Tokens of dird's own, without a database."""

    def __init__(self) -> None:
        self.number = 1

    async def get(self) -> str:
        return f"own-{self.number}"

    def refused(self, token: str) -> None:
        self.number += 1


@asynccontextmanager
async def opened(
    resources: Resources, world: World, backend: type[OAuth2Backend] = GoogleBackend
) -> AsyncIterator[OwnBooks]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(world)) as client:
        linked = LinkedAccounts("http://auth:9497/", cast(OwnToken, Minted()), client, 60)
        settings = backend.settings.model_validate({"name": "own", **COLUMNS})
        source = await backend().open(settings, replace(resources, http=client, linked=linked))
        assert isinstance(source, OwnBooks)
        yield source
        await source.close()


@pytest.mark.parametrize(
    ("backend", "service"), [(GoogleBackend, "google"), (Office365Backend, "microsoft")]
)
async def test_each_viewer_sees_the_contacts_of_the_account_that_he_linked(
    backend: type[OAuth2Backend], service: str, resources: Resources
) -> None:
    world = World()
    async with opened(resources, world, backend) as source:
        for user, name in ((ADA, "friend of a"), (BOB, "friend of b")):
            [found] = await source.search("friend", _viewer(user))
            assert found.fields["name"] == name
            hit = await source.first_match("0612345678", _viewer(user))
            assert hit is not None
            assert hit.fields["name"] == name
            [kept] = await source.contacts([found.entry_id or ""], _viewer(user))
            assert kept.fields["name"] == name
            many = await source.first_matches(["0612345678"], _viewer(user))
            assert many["0612345678"].fields["name"] == name
    assert world.asked_auth == [f"/0.1/users/{user}/external/{service}" for user in (ADA, BOB)]


async def test_who_has_linked_none_and_who_is_no_user_sees_nothing(resources: Resources) -> None:
    world = World()
    async with opened(resources, world) as source:
        for user in (EVE, None, "a-program"):
            assert list(await source.search("", _viewer(user))) == []
            assert await source.first_match("0612345678", _viewer(user)) is None
            assert dict(await source.first_matches(["0612345678"], _viewer(user))) == {}
            assert list(await source.contacts(["people/a-token"], _viewer(user))) == []
    assert world.tokens_seen == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503, json={}),
        httpx.Response(404, json={"message": "Not Found"}),
        httpx.Response(200, json={"access_token": "a\r\nb"}),
        httpx.Response(200, json=[]),
        httpx.Response(200, content=b"{" * 70_000),
        httpx.Response(401, json={}),
    ],
)
async def test_an_auth_that_is_out_of_order_is_told_as_a_failure(
    answer: httpx.Response, resources: Resources
) -> None:
    async with opened(resources, World(auth_answer=answer)) as source:
        with pytest.raises(SourceFailed, match="auth"):
            await source.search("", _viewer(ADA))


async def test_a_token_of_dirds_own_that_was_swept_away_is_replaced(resources: Resources) -> None:
    async with opened(resources, World(own="own-2")) as source:
        assert len(await source.search("", _viewer(ADA))) == 1


async def test_few_copies_are_kept(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_books, "BOOKS_MAX", 1)
    world = World()
    async with opened(resources, world) as source:
        for user in (ADA, BOB, ADA):
            assert len(await source.search("", _viewer(user))) == 1
    assert len(world.asked_auth) == 3


@pytest.mark.parametrize(
    "more",
    [
        {"endpoint": "https://evil.example/v1/people"},
        {"endpoint": "http://people.googleapis.com/v1/people/me/connections"},
        {"verify_certificate": False},
        {"verify_certificate": "/tmp/ca.pem"},
    ],
)
def test_users_tokens_go_to_the_provider_alone(more: dict[str, Any]) -> None:
    """Who configures a source must not be able to have them sent to himself."""
    with pytest.raises(ValueError, match="without oauth2"):
        GoogleBackend.settings.model_validate({"name": "own", **more})


async def test_a_grant_that_one_user_withdrew_costs_nobody_else_anything(
    resources: Resources,
) -> None:
    world = World()
    async with opened(resources, world) as source:
        world.auth_answer = httpx.Response(400, json={})
        with pytest.raises(ViewerRefused):
            await source.search("", _viewer(EVE))
        world.auth_answer = httpx.Response(200, json={"access_token": "withdrawn"})
        with pytest.raises(ViewerRefused):
            await source.search("", _viewer(BOB))
        world.auth_answer = httpx.Response(503, json={})
        with pytest.raises(SourceFailed) as failure:
            await source.search("", _viewer(ADA))
        assert not isinstance(failure.value, ViewerRefused)
