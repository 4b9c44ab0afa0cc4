"""The service: follows the configuration, keeps Asterisk's files, and tells what it did."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from ovix_asterisk.ami_client import AmiClient
from ovix_bus import Message, Queue
from ovix_web import Identity, Unauthorized, access, create_app, object_errors
from pydantic import BaseModel

from ovix_confgen.documents import DOCUMENTS
from ovix_confgen.figures import Figures
from ovix_confgen.generation import FileState, Generation
from ovix_confgen.lamps import Lamps
from ovix_confgen.phone_passwords import PhonePasswords
from ovix_confgen.regeneration import Regeneration
from ovix_confgen.renderers import func_key_hints
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.source import snapshot
from ovix_confgen.voicemail_spool import VoicemailSpool, used_by_a_box

log = structlog.stdlib.get_logger(__name__)

QUEUE = Queue(name="confgen", bindings=("config.#",))
RELOAD_TIMEOUT_S = 300.0
"""Reading tens of thousands of devices takes Asterisk its time."""


class File(BaseModel):
    """A file of Asterisk as it was last rendered."""

    name: str
    size: int
    sha256: str
    rendered_at: datetime | None
    changed_at: datetime | None
    seconds: float
    unsupported: int


class Files(BaseModel):
    """All files, and the modules that have not read theirs."""

    items: list[File]
    total: int
    pending_reloads: list[str]
    asterisk_connected: bool


class UnsupportedSetting(BaseModel):
    """Something stored that Asterisk does not get."""

    file: str
    object: str
    option: str
    value: str
    reason: str


class UnsupportedSettings(BaseModel):
    """All of them; ``total`` counts those beyond the first thousand of a file too."""

    items: list[UnsupportedSetting]
    total: int


def installation_wide(scope: str) -> Any:
    """A token with that right which is not bound to an entity: the files hold those of all."""

    async def unbound(identity: Annotated[Identity, access(scope)]) -> Identity:
        if identity.entity_id is not None:
            raise Unauthorized(reason="missing_permission")
        return identity

    return Depends(unbound)


router = APIRouter(prefix="/1.0")


@router.get("/files", tags=["files"])
async def list_files(
    request: Request, _: Annotated[Identity, installation_wide("confgen.files.read")]
) -> Files:
    """The files, when they were rendered and whether Asterisk has read them."""
    generation: Generation = request.app.state.generation
    items = [_shown(state) for state in generation.states.values()]
    return Files(
        items=items,
        total=len(items),
        pending_reloads=sorted(generation.unread),
        asterisk_connected=request.app.state.ami.connected,
    )


@router.get("/unsupported", tags=["files"])
async def list_unsupported(
    request: Request, _: Annotated[Identity, installation_wide("confgen.unsupported.read")]
) -> UnsupportedSettings:
    """Settings that are stored but have no effect on Asterisk, and why."""
    generation: Generation = request.app.state.generation
    states = generation.states.values()
    return UnsupportedSettings(
        items=[
            UnsupportedSetting(
                file=each.file,
                object=each.object,
                option=each.option,
                value=each.value,
                reason=each.reason,
            )
            for state in states
            for each in state.unsupported
        ],
        total=sum(state.unsupported_count for state in states),
    )


@router.post("/render", status_code=202, tags=["files"])
async def render_everything(
    request: Request, _: Annotated[Identity, installation_wide("confgen.render")]
) -> dict[str, Any]:
    """Render every file again; only those that differ are replaced and reloaded."""
    request.app.state.regeneration.ask()
    return {}


def _shown(state: FileState) -> File:
    return File(
        name=state.name,
        size=state.size,
        sha256=state.sha256,
        rendered_at=state.rendered_at,
        changed_at=state.changed_at,
        seconds=state.seconds,
        unsupported=state.unsupported_count,
    )


def build(settings: ConfgenSettings) -> FastAPI:
    """Wire the service."""

    @asynccontextmanager
    async def working(app: FastAPI) -> AsyncIterator[None]:
        generation.prepare()
        spool.prepare()
        ami.start()
        tasks = [
            asyncio.create_task(regeneration.run_rendering(), name="rendering"),
            asyncio.create_task(regeneration.run_reloading(ami), name="reloading"),
            asyncio.create_task(lamps.run(ami), name="lamps"),
            asyncio.create_task(passwords.run(), name="passwords"),
            asyncio.create_task(spool.run(), name="spool"),
        ]
        bus = await app.state.bus.bus()
        subscription = await bus.subscribe(QUEUE, on_event)
        regeneration.ask(DOCUMENTS)
        try:
            yield
        finally:
            await subscription.close()
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await ami.close()

    async def on_event(message: Message) -> None:
        await regeneration.on_event(message)
        await lamps.on_event(message)
        await spool.on_event(message)

    def on_changed(names: Sequence[str]) -> None:
        if func_key_hints.FILE in names:
            lamps.ask_for_all()

    async def files_written() -> bool:
        return regeneration.complete.is_set()

    app = create_app(
        settings,
        name="confgen",
        version="1.0",
        title="Ovix confgen",
        description="Renders Asterisk's files from the configuration and reloads what changed.",
        routers=(router,),
        render=object_errors,
        lifespan=working,
        checks={"files": files_written},
    )
    generation = Generation(settings, partial(snapshot, app.state.engine))
    passwords = PhonePasswords(settings.voicemail_spool, app.state.engine)
    spool = VoicemailSpool(settings.voicemail_spool, used_by_a_box(app.state.engine))
    figures = Figures(app.state.metrics.registry)
    lamps = Lamps(app.state.engine, figures)
    regeneration = Regeneration(
        generation,
        figures,
        quiet_s=settings.quiet_s,
        longest_wait_s=settings.longest_wait_s,
        on_changed=on_changed,
        before_rendering=passwords.store,
    )

    async def connected() -> None:
        regeneration.reload_soon()
        lamps.ask_for_all()

    ami = AmiClient(
        settings.ami_host,
        settings.ami_port,
        settings.ami_username,
        settings.ami_password.get_secret_value(),
        on_connected=connected,
        event_mask="system",
        action_timeout_s=RELOAD_TIMEOUT_S,
    )
    app.state.generation = generation
    app.state.lamps = lamps
    app.state.regeneration = regeneration
    app.state.ami = ami
    return app
