"""The user resource: what is stored and checked."""

from ovix_bus.catalogue import users, voicemails
from ovix_schema import DialAction, User, Voicemail
from ovix_web.passwords import hash_password
from sqlalchemy import delete, select, update
from starlette.responses import Response

from ...kit import (
    Announces,
    Example,
    InputError,
    Operation,
    Values,
    Work,
    associated,
    in_use,
    param_not_found,
    set_columns,
    taken,
)
from ...line_caller_ids import refresh_caller_ids
from .labels import give_labels, take_labels
from .nested import UserWithLinesCreate, create_lines
from .reading import ROWS
from .removal import (
    leave_agent_and_destinations,
    leave_keys_and_filters,
    take_phone_and_box_along,
)
from .schemas import UserRead, UserUpdate
from .self_service import UserSpec

RECORD_FLAGS = tuple(
    f"call_record_{direction}_{origin}_enabled"
    for direction in ("outgoing", "incoming")
    for origin in ("external", "internal")
)
LONGEST_CALLER_ID, LONGEST_BOX_NAME = 160, 80
"""Of the columns; first and last name together may be longer."""


def full_name(user: User) -> str:
    """First and last name."""
    return f"{user.firstname} {user.lastname or ''}".strip()


def fill(user: User, values: Values) -> None:
    """An empty last name is stored as such; one flag may set the four of call recording."""
    values = dict(values)
    if "lastname" in values:
        values["lastname"] = values["lastname"] or ""
    all_calls = values.pop("call_record_enabled", None)
    for flag in RECORD_FLAGS:
        if values.get(flag) is None:
            values.pop(flag, None)
            if all_calls is not None:
                values[flag] = all_calls
    set_columns(user, values)
    if not user.caller_id:
        user.caller_id = f'"{full_name(user)[: LONGEST_CALLER_ID - 2]}"'


async def fallback_has_a_mobile(_work: Work, user: User) -> None:
    """Calls can't fall back to a mobile phone that isn't there."""
    if user.mobile_fallback_enabled and not user.mobile_phone_number:
        raise InputError(
            "field 'mobile_fallback_enabled': User must have a mobile phone number",
            mobile_phone_number=user.mobile_phone_number,
        )


async def store_password(_work: Work, user: User, values: Values) -> None:
    """Passwords are kept as hashes."""
    if values.get("password") is not None:
        user.password_hash = await hash_password(values["password"])


async def forget_password(_work: Work, user: User, values: Values) -> None:
    """An edit may take a password away; a new user has none to lose."""
    if "password" in values and values["password"] is None:
        user.password_hash = None


async def rename_voicemail(work: Work, user: User, values: Values) -> None:
    """The box of a user bears his name; who follows boxes hears of it as of an edit."""
    if user.voicemail_id is None or {"firstname", "lastname"}.isdisjoint(values):
        return
    name = full_name(user)[:LONGEST_BOX_NAME]
    box_id = await work.session.scalar(
        update(Voicemail)
        .where(Voicemail.id == user.voicemail_id, Voicemail.name != name)
        .values(name=name)
        .returning(Voicemail.id)
    )
    if box_id is None:
        return
    having = select(User.uuid).where(User.voicemail_id == box_id).order_by(User.id)
    for uuid in await work.session.scalars(having):
        work.announce(users.user_voicemail_edited(user_uuid=uuid, voicemail_id=box_id))
    work.announce(voicemails.voicemail_edited(id=box_id))


async def refresh_lines(work: Work, user: User, values: Values) -> None:
    """The lines of which he is the main user show his caller id."""
    if "caller_id" in values:
        await refresh_caller_ids(work, user_id=user.id)


async def has_no_voicemail(_work: Work, user: User) -> None:
    """A box is taken away before its user goes; lines are guarded by their foreign key."""
    if user.voicemail_id is not None:
        raise associated("User", "Voicemail", user_id=user.id, voicemail_id=user.voicemail_id)


async def forget_destinations(work: Work, user: User) -> None:
    """His fallbacks go with him; destinations that led to him are kept, unlinked."""
    await work.session.execute(
        delete(DialAction).where(DialAction.category == "user", DialAction.category_id == user.id)
    )
    await work.session.execute(
        update(DialAction)
        .where(DialAction.action == "user", DialAction.arg1 == str(user.id))
        .values(linked=False)
    )


USERS = UserSpec(
    name="user",
    title="User",
    path="/users",
    model=User,
    read=UserRead,
    create=UserWithLinesCreate,
    update=UserUpdate,
    rows=ROWS,
    fill=fill,
    rules=(fallback_has_a_mobile,),
    parts=(store_password, give_labels, create_lines),
    entails=(forget_password, rename_voicemail, refresh_lines, take_labels),
    deletion=(
        take_phone_and_box_along,
        has_no_voicemail,
        leave_keys_and_filters,
        leave_agent_and_destinations,
        forget_destinations,
    ),
    deletion_query={"recursive": "true: with what is his alone"},
    announces=Announces(
        created=users.user_created,
        edited=users.user_edited,
        deleted=users.user_deleted,
        data=lambda row: {"id": row.id, "uuid": row.uuid},
    ),
    conflicts={
        "uq_users_email": taken("User"),
        "uq_users_username": taken("User"),
        "fk_user_lines_user_id": in_use("User", "Line"),
        "fk_user_labels_label_id": lambda: param_not_found("labels", "Label"),
    },
    example=Example(
        body={
            "firstname": "Jeanne",
            "lastname": "Martin",
            "email": "jeanne.martin@example.org",
            "language": "fr_FR",
            "caller_id": '"Jeanne Martin" <1000>',
            "outgoing_caller_id": "default",
            "mobile_phone_number": "+33612345678",
            "username": "jmartin",
            "password": "sesame",
            "userfield": "accounting",
            "ring_seconds": 20,
            "simultaneous_calls": 3,
        },
        change={"lastname": "Durand", "ring_seconds": 25},
        vary=lambda n: {"email": f"jeanne{n}@example.org", "username": f"jmartin{n}"},
    ),
)


async def _is_there(work: Work) -> Response:
    await USERS.shown(work, work.path["id"])
    return Response(media_type="application/json")


USER_HEAD = Operation("HEAD", USERS.below(), "head_user", _is_there, ("confd.users.{id}.read",))
