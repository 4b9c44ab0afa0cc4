"""The voicemail resource: what is read, stored and checked."""

from typing import Annotated, Literal

from ovix_bus.catalogue import users, voicemails
from ovix_schema import Context, DialAction, User, Voicemail
from ovix_telephony import voicemail_options
from pydantic import AfterValidator, Field
from sqlalchemy import inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Announces,
    Count,
    Example,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Strict,
    Values,
    ViewExample,
    ViewSpec,
    Work,
    envelope,
    in_use,
    json_list,
    json_object,
    link,
    links,
    not_permitted,
    param_not_found,
    partial_of,
    taken,
    text,
)
from ...relations import UserRelation, user_relation
from ...uses import Use, kept_by
from ..contexts import context_named, entity_of_context, in_context_of_entity

# XiVO sets no bounds; Asterisk reads a box and its options from one line.
Option = Annotated[list[Annotated[str, text(2000)]], Field(min_length=2, max_length=2)]


def _usable(options: list[list[str]]) -> list[list[str]]:
    for name, value in options:
        try:
            voicemail_options.check(name, value)
        except ValueError as refusal:
            raise ValueError(f"option '{name}' {refusal}") from refusal
    return options


Options = Annotated[list[Option], Field(max_length=64), AfterValidator(_usable)]


class VoicemailCreate(Schema):
    """A voicemail box to create."""

    name: Annotated[str, text(80)]
    number: Annotated[str, Field(pattern=r"^[0-9]{1,40}$")]
    context: Annotated[str, text(39)]
    password: Annotated[str, Field(pattern=r"^[0-9]{1,80}$")] | None = None
    email: Annotated[str, text(80)] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}_[A-Z]{2}$")] | None = None
    timezone: Annotated[str, text(128)] | None = None
    pager: Annotated[str, text(80)] | None = None
    max_messages: Count | None = None
    attach_audio: Strict | None = None
    delete_messages: Strict = False
    ask_password: Strict = True
    enabled: Strict = True
    options: Options = Field(default_factory=list)
    accesstype: Literal["personal", "global"] = "personal"


class VoicemailRead(Schema):
    """A voicemail box."""

    id: int
    name: str
    number: str
    context: str
    password: str | None
    email: str | None
    language: str | None
    timezone: str | None
    pager: str | None
    max_messages: int | None
    attach_audio: bool | None
    delete_messages: bool
    ask_password: bool
    enabled: bool
    options: list[list[str]]
    accesstype: str
    users: list[UserRelation]
    links: list[Link]


async def context_is_right(work: Work, voicemail: Voicemail) -> None:
    """The box is in a context that the caller sees, of the entity of its users."""
    context = await context_named(work, voicemail.context)
    if voicemail in work.session:
        having = select(User.id).where(User.voicemail_id == voicemail.id)
        if await work.session.scalar(having.where(User.entity_id != context.entity_id).limit(1)):
            raise not_permitted("The users of the voicemail are of another entity")


async def options_lead_nowhere_foreign(work: Work, voicemail: Voicemail) -> None:
    """Contexts that callers of the box get into are such as the administrator sees."""
    if work.entity_id is None or not inspect(voicemail).attrs.options.history.has_changes():
        return
    named = {
        value for name, value in voicemail.options if voicemail_options.is_context_option(name)
    }
    foreign = select(Context.name).where(
        Context.name.in_(named), Context.entity_id.is_distinct_from(work.entity_id)
    )
    if named and (name := await work.session.scalar(foreign.limit(1))) is not None:
        raise param_not_found("options", "Context", context=name)


async def messages_follow_their_box(work: Work, voicemail: Voicemail) -> None:
    """A box that gets another number or context takes its messages along."""
    state = inspect(voicemail)
    was = [state.attrs[name].history.deleted for name in ("number", "context")]
    if not any(was):
        return
    number, context = (
        before[0] if before else now
        for before, now in zip(was, (voicemail.number, voicemail.context), strict=True)
    )
    work.announce(
        voicemails.voicemail_vacated(
            id=voicemail.id,
            number=number,
            context=context,
            new_number=voicemail.number,
            new_context=voicemail.context,
        )
    )


async def messages_go_with_their_box(work: Work, voicemail: Voicemail) -> None:
    """Nobody can hear the messages of a deleted box, nor shall the next one of its number."""
    work.announce(
        voicemails.voicemail_vacated(
            id=voicemail.id, number=voicemail.number, context=voicemail.context
        )
    )


async def users_hear_of_it(work: Work, voicemail: Voicemail, _values: Values) -> None:
    """An edit is also told per user of the box."""
    having = select(User.uuid).where(User.voicemail_id == voicemail.id).order_by(User.id)
    for uuid in await work.session.scalars(having):
        work.announce(users.user_voicemail_edited(user_uuid=uuid, voicemail_id=voicemail.id))


async def destinations_lead_nowhere(work: Work, voicemail: Voicemail) -> None:
    """Destinations to a deleted box are kept, unlinked: the dialplan takes them for none."""
    await work.session.execute(
        update(DialAction)
        .where(DialAction.action == "voicemail", DialAction.arg1 == str(voicemail.id))
        .values(linked=False)
    )


async def _a_context(session: AsyncSession, entity_id: int) -> Values:
    context = Context(name=f"voicemails{entity_id}", type="internal", entity_id=entity_id)
    session.add(context)
    await session.flush()
    return {"context": context.name}


VOICEMAILS = ResourceSpec(
    name="voicemail",
    title="Voicemail",
    path="/voicemails",
    model=Voicemail,
    read=VoicemailRead,
    create=VoicemailCreate,
    update=partial_of(VoicemailCreate),
    rows=Rows(
        item={
            "id": Voicemail.id,
            "name": Voicemail.name,
            "number": Voicemail.number,
            "context": Voicemail.context,
            "password": Voicemail.password,
            "email": Voicemail.email,
            "language": Voicemail.language,
            "timezone": Voicemail.timezone,
            "pager": Voicemail.pager,
            "max_messages": Voicemail.max_messages,
            "attach_audio": Voicemail.attach_audio,
            "delete_messages": Voicemail.delete_messages,
            "ask_password": Voicemail.ask_password,
            "enabled": Voicemail.enabled,
            "options": Voicemail.options,
            "accesstype": Voicemail.accesstype,
            "users": json_list(
                user_relation(), User.voicemail_id == Voicemail.id, order=(User.id,)
            ),
            "links": links(link("voicemails", "/voicemails/", Voicemail.id)),
        },
        columns={
            "name": Voicemail.name,
            "number": Voicemail.number,
            "email": Voicemail.email,
            "context": Voicemail.context,
            "language": Voicemail.language,
            "timezone": Voicemail.timezone,
            "pager": Voicemail.pager,
            "accesstype": Voicemail.accesstype,
        },
        searched=(Voicemail.name, Voicemail.number, Voicemail.email, Voicemail.pager),
        search=Voicemail.search_text.like,
        order="number",
        key=Key(Voicemail.id),
        source=Voicemail.__table__,
        entity=entity_of_context(Voicemail.context),
        in_entity=in_context_of_entity(Voicemail.context),
    ),
    rules=(context_is_right, options_lead_nowhere_foreign, messages_follow_their_box),
    entails=(users_hear_of_it,),
    deletion=(
        kept_by("Voicemail", Use("User", User.id, lambda box: User.voicemail_id == box.id)),
        destinations_lead_nowhere,
        messages_go_with_their_box,
    ),
    announces=Announces(
        created=voicemails.voicemail_created,
        edited=voicemails.voicemail_edited,
        deleted=voicemails.voicemail_deleted,
    ),
    conflicts={
        "uq_voicemails_number_context": taken("Voicemail"),
        "fk_voicemails_timezone": lambda: param_not_found("timezone", "Timezone"),
        "fk_users_voicemail_id": in_use("Voicemail", "User"),
    },
    example=Example(
        body={
            "name": "Jeanne Martin",
            "number": "1000",
            "context": "default",
            "password": "1234",
            "email": "jeanne@example.org",
            "language": "fr_FR",
            "timezone": "eu-fr",
            "max_messages": 50,
            "attach_audio": True,
            "options": [["saycid", "yes"]],
        },
        change={"ask_password": False, "email": None},
        vary=lambda n: {"number": str(1000 + n)},
        prepare=_a_context,
    ),
)


class UserVoicemailRead(Schema):
    """The link of a user and a voicemail box."""

    user_id: int
    voicemail_id: int
    links: list[Link]


class UserVoicemailsRead(Schema):
    """The users of a box."""

    total: int
    items: list[UserVoicemailRead]


async def _a_box(session: AsyncSession, entity_id: int) -> object:
    context = Context(name=f"boxes{entity_id}", type="internal", entity_id=entity_id)
    session.add(context)
    await session.flush()
    voicemail = Voicemail(name="box", number="2000", context=context.name)
    session.add(voicemail)
    await session.flush()
    return voicemail.id


VOICEMAIL_USERS = ViewSpec(
    name="voicemail_users",
    parent=VOICEMAILS,
    path="/users",
    shows=envelope(
        json_object(
            user_id=User.id,
            voicemail_id=User.voicemail_id,
            links=links(
                link("users", "/users/", User.id), link("voicemails", "/voicemails/", Voicemail.id)
            ),
        ),
        User.voicemail_id == Voicemail.id,
        order=(User.id,),
    ),
    read=UserVoicemailsRead,
    example=ViewExample(_a_box),
)
