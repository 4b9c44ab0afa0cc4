"""Finds the back ends that installed packages offer, and makes them."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

import structlog

from ..holders import Holder
from . import GROUP, Backend, LoginRequest, NotConfigured, Refused, Surroundings

log = structlog.get_logger(__name__)


class Broken:
    """Stands for a back end that could not be made: it is still named, and proves nobody."""

    async def verify(self, login: str, password: str, request: LoginRequest) -> Holder:
        """Refuse; nobody's guess."""
        raise Refused("backend_not_loaded", is_guess=False)


def load(
    surroundings: Surroundings, found: Iterable[EntryPoint] | None = None
) -> dict[str, Backend]:
    """The back ends by name, in alphabetical order: all that are found, or those enabled.

    A name that is enabled and not found, and a back end whose making fails, are logged and
    `Broken`: one wrong setting must not keep everybody else out.
    """
    by_name = {each.name: each for each in (entry_points(group=GROUP) if found is None else found)}
    names = surroundings.settings.enabled_backends or sorted(by_name)
    return {name: _made(name, by_name.get(name), surroundings) for name in names}


def _made(name: str, entry_point: EntryPoint | None, surroundings: Surroundings) -> Backend:
    if entry_point is None:
        log.error("backend_not_found", backend=name, group=GROUP)
        return Broken()
    try:
        backend: Backend = entry_point.load()(surroundings)
    except NotConfigured as error:
        log.info("backend_not_configured", backend=name, setting=str(error))
        return Broken()
    except Exception:  # whatever a plug-in of somebody else's raises
        log.exception("backend_not_loaded", backend=name)
        return Broken()
    return backend
