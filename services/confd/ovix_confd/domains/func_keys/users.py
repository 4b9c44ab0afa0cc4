"""``/users/{id}/funckeys``: the keys of a user's phone, and the public template he has.

A user's own keys are in his private template, which is made with the first of them.
"""

from ovix_bus.catalogue import func_keys
from ovix_schema import FuncKeyTemplate, User, UserFuncKeyTemplate
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    LinkExample,
    LinkSpec,
    Rows,
    ViewExample,
    ViewSpec,
    Work,
    associated,
    json_object,
    not_permitted,
)
from ..users import USERS
from ..users.services import a_user
from .reading import links_of_users, user_keys
from .schemas import UserFuncKeysRead, UserFuncKeysWrite, UserFuncKeyTemplatesRead
from .storing import announce_edit, replace_keys
from .templates import EXAMPLE_KEY, TEMPLATES, a_template

USER_KEYS = Rows(
    item={"keys": user_keys()},
    columns={},
    order="",
    key=USERS.rows.key,
    source=USERS.rows.source,
    entity=USERS.rows.entity,
)
"""The merged keys of one user."""


async def find_private_template(work: Work, user: User) -> FuncKeyTemplate | None:
    """The template of a user's own keys, if he ever had one."""
    found: FuncKeyTemplate | None = await work.session.scalar(
        select(FuncKeyTemplate).where(FuncKeyTemplate.user_id == user.id)
    )
    return found


async def private_template(work: Work, user: User) -> FuncKeyTemplate:
    """The same, made where it is missing; the user's row is locked, so it is made once."""
    template = await find_private_template(work, user)
    if template is None:
        template = FuncKeyTemplate(user_id=user.id)
        work.session.add(template)
        await work.session.flush()  # its keys need its id
    return template


async def _replace(work: Work, user: User, body: UserFuncKeysWrite) -> None:
    template = await private_template(work, user)
    await replace_keys(work, template, body.model_dump()["keys"])
    announce_edit(work, template)


async def _associate(work: Work, user: User, template: FuncKeyTemplate) -> None:
    if template.user_id is not None:
        raise not_permitted(
            "Cannot associate a private template with a user", template_id=template.id
        )
    present = await work.session.get(UserFuncKeyTemplate, user.id)
    if present is None:
        work.session.add(UserFuncKeyTemplate(user_id=user.id, template_id=template.id))
    elif present.template_id == template.id:
        raise associated("User", "FuncKeyTemplate", user_id=user.id, template_id=template.id)
    else:
        present.template_id = template.id
    work.announce(
        func_keys.func_key_template_associated(user_uuid=user.uuid, template_id=template.id)
    )


async def _dissociate(work: Work, user: User, template: FuncKeyTemplate) -> None:
    gone = await work.session.scalar(
        delete(UserFuncKeyTemplate)
        .where(
            UserFuncKeyTemplate.user_id == user.id,
            UserFuncKeyTemplate.template_id == template.id,
        )
        .returning(UserFuncKeyTemplate.user_id)
    )
    if gone is None:
        raise USER_TEMPLATES.missing(user.id, template.id)
    work.announce(
        func_keys.func_key_template_dissociated(user_uuid=user.uuid, template_id=template.id)
    )


async def _example(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    return await a_user(session, entity_id), await a_template(session, entity_id)


USER_FUNC_KEYS = ViewSpec(
    name="user_func_keys",
    parent=USERS,
    path="/funckeys",
    shows=json_object(id=None, name=None, keys=user_keys()),
    read=UserFuncKeysRead,
    write=UserFuncKeysWrite,
    apply=_replace,
    example=ViewExample(a_user, {"keys": {"1": EXAMPLE_KEY}}),
)

USER_TEMPLATES = LinkSpec(
    name="user_func_key_template",
    title="FuncKeyTemplate",
    left=USERS,
    right=TEMPLATES,
    path="/funckeys/templates",
    right_name="template_id",
    associate=_associate,
    dissociate=_dissociate,
    example=LinkExample(_example),
)

USER_TEMPLATE_LIST = ViewSpec(
    name="user_func_key_templates",
    parent=USERS,
    path="/funckeys/templates",
    shows=links_of_users(UserFuncKeyTemplate.user_id == User.id),
    read=UserFuncKeyTemplatesRead,
    example=ViewExample(a_user),
)
