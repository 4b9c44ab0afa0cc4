"""``wazo``: users of another installation, by a double of its auth and confd."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from ovix_dird.backend import Resources, SourceFailed, Viewer
from ovix_dird.backends.wazo import PAGE, WazoBackend, WazoSettings
from ovix_dird.remote_copy import RemoteCopy

FRENCH = Viewer(country="FR")
ACCOUNT = {"username": "dird", "password": "s3cret"}


def a_user(number: int, first: str = "Élodie", last: str | None = "Dupont") -> dict[str, Any]:
    return {
        "id": number,
        "uuid": f"00000000-0000-4000-8000-{number:012}",
        "line_id": number + 100,
        "agent_id": None,
        "firstname": first,
        "lastname": last,
        "email": None,
        "exten": f"{1000 + number}",
        "mobile_phone_number": "06 12 34 56 78" if number == 1 else None,
    }


@dataclass
class Installation:
    """auth and confd of a XiVO, in memory."""

    users: list[dict[str, Any]] = field(default_factory=lambda: [a_user(1), a_user(2, "Bob", None)])
    tokens: set[str] = field(default_factory=set)
    asked: list[httpx.URL] = field(default_factory=list)
    given: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        if request.url.path.endswith("/token"):
            return self._token(request)
        if request.headers.get("X-Auth-Token") not in self.tokens:
            return httpx.Response(401, json={"reason": ["Unauthorized"]})
        if request.url.path.endswith("/infos"):
            return httpx.Response(200, json={"uuid": "the-other-one"})
        limit, offset = (int(request.url.params[each]) for each in ("limit", "offset"))
        page = self.users[offset : offset + limit]
        return httpx.Response(200, json={"total": len(self.users), "items": page})

    def _token(self, request: httpx.Request) -> httpx.Response:
        right = httpx.BasicAuth("dird", "s3cret")
        expected = next(right.auth_flow(httpx.Request("POST", request.url)))
        if request.headers.get("Authorization") != expected.headers["Authorization"]:
            return httpx.Response(401, json={})
        self.given += 1
        self.tokens.add(f"token-{self.given}")
        return httpx.Response(200, json={"data": {"token": f"token-{self.given}"}})


def settings_of(**more: Any) -> WazoSettings:
    return WazoSettings.model_validate(
        {
            "name": "other",
            "auth": {"host": "other.example", "port": 9497, **ACCOUNT},
            "confd": {"host": "other.example", "port": 9486},
            "searched_columns": ["firstname", "lastname", "exten"],
            "first_matched_columns": ["exten", "mobile_phone_number"],
            "format_columns": {"name": "{firstname} {lastname}", "phone": "{exten}"},
            **more,
        }
    )


@asynccontextmanager
async def opened(
    resources: Resources, server: Callable[[httpx.Request], httpx.Response], **more: Any
) -> AsyncIterator[RemoteCopy]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(server)) as client:
        source = await WazoBackend().open(settings_of(**more), replace(resources, http=client))
        yield source
        await source.close()


async def test_users_carry_what_presence_is_known_by(resources: Resources) -> None:
    async with opened(resources, Installation()) as source:
        [found] = await source.search("elodie dup", FRENCH)
    assert found.fields["name"] == "Élodie Dupont"
    assert found.fields["full_name"] == "Élodie Dupont"
    assert found.entry_id == "1"
    assert found.relations.xivo_id == "the-other-one"
    assert (found.relations.user_id, found.relations.endpoint_id) == (1, 101)
    assert found.relations.user_uuid == "00000000-0000-4000-8000-000000000001"
    assert found.relations.agent_id is None


async def test_numbers_are_found_however_they_are_written(resources: Resources) -> None:
    async with opened(resources, Installation()) as source:
        hit = await source.first_match("+33612345678", FRENCH)
        assert hit is not None
        assert hit.entry_id == "1"
        assert set(await source.first_matches(["1002", "9"], FRENCH)) == {"1002"}


async def test_all_pages_are_fetched(resources: Resources) -> None:
    other = Installation(users=[a_user(number) for number in range(1, 2 * PAGE + 2)])
    async with opened(resources, other) as source:
        assert await source.first_match(f"{1000 + 2 * PAGE + 1}", FRENCH) is not None
    pages = [url.params["offset"] for url in other.asked if url.path.endswith("/users")]
    assert pages == ["0", f"{PAGE}", f"{2 * PAGE}"]


async def test_a_revoked_token_is_replaced_once(resources: Resources) -> None:
    other = Installation()
    async with opened(resources, other) as source:
        await source.search("", FRENCH)
        other.tokens.clear()
        await source.renew()
        assert other.given == 2


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        (
            {
                "auth": {
                    "host": "other.example",
                    "port": 9497,
                    "username": "x",
                    "password": "s3cret",
                }
            },
            "auth: the server answers 401",
        ),
        ({"auth": None}, "confd: the server answers 401"),
    ],
)
async def test_a_refused_account_is_told_without_its_password(
    resources: Resources, changed: dict[str, Any], cause: str
) -> None:
    async with opened(resources, Installation(), **changed) as source:
        with pytest.raises(SourceFailed, match=cause) as failed:
            await source.search("x", FRENCH)
    assert "s3cret" not in str(failed.value)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"data": "x", "items": "many"}),
        httpx.Response(200, json={"data": {"token": "a\r\nb"}}),
        httpx.Response(503),
    ],
)
async def test_what_is_no_installation_is_told(
    resources: Resources, answer: httpx.Response
) -> None:
    async with opened(resources, lambda _: answer) as source:
        with pytest.raises(SourceFailed):
            await source.search("x", FRENCH)


async def test_odd_users_are_no_reason_to_fail(resources: Resources) -> None:
    odd: list[Any] = [{}, {"id": None, "uuid": 7, "line_id": "x"}, "text", a_user(3)]
    async with opened(resources, Installation(users=odd)) as source:
        found = await source.search("", FRENCH)
    assert [each.entry_id for each in found] == [None, None, "3"]


def test_settings_of_16_16_are_read_too() -> None:
    old = {
        "name": "other",
        "confd_config": {"host": "xivo.example", "verify_certificate": False, **ACCOUNT},
    }
    settings = WazoSettings.model_validate(old)
    assert str(settings.confd.url("users")) == "https://xivo.example:9486/1.1/users"
    assert settings.auth is not None
    assert str(settings.auth.url("token")) == "https://xivo.example:9497/0.1/token"
    assert settings.auth.verify_certificate is False


@pytest.mark.parametrize("host", ["a b", "[", "a\x00", "é" * 64, "a@b:99999999"])
def test_a_host_that_is_none_is_refused_or_only_not_found(host: str) -> None:
    try:
        settings = settings_of(confd={"host": host})
    except ValueError:
        return
    assert settings.confd.url("users").path.endswith("/users")


def test_behind_a_web_server_services_have_prefixes() -> None:
    settings = settings_of(auth={"host": "w.example"}, confd={"host": "w.example"})
    assert settings.auth is not None
    assert str(settings.auth.url("token")) == "https://w.example/api/auth/0.1/token"
    assert str(settings.confd.url("users")) == "https://w.example/api/confd/1.1/users"


async def test_a_key_file_is_read_in_place_of_a_password(
    tmp_path: Path, resources: Resources
) -> None:
    def auth(key_file: Path) -> dict[str, Any]:
        return {"auth": {"host": "other.example", "port": 9497, "key_file": str(key_file)}}

    good, bad = tmp_path / "good.yml", tmp_path / "bad.yml"
    good.write_text("service_id: dird\nservice_key: s3cret\n")
    bad.write_text("s3cret: [")
    async with opened(resources, Installation(), **auth(good)) as source:
        assert len(await source.search("", FRENCH)) == 2
    for wrong, cause in ((bad, "not one"), (tmp_path / "none.yml", "No such file")):
        async with opened(resources, Installation(), **auth(wrong)) as source:
            with pytest.raises(SourceFailed, match=cause) as failed:
                await source.search("", FRENCH)
            assert "s3cret" not in str(failed.value)


def test_passwords_are_in_no_text_of_the_settings() -> None:
    assert "s3cret" not in repr(settings_of())
