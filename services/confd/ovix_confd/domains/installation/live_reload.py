"""``/configuration/live_reload``: whether Asterisk reads each change at once (F-053)."""

from ovix_bus.catalogue import installation
from ovix_schema import Installation
from sqlalchemy import select, update

from ...kit import Schema, SectionSpec, Strict, Work, json_object


class LiveReload(Schema):
    """Whether changes apply at once; switched off, Asterisk keeps what it has read."""

    enabled: Strict


async def _apply(work: Work, body: LiveReload) -> None:
    await work.session.execute(update(Installation).values(live_reload=body.enabled))
    work.announce(installation.live_reload_edited(live_reload_enabled=body.enabled))


LIVE_RELOAD = SectionSpec(
    name="live_reload",
    path="/configuration/live_reload",
    read=LiveReload,
    shows=select(json_object(enabled=Installation.live_reload)),
    write=LiveReload,
    apply=_apply,
    example={"enabled": False},
    read_scopes=("confd.configuration.live_reload.read",),
)
