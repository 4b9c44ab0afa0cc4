"""Voicemail boxes and the zone messages that read a date aloud."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import Context as ContextName
from .declarative import IntId, Table, owned_by, searchable, trigrams


class VoicemailZone(Table):
    """A row of ``[zonemessages]``: name, time zone and how a date is read."""

    __tablename__ = "voicemail_zones"
    __table_args__ = (owned_by("confd"),)

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    timezone: Mapped[str] = mapped_column(String(128))
    message: Mapped[str | None]
    position: Mapped[int]


class Voicemail(Table):
    """A box; one may serve several users."""

    __tablename__ = "voicemails"
    __table_args__ = (
        UniqueConstraint("number", "context"),
        CheckConstraint("accesstype IN ('personal', 'global')", name="accesstype"),
        CheckConstraint("max_messages >= 0", name="max_messages"),
        Index("ix_voicemails_context", "context"),
        trigrams("ix_voicemails_search_trgm"),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    name: Mapped[str] = mapped_column(String(80))
    number: Mapped[str] = mapped_column(String(40))
    context: Mapped[ContextName] = mapped_column(ForeignKey("contexts.name", ondelete="RESTRICT"))
    password: Mapped[str | None] = mapped_column(String(80))
    email: Mapped[str | None] = mapped_column(String(80))
    language: Mapped[str | None] = mapped_column(String(20))
    timezone: Mapped[str | None] = mapped_column(
        ForeignKey("voicemail_zones.name", ondelete="RESTRICT")
    )
    pager: Mapped[str | None] = mapped_column(String(80))
    max_messages: Mapped[int | None]
    attach_audio: Mapped[bool | None]
    delete_messages: Mapped[bool] = mapped_column(server_default="false")
    ask_password: Mapped[bool] = mapped_column(server_default="true")
    enabled: Mapped[bool] = mapped_column(server_default="true")
    options: Mapped[list[list[str]]] = mapped_column(server_default="[]")
    accesstype: Mapped[str] = mapped_column(String(16), server_default="personal")
    search_text: Mapped[str] = mapped_column(
        searchable("name", "number", "email", "pager"), deferred=True
    )


__all__ = ["Voicemail", "VoicemailZone"]
