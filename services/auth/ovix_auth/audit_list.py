"""``/0.1/audit``: the audit trail, newest first."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from ovix_schema import AuditRecord
from ovix_web import Identity, OrjsonResponse, answers
from ovix_web.tenants import access_in_tenant
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import func, select

router = APIRouter(prefix="/0.1")
ITEMS_MAX = 1000

Text = Annotated[str | None, Query(max_length=254)]


class AuditEntry(BaseModel):
    """A grant, refusal or change."""

    id: int
    at: datetime
    action: str = Field(description="token_granted, login_refused, account_updated …")
    cause: str | None = Field(description="Why a login was refused; clients never learn it")
    backend: str | None
    login: str | None
    auth_id: str | None = Field(description="Whom it is about")
    by_auth_id: str | None = Field(description="Who did it, where a token was used")
    address: str | None
    user_agent: str | None
    entity_id: int | None
    repeats: int = Field(description="So many of the same kind in one record")
    details: dict[str, Any]


class AuditPage(BaseModel):
    """A part of the trail."""

    items: list[AuditEntry]
    total: int = Field(description="Records that match, on all pages")


@router.get("/audit", tags=["audit"], **answers(AuditPage))
async def list_audit(
    request: Request,
    identity: Annotated[Identity, access_in_tenant("auth.audit.read")],
    action: Text = None,
    auth_id: Text = None,
    by_auth_id: Text = None,
    login: Annotated[str | None, Query(max_length=254, description="In any letter case")] = None,
    address: Text = None,
    since: Annotated[AwareDatetime | None, Query(description="From this moment on")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before this moment")] = None,
    before: Annotated[
        int | None,
        Query(ge=1, le=2**63 - 1, description="Older than this id: pages that do not shift"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=ITEMS_MAX)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> Any:
    """Who was let in, refused or changed, newest first."""
    record = AuditRecord
    found = select(record)
    if identity.entity_id is not None:
        found = found.where(record.entity_id == identity.entity_id)
    for column, wanted in (
        (record.action, action),
        (record.auth_id, auth_id),
        (record.by_auth_id, by_auth_id),
        (record.address, address),
    ):
        if wanted is not None:
            found = found.where(column == wanted)
    if login is not None:
        found = found.where(func.lower(record.login) == login.lower())
    if since is not None:
        found = found.where(record.at >= since)
    if until is not None:
        found = found.where(record.at < until)
    page = found if before is None else found.where(record.id < before)
    async with request.app.state.sessions() as session:
        total = await session.scalar(select(func.count()).select_from(found.subquery()))
        rows = (
            await session.scalars(page.order_by(record.id.desc()).limit(limit).offset(offset))
        ).all()
    names = AuditEntry.model_fields
    items = [{name: getattr(row, name) for name in names} for row in rows]
    return OrjsonResponse({"items": items, "total": total})
