"""``wazo``: the users of another Ovix, XiVO or Wazo, by its confd (reference/dird.md, A8 and C)."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import httpx
import yaml
from ovix_web.bodies import text
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from ..backend import Relations, Resources, SourceFailed, SourceSettings
from ..remote_copy import CONTACTS_MAX, Fetched, RemoteCopy
from .http_source import Verify, Web, json_of

PAGE = 1000
TOKEN_S = 3600
KEY_FILE_MAX = 64 * 1024

Text = Annotated[str, text(1024)]


class Server(BaseModel):
    """Where a service of the other installation is."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    host: Annotated[str, text(255, 1)] = "localhost"
    port: int = Field(443, ge=1, le=65535)
    https: bool = True
    prefix: Annotated[str, text(255)] | None = None
    version: Annotated[str, text(16, 1)] = "1.1"
    verify_certificate: Verify = True
    timeout: float = Field(4.0, gt=0, le=60)

    @model_validator(mode="after")
    def _is_somewhere(self) -> "Server":
        try:
            self.url("")
        except httpx.InvalidURL as error:
            raise ValueError("host, port, prefix and version make no URL") from error
        return self

    def url(self, path: str) -> httpx.URL:
        """The URL of a path of the service."""
        scheme = "https" if self.https else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        prefix = (self.prefix or "").strip("/")
        base = f"{scheme}://{host}:{self.port}/{prefix + '/' if prefix else ''}{self.version}"
        return httpx.URL(f"{base}/{path}")


class AuthServer(Server):
    """Where tokens come from, and for whom."""

    version: Annotated[str, text(16, 1)] = "0.1"
    username: Text | None = None
    password: SecretStr | None = None
    key_file: Annotated[str, text(4096, 1)] | None = None
    """A YAML file with ``service_id`` and ``service_key``, in place of the two."""
    backend: Annotated[str, text(64, 1)] = "xivo_service"
    """Of the tokens; Wazo knows ``wazo_user``."""


class WazoSettings(SourceSettings):
    """Written as 2026.08 does (``auth`` and ``confd``), or as 16.16 (``confd_config``).

    Contacts are known by their ``id``, whatever ``unique_column`` says.
    """

    secrets: ClassVar[frozenset[str]] = frozenset({"auth"})
    paths: ClassVar[frozenset[str]] = frozenset({"auth.key_file"})

    auth: AuthServer | None = None
    """None: confd is asked without a token."""
    confd: Server = Server()
    extra_search_params: dict[str, Text] = Field(default_factory=dict, max_length=16)
    """Further parameters of the list of users, such as ``context``."""
    refresh: float = Field(60.0, ge=1, le=86_400)
    """Seconds after which the copy of the users is renewed."""

    @model_validator(mode="before")
    @classmethod
    def _as_16_16(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        told = dict(given)
        old = told.pop("confd_config", None)
        if isinstance(old, Mapping) and "confd" not in told:
            told["confd"] = {"port": 9486, **old}
            if old.get("username") and "auth" not in told:
                account = {key: old.get(key) for key in ("username", "password")}
                same = {key: old[key] for key in ("verify_certificate", "timeout") if key in old}
                told["auth"] = {
                    "host": old.get("host", "localhost"),
                    "port": 9497,
                    **account,
                    **same,
                }
        for name, prefix in (("auth", "/api/auth"), ("confd", "/api/confd")):
            # Behind its web server's port the services have prefixes, at their own they have none.
            part = told.get(name)
            if isinstance(part, Mapping) and part.get("port", 443) == 443:
                told[name] = {"prefix": prefix, **part}
        return told


class WazoBackend:
    """Other installations."""

    settings = WazoSettings

    async def open(self, settings: WazoSettings, resources: Resources) -> RemoteCopy:
        """Begin to fetch the users; who asks before they are there waits for them."""
        users = RemoteUsers(settings, resources.http)
        copy = RemoteCopy(
            settings,
            users.fetch,
            users.close,
            refresh_s=settings.refresh,
            results_max=resources.results_max,
        )
        copy.renew()
        return copy


class RemoteUsers:
    """Gets all users of one installation, page by page."""

    def __init__(self, settings: WazoSettings, shared: httpx.AsyncClient) -> None:
        self._settings = settings
        confd, auth = settings.confd, settings.auth
        self._confd = Web(shared, confd.verify_certificate, confd.timeout)
        self._auth = None if auth is None else Web(shared, auth.verify_certificate, auth.timeout)
        self._token: str | None = None

    async def fetch(self) -> Sequence[Fetched]:
        """Every user; raises `SourceFailed`."""
        about = await self._got("infos", {})
        xivo_id = about.get("uuid")
        users: list[Fetched] = []
        seen = 0
        while seen < CONTACTS_MAX:
            page = {"view": "directory", "limit": str(PAGE), "offset": str(seen)}
            found = await self._got("users", {**self._settings.extra_search_params, **page})
            items, total = found.get("items"), found.get("total")
            if not isinstance(items, list):
                raise SourceFailed("confd answers no list of users")
            users += [_user(item, xivo_id) for item in items if isinstance(item, dict)]
            seen += len(items)
            if not items or not isinstance(total, int) or seen >= total:
                break
        return users

    async def close(self) -> None:
        """End connections of its own."""
        await self._confd.close()
        if self._auth is not None:
            await self._auth.close()

    async def _got(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        url = self._settings.confd.url(path).copy_merge_params(dict(parameters))
        answer = await self._confd.get(url, headers=await self._headers())
        if answer.status_code == 401 and self._token is not None:
            self._token = None  # it may have been revoked; a new one tells
            answer = await self._confd.get(url, headers=await self._headers())
        return json_of(answer, "confd")

    async def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        auth = self._settings.auth
        if auth is None or self._auth is None:
            return headers
        if self._token is None:
            username, password = await _account(auth)
            answer = await self._auth.send(
                "POST",
                auth.url("token"),
                auth=httpx.BasicAuth(username, password),
                json={"backend": auth.backend, "expiration": TOKEN_S},
            )
            data = json_of(answer, "auth").get("data")
            token = data.get("token") if isinstance(data, dict) else None
            if not isinstance(token, str) or not token.isascii() or not token.isprintable():
                raise SourceFailed("auth answers no token")
            self._token = token
        return {**headers, "X-Auth-Token": self._token}


def _user(item: Mapping[str, Any], xivo_id: Any) -> Fetched:
    names = (item.get("firstname"), item.get("lastname"))
    full_name = " ".join(str(each) for each in names if each)
    number = item.get("id")
    return Fetched(
        {**item, "full_name": full_name},
        None if number is None else str(number),
        Relations(
            xivo_id=xivo_id if isinstance(xivo_id, str) else None,
            user_id=number if isinstance(number, int) else None,
            user_uuid=item.get("uuid") if isinstance(item.get("uuid"), str) else None,
            endpoint_id=item.get("line_id") if isinstance(item.get("line_id"), int) else None,
            agent_id=item.get("agent_id") if isinstance(item.get("agent_id"), int) else None,
        ),
    )


async def _account(auth: AuthServer) -> tuple[str, str]:
    if auth.key_file is None:
        password = auth.password.get_secret_value() if auth.password is not None else ""
        return auth.username or "", password
    try:
        found = await asyncio.to_thread(_key_of, Path(auth.key_file))
    except OSError as error:
        raise SourceFailed(f"the key file can't be read: {error.strerror}") from error
    except (ValueError, yaml.YAMLError) as error:
        # The error's own text has a part of the file in it.
        raise SourceFailed("the key file is not one") from error
    return found


def _key_of(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        found = yaml.safe_load(file.read(KEY_FILE_MAX))
    if not isinstance(found, dict) or not {"service_id", "service_key"} <= found.keys():
        raise ValueError("no service_id and service_key")
    return str(found["service_id"]), str(found["service_key"])
