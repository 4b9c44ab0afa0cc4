"""Calls: those that live, Asterisk's channel event log, and the call log built from it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import IntId, Now, Table, owned_by


class LiveCall(Table):
    """A channel that calld has announced and whose end it still owes."""

    __tablename__ = "live_calls"
    __table_args__ = (
        Index("ix_live_calls_linkedid", "linkedid"),
        Index("ix_live_calls_user_uuid", "user_uuid"),
        owned_by("calld"),
    )

    call_id: Mapped[str] = mapped_column(String(150), primary_key=True)
    linkedid: Mapped[str] = mapped_column(String(150))
    user_uuid: Mapped[UUID | None]
    state: Mapped[dict[str, Any]]
    updated_at: Mapped[Now]


class CallLog(Table):
    """One conversation, as people understand it."""

    __tablename__ = "call_logs"
    __table_args__ = (
        Index("ix_call_logs_date", "date"),
        Index("ix_call_logs_source_user_uuid_date", "source_user_uuid", "date"),
        Index("ix_call_logs_destination_user_uuid_date", "destination_user_uuid", "date"),
        owned_by("calld"),
    )

    id: Mapped[IntId]
    conversation_id: Mapped[str] = mapped_column(String(150), unique=True)
    date: Mapped[datetime]
    date_answer: Mapped[datetime | None]
    date_end: Mapped[datetime | None]
    source_name: Mapped[str | None] = mapped_column(String(255))
    source_exten: Mapped[str | None] = mapped_column(String(255))
    source_user_uuid: Mapped[UUID | None]
    source_line_identity: Mapped[str | None] = mapped_column(String(255))
    requested_exten: Mapped[str | None] = mapped_column(String(255))
    requested_context: Mapped[str | None] = mapped_column(String(255))
    destination_name: Mapped[str | None] = mapped_column(String(255))
    destination_exten: Mapped[str | None] = mapped_column(String(255))
    destination_user_uuid: Mapped[UUID | None]
    destination_line_identity: Mapped[str | None] = mapped_column(String(255))
    direction: Mapped[str] = mapped_column(String(16), server_default="internal")
    answered: Mapped[bool] = mapped_column(server_default="false")
    user_field: Mapped[str | None] = mapped_column(String(255))


class Cel(Table):
    """A row of Asterisk's channel event log, in XiVO's columns."""

    __tablename__ = "cel"
    __table_args__ = (
        Index("ix_cel_eventtime", "eventtime"),
        Index("ix_cel_linkedid", "linkedid"),
        Index("ix_cel_uniqueid", "uniqueid"),
        Index("ix_cel_call_log_id", "call_log_id"),
        owned_by("calld"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    eventtype: Mapped[str] = mapped_column(String(30))
    eventtime: Mapped[datetime]
    userdeftype: Mapped[str] = mapped_column(String(255), server_default="")
    cid_name: Mapped[str] = mapped_column(String(80), server_default="")
    cid_num: Mapped[str] = mapped_column(String(80), server_default="")
    cid_ani: Mapped[str] = mapped_column(String(80), server_default="")
    cid_rdnis: Mapped[str] = mapped_column(String(80), server_default="")
    cid_dnid: Mapped[str] = mapped_column(String(80), server_default="")
    exten: Mapped[str] = mapped_column(String(80), server_default="")
    context: Mapped[str] = mapped_column(String(80), server_default="")
    channame: Mapped[str] = mapped_column(String(80), server_default="")
    appname: Mapped[str] = mapped_column(String(80), server_default="")
    appdata: Mapped[str] = mapped_column(server_default="")
    amaflags: Mapped[int] = mapped_column(server_default="0")
    accountcode: Mapped[str] = mapped_column(String(80), server_default="")
    peeraccount: Mapped[str] = mapped_column(String(80), server_default="")
    uniqueid: Mapped[str] = mapped_column(String(150), server_default="")
    linkedid: Mapped[str] = mapped_column(String(150), server_default="")
    userfield: Mapped[str] = mapped_column(String(255), server_default="")
    peer: Mapped[str] = mapped_column(String(255), server_default="")
    extra: Mapped[str | None]
    call_log_id: Mapped[int | None] = mapped_column(ForeignKey("call_logs.id", ondelete="SET NULL"))


class CelSpool(Table):
    """How far calld has read a file of Asterisk's CEL spool."""

    __tablename__ = "cel_spools"
    __table_args__ = (owned_by("calld"),)

    path: Mapped[str] = mapped_column(primary_key=True)
    inode: Mapped[int] = mapped_column(BigInteger)
    position: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


__all__ = ["CallLog", "Cel", "CelSpool", "LiveCall"]
