"""Back ends come from entry points; one that is broken harms nobody else."""

from importlib.metadata import EntryPoint
from typing import Any

from httpx import ASGITransport, AsyncClient
from ovix_auth import app as auth_app
from ovix_auth.backends import GROUP, LoginRequest, Refused, Surroundings
from ovix_auth.backends.loading import load
from ovix_auth.holders import Holder
from ovix_auth.settings import AuthSettings
from ovix_schema import User
from ovix_testkit.builders import a_user
from ovix_web import Sessions, running
from sqlalchemy import func, select


class Badge:
    """A back end of somebody else's, that takes a number of the body instead of a password."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._sessions = surroundings.sessions

    async def verify(self, login: str, password: str, request: LoginRequest) -> Holder:
        if request.extras.get("badge") != 42:
            raise Refused("unknown_badge")
        async with self._sessions() as session:
            user = (await session.scalars(select(User).where(User.username == "alice"))).one()
        return Holder(str(user.uuid), None, ("foo.bar",), user_uuid=user.uuid)


def broken(surroundings: Surroundings) -> Badge:
    raise ValueError("no section 'badge' in the settings")


def _offered(name: str, value: str = "") -> EntryPoint:
    return EntryPoint(name, value or f"{__name__}:Badge", GROUP)


FOUND = (
    _offered("badge"),
    _offered("broken", f"{__name__}:broken"),
    _offered("gone", "no_such_package:backend"),
)


async def test_a_back_end_of_another_package_proves_logins_its_own_way(
    settings: AuthSettings, save: Any, monkeypatch: Any
) -> None:
    await save(a_user(username="alice", password_hash="x", cti_enabled=True))
    monkeypatch.setattr(auth_app, "load", lambda surroundings: load(surroundings, FOUND))
    async with running(auth_app.create_auth_app(settings)) as app:
        transport = ASGITransport(app, client=("192.0.2.250", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth") as client:
            named = await client.get("/0.1/backends")
            assert named.json() == {"data": ["badge", "broken", "gone"]}
            token = await client.post("/0.1/token", json={"backend": "badge", "badge": 42})
            assert token.status_code == 200
            assert token.json()["data"]["acls"] == ["foo.bar"]
            for body in (
                {"backend": "badge"},
                {"backend": "badge", "badge": 41},
                {"backend": "broken", "badge": 42},
                {"backend": "gone"},
            ):
                refused = await client.post("/0.1/token", json=body)
                assert refused.status_code == 401
                assert refused.json()["reason"] == ["Authentication Failed"]


async def test_a_back_end_that_is_away_is_nobodys_guess(
    sessions: Sessions, settings: AuthSettings, clean_database: str, monkeypatch: Any
) -> None:
    from ovix_schema import LoginFailure

    monkeypatch.setattr(auth_app, "load", lambda surroundings: load(surroundings, FOUND))
    async with running(auth_app.create_auth_app(settings)) as app:
        transport = ASGITransport(app, client=("192.0.2.251", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth") as client:
            for _ in range(30):
                refused = await client.post(
                    "/0.1/token", json={"backend": "broken"}, auth=("alice", "x")
                )
                assert refused.status_code == 401
    async with sessions() as session:
        assert not await session.scalar(select(func.count()).select_from(LoginFailure))


def test_only_the_enabled_back_ends_are_loaded_and_one_that_is_missing_is_named(
    settings: AuthSettings,
) -> None:
    only = settings.model_copy(update={"enabled_backends": ("badge", "ldap_user")})
    unused: Any = None
    assert list(load(Surroundings(unused, only), FOUND)) == ["badge", "ldap_user"]
