"""The auth application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from ovix_web import create_app

from . import (
    audit_list,
    configuration,
    first_start,
    groups,
    idp,
    lockouts,
    oidc_description,
    policies,
    registration,
    sessions,
    tenant_ldap,
    tenants,
    users,
    xuc,
    xuc_single_sign_on,
)
from .audit import audited
from .backends import Surroundings
from .backends.loading import load
from .cleaner import Cleaner
from .emails import endpoints as emails
from .emails.confirmations import Confirmations
from .endpoints import router
from .external import endpoints as external
from .external.providers import Providers
from .external.renewal import Renewal
from .keeping import Keeper
from .login import Login
from .passwords import change, reset_endpoints
from .passwords.resets import Resets
from .rendering import auth_errors
from .safe_xml import XML_MAX_BYTES
from .saml import configs, messages, slo, sso
from .settings import AuthSettings

DESCRIPTION = """Tokens for all services of Ovix.

`POST /0.1/token` with `Authorization: Basic` and `{"backend": "xivo_user"}` gives a token; send it
as `X-Auth-Token` to every service. The header `Wazo-Tenant` names the tenant that a request is
about, by its uuid; without it that is the token's own."""


def create_auth_app(settings: AuthSettings) -> FastAPI:
    """Wire auth."""

    @asynccontextmanager
    async def sweeping(app: FastAPI) -> AsyncIterator[None]:
        keeper = Keeper(app.state.sessions, settings, app.state.login.tally)
        sweepers = [
            asyncio.create_task(Cleaner(app.state.sessions, settings).run(), name="token cleaner"),
            asyncio.create_task(keeper.run(), name="audit keeper"),
        ]
        try:
            async with (
                app.state.resets.working(),
                app.state.confirmations.queue.working(),
                app.state.providers,
            ):
                yield
        finally:
            for sweeper in sweepers:
                sweeper.cancel()
                with suppress(asyncio.CancelledError):
                    await sweeper

    app = create_app(
        settings,
        name="auth",
        version="0.1",
        title="Ovix auth",
        description=DESCRIPTION,
        routers=[
            router,
            lockouts.router,
            audit_list.router,
            reset_endpoints.router,
            change.router,
            xuc.router,
            xuc_single_sign_on.router,
            oidc_description.router,
            sso.router,
            slo.router,
        ],
        operations=[
            audited(each)
            for of in (
                *(first_start, sessions, registration, users, groups, policies, emails, external),
                *(tenants, idp, tenant_ldap, configs, configuration),
            )
            for each in of.OPERATIONS
        ],
        render=auth_errors,
        lifespan=sweeping,
        larger_bodies=dict.fromkeys(
            ("/0.1/backends/saml", "/0.1/saml/acs", "/0.1/saml/sls"), XML_MAX_BYTES
        ),
    )
    backends = load(Surroundings(app.state.sessions, settings))
    app.state.jwts = xuc.Jwts(settings)
    app.state.saml_key = messages.signing_key(settings)
    app.state.resets = Resets(app.state.sessions, settings)
    app.state.confirmations = Confirmations(settings)
    app.state.providers = Providers(settings)
    app.state.renewal = Renewal(
        app.state.sessions, app.state.providers, settings.external_timeout_s
    )
    app.state.login = Login(app.state.sessions, settings, backends)
    return app
