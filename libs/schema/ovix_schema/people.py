"""Users with their services and forwards, and the dial actions taken when they don't answer."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from .access import AUTHENTICATION_METHODS
from .declarative import IntId, NewUuid, Now, Table, owned_by, searchable, trigrams

USER_SEARCH_FIELDS = (
    "firstname || ' ' || lastname",
    "caller_id",
    "description",
    "userfield",
    "email",
    "mobile_phone_number",
    "music_on_hold",
    "preprocess_subroutine",
    "outgoing_caller_id",
    "username",
)


class User(Table):
    """A person with phones."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("ring_seconds BETWEEN 0 AND 10800", name="ring_seconds"),
        CheckConstraint("simultaneous_calls BETWEEN 1 AND 20", name="simultaneous_calls"),
        CheckConstraint("NOT (busy_enabled AND busy_destination IS NULL)", name="busy_destination"),
        CheckConstraint(
            "NOT (noanswer_enabled AND noanswer_destination IS NULL)", name="noanswer_destination"
        ),
        CheckConstraint(
            "NOT (unconditional_enabled AND unconditional_destination IS NULL)",
            name="unconditional_destination",
        ),
        CheckConstraint("selected_device IN ('phone', 'webrtc')", name="selected_device"),
        Index("uq_users_email", text("lower(email)"), unique=True),
        Index("uq_users_username", text("lower(username)"), unique=True),
        Index("ix_users_lastname_id", "lastname", "id"),
        Index("ix_users_firstname_id", "firstname", "id"),
        Index("ix_users_entity_id", "entity_id"),
        Index("ix_users_voicemail_id", "voicemail_id"),
        Index("ix_users_agent_id", "agent_id"),
        Index(
            "ix_users_mobile_number",
            text("ovix_number(mobile_phone_number::text) text_pattern_ops"),
        ),
        trigrams("ix_users_search_trgm"),
        CheckConstraint(
            f"authentication_method IN {AUTHENTICATION_METHODS}", name="authentication_method"
        ),
        owned_by("confd"),
    )

    id: Mapped[IntId]
    uuid: Mapped[NewUuid] = mapped_column(unique=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    firstname: Mapped[str] = mapped_column(String(128))
    lastname: Mapped[str] = mapped_column(String(128), server_default="")
    email: Mapped[str | None] = mapped_column(String(254))
    timezone: Mapped[str | None] = mapped_column(String(128))
    language: Mapped[str | None] = mapped_column(String(20))
    description: Mapped[str | None]
    caller_id: Mapped[str] = mapped_column(String(160))
    outgoing_caller_id: Mapped[str | None] = mapped_column(String(80))
    mobile_phone_number: Mapped[str | None] = mapped_column(String(80))
    username: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str | None]
    password_expired: Mapped[bool] = mapped_column(server_default="false")
    """Tokens grant nothing but a change of the password; auth writes it."""
    authentication_method: Mapped[str] = mapped_column(String(8), server_default="default")
    """How he may prove a login; auth writes it."""
    cti_enabled: Mapped[bool] = mapped_column(server_default="false")
    cti_profile_id: Mapped[int | None] = mapped_column(
        ForeignKey("cti_profiles.id", ondelete="RESTRICT")
    )
    music_on_hold: Mapped[str | None] = mapped_column(String(128))
    preprocess_subroutine: Mapped[str | None] = mapped_column(String(79))
    userfield: Mapped[str | None] = mapped_column(String(128))
    call_transfer_enabled: Mapped[bool] = mapped_column(server_default="false")
    dtmf_hangup_enabled: Mapped[bool] = mapped_column(server_default="false")
    call_record_outgoing_external_enabled: Mapped[bool] = mapped_column(server_default="false")
    call_record_outgoing_internal_enabled: Mapped[bool] = mapped_column(server_default="false")
    call_record_incoming_external_enabled: Mapped[bool] = mapped_column(server_default="false")
    call_record_incoming_internal_enabled: Mapped[bool] = mapped_column(server_default="false")
    online_call_record_enabled: Mapped[bool] = mapped_column(server_default="false")
    supervision_enabled: Mapped[bool] = mapped_column(server_default="true")
    mobile_fallback_enabled: Mapped[bool] = mapped_column(server_default="false")
    ring_seconds: Mapped[int] = mapped_column(server_default="30")
    simultaneous_calls: Mapped[int] = mapped_column(server_default="5")
    call_permission_password: Mapped[str | None] = mapped_column(String(16))
    subscription_type: Mapped[int] = mapped_column(server_default="0")
    enabled: Mapped[bool] = mapped_column(server_default="true")
    dnd_enabled: Mapped[bool] = mapped_column(server_default="false")
    incallfilter_enabled: Mapped[bool] = mapped_column(server_default="false")
    busy_enabled: Mapped[bool] = mapped_column(server_default="false")
    busy_destination: Mapped[str | None] = mapped_column(String(128))
    noanswer_enabled: Mapped[bool] = mapped_column(server_default="false")
    noanswer_destination: Mapped[str | None] = mapped_column(String(128))
    unconditional_enabled: Mapped[bool] = mapped_column(server_default="false")
    unconditional_destination: Mapped[str | None] = mapped_column(String(128))
    selected_device: Mapped[str] = mapped_column(String(8), server_default="phone")
    """What rings of a unique account (``ovix_telephony.line_devices``)."""
    voicemail_id: Mapped[int | None] = mapped_column(
        ForeignKey("voicemails.id", ondelete="RESTRICT")
    )
    voicemail_enabled: Mapped[bool] = mapped_column(server_default="false")
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    created_at: Mapped[Now]
    search_text: Mapped[str] = mapped_column(searchable(*USER_SEARCH_FIELDS), deferred=True)


class DialAction(Table):
    """Where a call goes on an event (no answer, busy …) of a user, group, queue …

    ``action``, ``arg1`` and ``arg2`` are the stored form of reference/confd, "Dial destinations".
    """

    __tablename__ = "dial_actions"
    __table_args__ = (
        Index("ix_dial_actions_target", "action", "arg1"),
        owned_by("confd"),
    )

    category: Mapped[str] = mapped_column(String(16), primary_key=True)
    category_id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(16), primary_key=True)
    action: Mapped[str] = mapped_column(String(40))
    arg1: Mapped[str | None] = mapped_column(String(255))
    arg2: Mapped[str | None] = mapped_column(String(255))
    linked: Mapped[bool] = mapped_column(server_default="true")


__all__ = ["USER_SEARCH_FIELDS", "DialAction", "User"]
