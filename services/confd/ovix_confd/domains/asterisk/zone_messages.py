"""``/asterisk/voicemail/zonemessages``: how a box says when a message came.

Source: reference/confd/voicemails.md. Boxes name a zone, so that it is a row and no option.
"""

from typing import Annotated

from ovix_bus.catalogue import settings
from ovix_schema import Voicemail, VoicemailZone
from pydantic import AfterValidator
from sqlalchemy import Text, all_, bindparam, delete, select
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, insert

from ...kit import Schema, SectionSpec, Work, associated, json_list, json_object, text


class ZoneMessage(Schema):
    """A name for a time zone and a way of saying a date."""

    name: Annotated[str, text(128)]
    timezone: Annotated[str, text(128)]
    message: Annotated[str, text()] | None = None


class ZoneMessageRead(Schema):
    """A name for a time zone and a way of saying a date."""

    name: str
    timezone: str
    message: str | None


def _named_once(zones: list[ZoneMessage]) -> list[ZoneMessage]:
    if len({zone.name for zone in zones}) < len(zones):
        raise ValueError("a name is there twice")
    return zones


class ZoneMessages(Schema):
    """All zones, in order."""

    items: Annotated[list[ZoneMessage], AfterValidator(_named_once)]


class ZoneMessagesRead(Schema):
    """All zones, in order."""

    items: list[ZoneMessageRead]


async def _replace(work: Work, body: ZoneMessages) -> None:
    # Two replacements at once would each keep the other's rows; reading goes on meanwhile.
    await work.session.execute(sql("LOCK TABLE voicemail_zones IN SHARE ROW EXCLUSIVE MODE"))
    gone = VoicemailZone.name != all_(
        bindparam("names", [zone.name for zone in body.items], type_=ARRAY(Text))
    )
    boxes = select(Voicemail.id).join(VoicemailZone, Voicemail.timezone == VoicemailZone.name)
    if (box := await work.session.scalar(boxes.where(gone).limit(1))) is not None:
        raise associated("Timezone", "Voicemail", voicemail_id=box)
    await work.session.execute(delete(VoicemailZone).where(gone))
    if body.items:
        given = insert(VoicemailZone).execution_options(render_nulls=True)
        columns = {name: given.excluded[name] for name in ("timezone", "message", "position")}
        await work.session.execute(
            given.on_conflict_do_update(index_elements=[VoicemailZone.name], set_=columns),
            [{**zone.model_dump(), "position": n} for n, zone in enumerate(body.items)],
        )
    work.announce(settings.voicemail_zonemessages_edited())


ZONE_MESSAGES = SectionSpec(
    name="voicemail_zonemessages",
    path="/asterisk/voicemail/zonemessages",
    read=ZoneMessagesRead,
    shows=select(
        json_object(
            items=json_list(
                json_object(
                    name=VoicemailZone.name,
                    timezone=VoicemailZone.timezone,
                    message=VoicemailZone.message,
                ),
                order=(VoicemailZone.position, VoicemailZone.name),
                source=VoicemailZone.__table__,
            )
        )
    ),
    write=ZoneMessages,
    apply=_replace,
    example={
        "items": [
            {"name": "eu-fr", "timezone": "Europe/Paris", "message": "'vm-received' q"},
            {"name": "utc", "timezone": "UTC", "message": None},
        ]
    },
)
