"""What phones look up, told in the log while somebody looks for a fault."""

from uuid import UUID

import structlog
from starlette.requests import Request

log = structlog.get_logger(__name__)


class LookupLog:
    """Silent unless it is switched on, by ``PATCH /config``. What was typed is never told."""

    enabled = False

    def found(
        self, request: Request, vendor: str, profile: str, user_uuid: UUID, total: int, shown: int
    ) -> None:
        """A page was shown."""
        if self.enabled:
            log.info(
                "phone_looked_up",
                address=request.scope.get("ovix.client"),
                user_agent=request.headers.get("User-Agent", "")[:200],
                vendor=vendor,
                profile=profile,
                user_uuid=str(user_uuid),
                entries=total,
                shown=shown,
            )
