"""Who may use provd: holders of a token of no entity; confd and DHCP servers, by their keys."""

from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from fastapi import Depends, Request
from ovix_web import Identity, Unauthorized
from ovix_web.tokens import Access, token_of
from pydantic import SecretStr

LEASES = "provd.dev_mgr.dhcpinfo.create"
"""The one thing that DHCP servers may do."""


@dataclass(frozen=True)
class Caller:
    """Who asks; None: another service of this installation."""

    identity: Identity | None


class ProvdAccess(Access):
    """Demands a token that grants the scope, or the key of the installation's own services."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        """The caller, or `Unauthorized`."""
        settings = request.app.state.settings
        given = token_of(request.headers) or ""
        if _is(given, settings.key) or (self.scopes == (LEASES,) and _is(given, settings.dhcp_key)):
            request.scope["ovix.auth_id"] = "key"
            return Caller(None)
        identity = await super().__call__(request)
        if identity.entity_id is not None:
            # Phones belong to the installation: whose they are follows from their lines.
            raise Unauthorized(reason="missing_permission")
        return Caller(identity)


def granted(scope: str) -> Any:
    """A dependency: the caller may do what ``scope`` names."""
    return Depends(ProvdAccess((scope,), in_query=False))


def _is(given: str, key: SecretStr | None) -> bool:
    """An empty key, as a compose file passes what is not set, is nobody's."""
    secret = "" if key is None else key.get_secret_value()
    return bool(secret) and compare_digest(given.encode(), secret.encode())
