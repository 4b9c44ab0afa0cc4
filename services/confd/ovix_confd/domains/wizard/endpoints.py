"""The three requests. Nobody has a token yet; once somebody has, the wizard is closed."""

import asyncio
import secrets
from typing import Any, ClassVar

from ovix_web import ApiError
from ovix_web.passwords import hash_password

from ...kit import Operation, Work
from ...steps import step
from .discovery import discovered
from .founding import ADMINISTRATOR, found, is_configured
from .phones import tell_provd
from .schemas import Discovery, WizardDone, WizardRun, WizardState

PREFIX_ALPHABET = "2346789bcdfghjkmnpqrtvwxyzBCDFGHJKLMNPQRTVWXYZ"
EXAMPLE = {
    "admin_password": "proformatique",
    "license": True,
    "language": "fr_FR",
    "entity_name": "Company",
    "timezone": "Europe/Paris",
    "network": {
        "hostname": "xivo",
        "domain": "example.org",
        "interface": "eth0",
        "ip_address": "192.0.2.10",
        "netmask": "255.255.255.0",
        "gateway": "192.0.2.1",
        "nameservers": ["192.0.2.1"],
    },
    "context_internal": {"display_name": "Default", "number_start": "1000", "number_end": "1999"},
    "context_incall": {
        "display_name": "Incalls",
        "number_start": "0142000000",
        "number_end": "0142000099",
        "did_length": 10,
    },
    "context_outcall": {"display_name": "Outcalls"},
}


class AlreadyConfigured(ApiError):
    """The wizard runs once."""

    status: ClassVar[int] = 403
    template: ClassVar[str] = "XiVO is already configured"


async def get_wizard(work: Work) -> object:
    """Whether the installation was set up."""
    return {"configured": await is_configured(work)}


async def discover(work: Work) -> object:
    """What the form may be filled with."""
    if await is_configured(work):
        raise AlreadyConfigured
    return await asyncio.to_thread(discovered)


async def run_wizard(work: Work) -> object:
    """Phones' configurations first, as they can be written again; then all rows at once."""
    async with step(work) as part:
        if await is_configured(part):
            raise AlreadyConfigured
    body = await work.body(WizardRun)
    prefix = "ap" + "".join(secrets.choice(PREFIX_ALPHABET) for _ in range(8))
    password_hash = await hash_password(body.admin_password)
    await tell_provd(work.request.app.state.provd, body.network.ip_address, prefix)
    async with step(work) as part:
        if await is_configured(part, locked=True):
            raise AlreadyConfigured
        uuid = await found(part, body, password_hash, prefix)
    told = body.model_dump(exclude={"admin_password"})
    return {**told, "xivo_uuid": str(uuid), "admin_username": ADMINISTRATOR}


_TOLD = {name: value for name, value in EXAMPLE.items() if name != "admin_password"}
_CLOSED: dict[str, Any] = {"responses": {"403": {"description": "Forbidden"}}}
WIZARD = (
    Operation(
        "GET", "/wizard", "get_wizard", get_wizard, None, answer=WizardState,
        example={"configured": True},
    ),
    Operation(
        "POST", "/wizard", "run_wizard", run_wizard, None, answer=WizardDone, body=WizardRun,
        body_example=EXAMPLE, example=_TOLD | {"admin_username": ADMINISTRATOR},
        described=_CLOSED,
    ),
    Operation(
        "GET", "/wizard/discover", "discover_for_wizard", discover, None, answer=Discovery,
        described=_CLOSED,
    ),
)  # fmt: skip
