"""Settings of ``/xuc/api/2.0/auth`` (reference/auth.md, part E)."""

from typing import Literal

from ovix_web import ServiceSettings, own
from ovix_web.settings import Listed
from pydantic import SecretStr

_TEN_YEARS_S = 315_360_000


class XucSettings(ServiceSettings):
    """Logins as at XiVO's CTI server, and the CAS server that may vouch for people."""

    xuc_token_lifetime: int = own("auth", "xuc_token_lifetime", 3600, ge=60, le=_TEN_YEARS_S)
    """Seconds a user's token lives: XiVO's AUTH_CTI_EXPIRES."""
    xuc_webservice_token_lifetime: int | None = own(
        "auth", "xuc_webservice_token_lifetime", None, ge=60, le=_TEN_YEARS_S
    )
    """The same of a program's: AUTH_WEBSERVICE_EXPIRES; null: as a user's."""
    xuc_login_timeout_s: float = own("auth", "xuc_login_timeout_s", 5.0, gt=0, le=25)
    """For a login that asks somebody else, a directory or a provider: LOGIN_TIMEOUT_MS."""
    xuc_backend: str | None = own("auth", "xuc_backend", None)
    """The back end of ``/auth/login``; null takes our own users and programs."""
    jwt_key: SecretStr | None = own("auth", "jwt_key", None, min_length=32)
    """What signs its JWTs (HS256), for whoever wants to check that; null takes a random one."""

    cas_url: str | None = own("auth", "cas_url", None)
    """The CAS server, below which ``/serviceValidate`` is; ``https://``, or on this machine."""
    cas_services: Listed = own("auth", "cas_services", ())
    """The services whose tickets are taken: URLs, or what they begin with if it ends in ``/``."""
    cas_user_field: Literal["username", "email"] = own("auth", "cas_user_field", "username")
    """What of a user CAS's name must be."""
    cas_ca_file: str | None = own("auth", "cas_ca_file", None)
    cas_timeout_s: float = own("auth", "cas_timeout_s", 5.0, gt=0, le=25)
