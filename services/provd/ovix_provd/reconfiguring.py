"""Devices whose files are to be written anew, worked off in little transactions.

Whoever changes what many devices are made of marks them in one statement
(``provd_reconfigurations``); marks outlive the process. A replica does those of whose plugin it
has loaded what is installed now.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from ovix_schema import Device, ProvdPlugin, ProvdReconfiguration
from ovix_web import Sessions
from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from . import store
from .lifecycle import Lifecycle

MOST_AT_ONCE = 16
LONGEST_S = 0.04
"""What a transaction should take, as others may wait for it: plugins differ, so batches do."""
_OTHERS_S = 0.05


class Reconfigurations:
    """Works off what is marked. ``loaded`` are the revisions of plugins that run here."""

    def __init__(
        self,
        sessions: Sessions,
        lifecycle: Callable[[AsyncSession], Lifecycle],
        loaded: Mapping[str, UUID],
    ) -> None:
        self._sessions, self._lifecycle, self._loaded = sessions, lifecycle, loaded
        self._at_once = 1

    async def work_off(self) -> None:
        """Do all that can be done here."""
        while await self._batch():
            pass

    async def finish(
        self, of: ColumnElement[bool], after_each: Callable[[], None] = lambda: None
    ) -> None:
        """Return once none of these devices is marked any more, whoever did them.

        ``after_each`` is called after each transaction.
        """
        while True:
            done = await self._batch()
            after_each()
            if not done:
                if not await self._are_left(of):
                    return
                await asyncio.sleep(_OTHERS_S)

    async def _batch(self) -> int:
        async with self._sessions.begin() as session:
            await store.lock_configs(session, shared=True)
            devices = await self._marked(session)
            if not devices:
                return 0
            begun_at = time.monotonic()
            await self._lifecycle(session).reconfigure(devices)
            await session.execute(
                delete(ProvdReconfiguration).where(
                    ProvdReconfiguration.device_id.in_([device.id for device in devices])
                )
            )
            took_s = time.monotonic() - begun_at
        self._at_once = max(1, min(MOST_AT_ONCE, int(len(devices) * LONGEST_S / took_s)))
        return len(devices)

    async def _marked(self, session: AsyncSession) -> Sequence[Device]:
        """Some marked devices that can be done here and that nobody else does, locked."""
        statement = (
            select(Device)
            .join(ProvdReconfiguration, ProvdReconfiguration.device_id == Device.id)
            .outerjoin(ProvdPlugin, ProvdPlugin.id == Device.plugin)
            .where(_is_usable(self._loaded))
            .order_by(Device.id)
            .limit(self._at_once)
            .with_for_update(of=[Device, ProvdReconfiguration], skip_locked=True)
        )
        return (await session.scalars(statement)).all()

    async def _are_left(self, of: ColumnElement[bool]) -> bool:
        statement = (
            select(Device.id)
            .join(ProvdReconfiguration, ProvdReconfiguration.device_id == Device.id)
            .where(of)
            .limit(1)
        )
        async with self._sessions() as session:
            return await session.scalar(statement) is not None


def _is_usable(loaded: Mapping[str, UUID]) -> ColumnElement[bool]:
    """The device's plugin is not installed at all, or here as it is installed."""
    if not loaded:
        return ProvdPlugin.id.is_(None)
    current = tuple_(ProvdPlugin.id, ProvdPlugin.revision).in_(list(loaded.items()))
    return or_(ProvdPlugin.id.is_(None), and_(ProvdPlugin.change.is_(None), current))
