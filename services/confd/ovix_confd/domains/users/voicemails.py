"""``/users/{id}/voicemails``: the one box of a user, and the older paths that mean the same."""

from ovix_bus.catalogue import users
from ovix_schema import Context, User, Voicemail
from sqlalchemy import case, literal_column
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Link,
    LinkExample,
    LinkSpec,
    Schema,
    ViewExample,
    ViewSpec,
    Work,
    associated,
    json_object,
    link,
    links,
)
from ...link_forms import dissolved, posted
from ..voicemails import VOICEMAILS
from .resource import USERS
from .services import a_user


class UserVoicemailLinkRead(Schema):
    """The link of a user and his voicemail box."""

    user_id: int
    voicemail_id: int
    links: list[Link]


async def _associate(work: Work, user: User, voicemail: Voicemail) -> None:
    if user.voicemail_id is not None:
        raise associated("User", "Voicemail", user_id=user.id, voicemail_id=user.voicemail_id)
    user.voicemail_id, user.voicemail_enabled = voicemail.id, True
    work.announce(users.voicemail_associated(user_uuid=user.uuid, voicemail_id=voicemail.id))


async def _dissociate(work: Work, user: User, voicemail: Voicemail) -> None:
    user.voicemail_id, user.voicemail_enabled = None, False
    work.announce(users.voicemail_dissociated(user_uuid=user.uuid, voicemail_id=voicemail.id))


async def _box_of(work: Work, user: User) -> Voicemail | None:
    if user.voicemail_id is None:
        return None
    return await work.session.get(Voicemail, user.voicemail_id)


async def _example(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    user_id = await a_user(session, entity_id)
    context = Context(name=f"userboxes{entity_id}", type="internal", entity_id=entity_id)
    session.add(context)
    await session.flush()
    voicemail = Voicemail(name="box", number="3000", context=context.name)
    session.add(voicemail)
    await session.flush()
    return user_id, voicemail.id


async def _a_user_with_a_box(session: AsyncSession, entity_id: int) -> object:
    user_id, voicemail_id = await _example(session, entity_id)
    user = await session.get_one(User, user_id)
    user.voicemail_id = int(str(voicemail_id))
    await session.flush()
    return user_id


LINK = json_object(
    user_id=User.id,
    voicemail_id=User.voicemail_id,
    links=links(
        link("users", "/users/", User.id), link("voicemails", "/voicemails/", User.voicemail_id)
    ),
)

USER_VOICEMAILS = LinkSpec(
    name="user_voicemail",
    title="UserVoicemail",
    left=USERS,
    right=VOICEMAILS,
    path="/voicemails",
    associate=_associate,
    dissociate=_dissociate,
    names_right_on_delete=False,
    example=LinkExample(_example),
)
USER_VOICEMAIL_FORMS = (
    posted(USER_VOICEMAILS, "/voicemail", shows=LINK, read=UserVoicemailLinkRead),
    dissolved(USER_VOICEMAILS, "/voicemails", _box_of),
    dissolved(
        USER_VOICEMAILS, "/voicemail", _box_of, name="delete_user_voicemail_2", deprecated=True
    ),
)


def _view(name: str, path: str, *, deprecated: bool = False, own: bool = False) -> ViewSpec[User]:
    return ViewSpec(
        name=name,
        parent=USERS,
        path=path,
        shows=case((User.voicemail_id.is_not(None), LINK), else_=literal_column("null::json")),
        read=UserVoicemailLinkRead,
        missing="UserVoicemail",
        deprecated=deprecated,
        own=own,
        example=ViewExample(_a_user_with_a_box),
    )


USER_VOICEMAIL_VIEWS = (
    _view("user_voicemails", "/voicemails", own=True),
    _view("user_voicemail", "/voicemail", deprecated=True),
)
