"""What is read of a user, in one select: columns, relations, and how users are found."""

from collections.abc import Callable, Mapping
from typing import Any

from ovix_schema import (
    Agent,
    CallPermission,
    CtiProfile,
    EndpointCustom,
    EndpointSccp,
    EndpointSip,
    Entity,
    Extension,
    Group,
    GroupUser,
    Line,
    LineExtension,
    Schedule,
    User,
    UserCallPermission,
    UserLine,
    UserSchedule,
    Voicemail,
)
from sqlalchemy import ColumnElement, Text, and_, case, cast, func, literal_column, select, union

from ...fallbacks import fallbacks_json
from ...kit import (
    Key,
    Rows,
    among,
    constant,
    json_list,
    json_object,
    json_one,
    link,
    links,
)
from ...relations import extension_relation, named_relation
from .filters_and_pickups import ROLE_IN_FILTERS, users_to_pick_up
from .labels import bears, labels_json

FALLBACK_OF_EVENT = {
    "noanswer": "noanswer_destination",
    "busy": "busy_destination",
    "congestion": "congestion_destination",
    "chanunavail": "fail_destination",
}
_NO_RELATION: Any = literal_column("'[]'::json")


def services_json() -> ColumnElement[Any]:
    """The services of a row of ``User``."""
    return json_object(
        dnd=json_object(enabled=User.dnd_enabled),
        incallfilter=json_object(enabled=User.incallfilter_enabled),
    )


def forwards_json() -> ColumnElement[Any]:
    """The forwards of a row of ``User``."""
    return json_object(
        busy=forward_json("busy"),
        noanswer=forward_json("noanswer"),
        unconditional=forward_json("unconditional"),
    )


def forward_json(name: str) -> ColumnElement[Any]:
    """One forward of a row of ``User``."""
    return json_object(
        enabled=getattr(User, f"{name}_enabled"), destination=getattr(User, f"{name}_destination")
    )


def extensions_json() -> ColumnElement[Any]:
    """The numbers of a row of ``Line``, the main one first."""
    return json_list(
        extension_relation(),
        LineExtension.line_id == Line.id,
        Extension.id == LineExtension.extension_id,
        order=(LineExtension.main_extension.desc(), Extension.id),
    )


def sip_relation() -> ColumnElement[Any]:
    """A row of ``EndpointSip``, as its line shows it."""
    return json_object(
        id=EndpointSip.id,
        username=EndpointSip.username,
        links=links(link("endpoint_sip", "/endpoints/sip/", EndpointSip.id)),
    )


def sccp_relation() -> ColumnElement[Any]:
    """A row of ``EndpointSccp``, as its line shows it."""
    return json_object(
        id=EndpointSccp.id,
        links=links(link("endpoint_sccp", "/endpoints/sccp/", EndpointSccp.id)),
    )


def custom_relation() -> ColumnElement[Any]:
    """A row of ``EndpointCustom``, as its line shows it."""
    return json_object(
        id=EndpointCustom.id,
        interface=EndpointCustom.interface,
        links=links(link("endpoint_custom", "/endpoints/custom/", EndpointCustom.id)),
    )


def lines_json() -> ColumnElement[Any]:
    """The lines of a row of ``User``, the main one first."""
    return json_list(
        json_object(
            id=Line.id,
            endpoint_sip=json_one(sip_relation(), EndpointSip.id == Line.endpoint_sip_id),
            endpoint_sccp=json_one(sccp_relation(), EndpointSccp.id == Line.endpoint_sccp_id),
            endpoint_custom=json_one(
                custom_relation(), EndpointCustom.id == Line.endpoint_custom_id
            ),
            extensions=extensions_json(),
            links=links(link("lines", "/lines/", Line.id)),
        ),
        UserLine.user_id == User.id,
        Line.id == UserLine.line_id,
        order=(UserLine.main_line.desc(), Line.id),
    )


def _main_lines(column: Any) -> Any:
    """A column of main lines, of their users, or of their main extensions."""
    return (
        select(column)
        .select_from(UserLine)
        .join(Line, Line.id == UserLine.line_id)
        .outerjoin(
            LineExtension, and_(LineExtension.line_id == Line.id, LineExtension.main_extension)
        )
        .outerjoin(Extension, Extension.id == LineExtension.extension_id)
        .where(UserLine.main_line)
    )


def _of_main_line(column: Any) -> Any:
    """A column of the user's main line, or of that line's main extension."""
    return _main_lines(column).where(UserLine.user_id == User.id).scalar_subquery()


def _whose_main_line_has(column: Any) -> Callable[[ColumnElement[str]], ColumnElement[bool]]:
    """A filter by what `_of_main_line` shows, by the index of the column."""
    return lambda given: User.id.in_(_main_lines(UserLine.user_id).where(column == given))


def _whose_voicemail_has_number(given: ColumnElement[str]) -> ColumnElement[bool]:
    return User.voicemail_id.in_(select(Voicemail.id).where(Voicemail.number == given))


def found_by(pattern: ColumnElement[str]) -> ColumnElement[bool]:
    """A search in the names and numbers of users; each branch uses a trigram index."""
    by_text = select(User.id).where(User.search_text.like(pattern)).correlate(None)
    numbers = select(Extension.id).where(Extension.exten.like(pattern))
    numbered = select(LineExtension.line_id).where(among(LineExtension.extension_id, numbers))
    coded = select(Line.id).where(Line.provisioning_code.like(pattern))
    of_lines = select(UserLine.user_id).where(among(UserLine.line_id, union(numbered, coded)))
    return among(User.id, union(by_text, of_lines))


_RECORD_FLAGS = (
    User.call_record_outgoing_external_enabled,
    User.call_record_outgoing_internal_enabled,
    User.call_record_incoming_external_enabled,
    User.call_record_incoming_internal_enabled,
)
_LASTNAME = func.nullif(User.lastname, constant(""))
_FULL_NAME = func.rtrim(User.firstname.concat(literal_column("' '", Text)).concat(User.lastname))
_PROVISIONING_CODE = _of_main_line(Line.provisioning_code)
_EXTEN = _of_main_line(Extension.exten)
_CONTEXT = _of_main_line(Extension.context)
_ENTITY = select(Entity.name).where(Entity.id == User.entity_id).scalar_subquery()
_VOICEMAIL_NUMBER = (
    select(Voicemail.number).where(Voicemail.id == User.voicemail_id).scalar_subquery()
)

_PROTOCOL = case(
    (Line.endpoint_sip_id.is_not(None), constant("sip")),
    (Line.endpoint_sccp_id.is_not(None), constant("sccp")),
    (Line.endpoint_custom_id.is_not(None), constant("custom")),
)
_MAIN_NUMBER = (
    select(Extension.exten)
    .join(LineExtension, LineExtension.extension_id == Extension.id)
    .where(LineExtension.line_id == Line.id, LineExtension.main_extension)
    .scalar_subquery()
)

DIRECTORY: Mapping[str, Any] = {
    "id": User.id,
    "uuid": User.uuid,
    "line_id": _of_main_line(Line.id),
    "agent_id": cast(User.agent_id, Text),
    "firstname": User.firstname,
    "lastname": _LASTNAME,
    "email": User.email,
    "exten": _EXTEN,
    "mobile_phone_number": User.mobile_phone_number,
    "voicemail_number": _VOICEMAIL_NUMBER,
    "userfield": User.userfield,
    "description": User.description,
    "context": _CONTEXT,
}
"""What a directory source reads of users."""
SUMMARY: Mapping[str, Any] = {
    "id": User.id,
    "uuid": User.uuid,
    "firstname": User.firstname,
    "lastname": _LASTNAME,
    "email": User.email,
    "extension": _EXTEN,
    "context": _CONTEXT,
    "provisioning_code": _of_main_line(
        case((Line.endpoint_sip_id.is_not(None), Line.provisioning_code))
    ),
    "entity": _ENTITY,
    "protocol": _of_main_line(_PROTOCOL),
    "enabled": User.enabled,
}
"""What the administration's list of users shows."""
LINE_PRESENCE: Mapping[str, Any] = {
    "uuid": User.uuid,
    "lines": json_list(
        json_object(
            id=Line.id,
            name=func.coalesce(
                json_one(EndpointSip.username, EndpointSip.id == Line.endpoint_sip_id),
                json_one(EndpointCustom.interface, EndpointCustom.id == Line.endpoint_custom_id),
                case((Line.endpoint_sccp_id.is_not(None), _MAIN_NUMBER)),
            ),
            protocol=_PROTOCOL,
        ),
        UserLine.user_id == User.id,
        Line.id == UserLine.line_id,
        order=(UserLine.main_line.desc(), Line.id),
    ),
    "services": json_object(dnd=json_object(enabled=User.dnd_enabled)),
}
"""What shows whether people can be called: the names under which their lines are watched."""

ROWS = Rows(
    item={
        "id": User.id,
        "uuid": User.uuid,
        "firstname": User.firstname,
        "lastname": _LASTNAME,
        "email": User.email,
        "timezone": User.timezone,
        "language": User.language,
        "description": User.description,
        "caller_id": User.caller_id,
        "outgoing_caller_id": User.outgoing_caller_id,
        "mobile_phone_number": User.mobile_phone_number,
        "username": User.username,
        "password": cast(literal_column("null"), Text),
        "music_on_hold": User.music_on_hold,
        "preprocess_subroutine": User.preprocess_subroutine,
        "userfield": User.userfield,
        "call_transfer_enabled": User.call_transfer_enabled,
        "dtmf_hangup_enabled": User.dtmf_hangup_enabled,
        "call_record_enabled": and_(*_RECORD_FLAGS),
        **{flag.key: flag for flag in _RECORD_FLAGS},
        "online_call_record_enabled": User.online_call_record_enabled,
        "supervision_enabled": User.supervision_enabled,
        "mobile_fallback_enabled": User.mobile_fallback_enabled,
        "ring_seconds": User.ring_seconds,
        "simultaneous_calls": User.simultaneous_calls,
        "call_permission_password": User.call_permission_password,
        "subscription_type": User.subscription_type,
        "enabled": User.enabled,
        "created_at": User.created_at,
        "links": links(link("users", "/users/", User.id)),
        "agent": json_one(
            json_object(
                id=Agent.id,
                number=Agent.number,
                links=links(link("agents", "/agents/", Agent.id)),
            ),
            Agent.id == User.agent_id,
        ),
        "cti_profile": json_one(
            named_relation(CtiProfile, "/cti_profiles"), CtiProfile.id == User.cti_profile_id
        ),
        "fallbacks": fallbacks_json("user", User.id, FALLBACK_OF_EVENT),
        "forwards": forwards_json(),
        "groups": json_list(
            named_relation(Group, "/groups"),
            GroupUser.user_id == User.id,
            Group.id == GroupUser.group_id,
            order=(Group.name,),
        ),
        "incalls": _NO_RELATION,
        "lines": lines_json(),
        "schedules": json_list(
            named_relation(Schedule, "/schedules"),
            UserSchedule.user_id == User.id,
            Schedule.id == UserSchedule.schedule_id,
            order=(Schedule.id,),
        ),
        "services": services_json(),
        "switchboards": _NO_RELATION,
        "voicemail": json_one(
            named_relation(Voicemail, "/voicemails"), Voicemail.id == User.voicemail_id
        ),
        "call_permissions": json_list(
            named_relation(CallPermission, "/callpermissions"),
            UserCallPermission.user_id == User.id,
            CallPermission.id == UserCallPermission.call_permission_id,
            order=(CallPermission.name,),
        ),
        "bsfilter": ROLE_IN_FILTERS,
        "call_pickup_target_users": users_to_pick_up(),
        "queues": _NO_RELATION,
        "labels": labels_json(),
    },
    columns={
        "id": User.id,
        "uuid": User.uuid,
        "firstname": User.firstname,
        "lastname": User.lastname,
        "fullname": _FULL_NAME,
        "caller_id": User.caller_id,
        "description": User.description,
        "userfield": User.userfield,
        "email": User.email,
        "mobile_phone_number": User.mobile_phone_number,
        "music_on_hold": User.music_on_hold,
        "outgoing_caller_id": User.outgoing_caller_id,
        "preprocess_subroutine": User.preprocess_subroutine,
        "username": User.username,
        "enabled": User.enabled,
        "entity": _ENTITY,
        "voicemail_number": _VOICEMAIL_NUMBER,
        "provisioning_code": _PROVISIONING_CODE,
        "exten": _EXTEN,
        "extension": _EXTEN,
        "context": _CONTEXT,
    },
    filters={
        "label": bears,
        "voicemail_number": _whose_voicemail_has_number,
        "provisioning_code": _whose_main_line_has(Line.provisioning_code),
        "exten": _whose_main_line_has(Extension.exten),
        "extension": _whose_main_line_has(Extension.exten),
        "context": _whose_main_line_has(Extension.context),
    },
    order="lastname",
    key=Key(User.id, User.uuid),
    source=User.__table__,
    entity=User.entity_id,
    searched=(
        _FULL_NAME,
        User.caller_id,
        User.description,
        User.userfield,
        User.email,
        User.mobile_phone_number,
        User.music_on_hold,
        User.preprocess_subroutine,
        User.outgoing_caller_id,
        User.username,
        _EXTEN,
        _PROVISIONING_CODE,
    ),
    search=found_by,
    views={"directory": DIRECTORY, "summary": SUMMARY, "line_presence": LINE_PRESENCE},
    legacy=_FULL_NAME,
)

__all__ = [
    "FALLBACK_OF_EVENT",
    "ROWS",
    "forward_json",
    "forwards_json",
    "services_json",
]
