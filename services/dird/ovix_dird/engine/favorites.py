"""Which contacts a user marked."""

from collections.abc import Mapping
from uuid import UUID

import structlog
from ovix_web import is_away

from ..statements import AWAY, Statements

log = structlog.get_logger(__name__)

_OF_USER = "SELECT source_uuid, entry_id FROM directory_favorites WHERE user_uuid = $1"


class Favorites:
    """Reads them; they are written by REST alone."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def of_user(self, user_uuid: str) -> Mapping[str, frozenset[str]]:
        """Entry ids by the uuid of their source; none while the database is away.

        Lookups then still have what sources elsewhere answer.
        """
        try:
            rows = await self._statements.rows(_OF_USER, UUID(user_uuid))
        except AWAY as error:
            if not is_away(error):
                raise
            log.warning("favorites_unknown", cause=str(error))
            return {}
        found: dict[str, set[str]] = {}
        for source_uuid, entry_id in rows:
            found.setdefault(str(source_uuid), set()).add(entry_id)
        return {uuid: frozenset(ids) for uuid, ids in found.items()}
