"""How the phones' side is configured, for administrators with a token (reference/phoned.md, C2)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Request
from ovix_web import Identity, Unauthorized, access, answers
from pydantic import BaseModel

from ..settings import DirdSettings
from .networks import AuthorizedNetworks
from .vendors import VENDORS

router = APIRouter(prefix="/0.1", tags=["config"])
OTHER_PLUGINS = ("api", "blf", "config", "endpoint", "status")
"""Beside those that are named as vendors are."""


class Listener(BaseModel):
    """A port of phones."""

    enabled: bool
    listen: str
    port: int


class SecureListener(Listener):
    """The port of those that speak HTTPS; files, not what is in them."""

    certificate: str | None
    private_key: str | None


class RestApi(BaseModel):
    """Where phones ask, and who may."""

    http: Listener
    https: SecureListener
    authorized_subnets: list[str]


class DirectoryUse(BaseModel):
    """How phones use the directory."""

    default_profile: str
    timeout: float


class Manager(BaseModel):
    """An Asterisk through which phones are told."""

    host: str
    port: int
    username: str


class ConfigRead(BaseModel):
    """What is in force, without passwords."""

    debug: bool
    enabled_plugins: dict[str, bool]
    rest_api: RestApi
    dird: DirectoryUse
    amid: list[Manager]


class ConfigChange(BaseModel):
    """A step of a JSON patch (RFC 6902, 4.3); there is one thing to change."""

    op: Literal["replace"]
    path: Literal["/debug"]
    value: bool


@router.get("/config", **answers(ConfigRead))
async def get_config(
    request: Request, caller: Annotated[Identity, access("phoned.config.read")]
) -> Any:
    """The configuration in force, in the form of phoned's."""
    return await _config(request, caller)


@router.patch("/config", **answers(ConfigRead))
async def update_config(
    request: Request,
    changes: Annotated[list[ConfigChange], Body(max_length=100)],
    caller: Annotated[Identity, access("phoned.config.update")],
) -> Any:
    """Have every lookup of a phone told in the log (``/debug``), until the next start."""
    _require_installation(caller)
    for change in changes:
        request.app.state.phones_log.enabled = change.value
    return await _config(request, caller)


def _require_installation(caller: Identity) -> None:
    """The settings are those of all entities."""
    if caller.entity_id is not None:
        raise Unauthorized(reason="missing_permission")


async def _config(request: Request, caller: Identity) -> dict[str, Any]:
    _require_installation(caller)
    state = request.app.state
    settings: DirdSettings = state.settings
    networks: AuthorizedNetworks = state.networks
    certificate, key = settings.phones_certificate()
    plugins = sorted({*VENDORS, *OTHER_PLUGINS})
    accounts = settings.ami_accounts()
    return {
        "debug": state.phones_log.enabled,
        "enabled_plugins": dict.fromkeys(plugins, True),
        "rest_api": {
            "http": {
                "enabled": True,
                "listen": settings.phones_host,
                "port": settings.phones_port,
            },
            "https": {
                "enabled": certificate is not None,
                "listen": settings.phones_host,
                "port": settings.phones_tls_port,
                "certificate": certificate,
                "private_key": key,
            },
            "authorized_subnets": await networks.in_force(),
        },
        "dird": {
            "default_profile": settings.phones_default_profile,
            "timeout": settings.phones_timeout_s,
        },
        "amid": [
            {name: account[name] for name in ("host", "port", "username")} for account in accounts
        ],
    }
