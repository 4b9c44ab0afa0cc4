"""``/funckeys/templates``: templates with their keys, and who has which."""

from ovix_bus.catalogue import func_keys
from ovix_schema import FuncKey, FuncKeyTemplate, User, UserFuncKeyTemplate
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Announces,
    Example,
    ResourceSpec,
    Values,
    ViewExample,
    ViewSpec,
    Work,
    already_exists,
    not_permitted,
    param_not_found,
)
from .reading import TEMPLATE_ROWS, links_of_users
from .schemas import (
    FuncKeyTemplateCreate,
    FuncKeyTemplateRead,
    FuncKeyTemplateUpdate,
    FuncKeyWrite,
    UserFuncKeyTemplatesRead,
)
from .storing import replace_keys

EXAMPLE_KEY = {
    "label": "Support",
    "blf": True,
    "destination": {"type": "forward", "forward": "unconditional", "exten": "30051"},
}


async def store_keys(work: Work, template: FuncKeyTemplate, values: Values) -> None:
    """The keys, where they were given; an edit leaves out the defaults of each."""
    if "keys" in values:
        given = values["keys"].items()
        keys = {at: FuncKeyWrite.model_validate(key).model_dump() for at, key in given}
        await replace_keys(work, template, keys)


async def is_public(_work: Work, template: FuncKeyTemplate) -> None:
    """A private template goes with its user."""
    if template.user_id is not None:
        raise not_permitted("Deleting private templates is not allowed", template_id=template.id)


async def leave_users(work: Work, template: FuncKeyTemplate) -> None:
    """Whoever has the template loses it, and his phone is told while it is known whose it is."""
    losing = (
        delete(UserFuncKeyTemplate)
        .where(
            UserFuncKeyTemplate.template_id == template.id,
            UserFuncKeyTemplate.user_id == User.id,
        )
        .returning(User.uuid)
        .execution_options(synchronize_session=False)
    )
    for uuid in await work.session.scalars(losing):
        work.announce(
            func_keys.func_key_template_dissociated(user_uuid=uuid, template_id=template.id)
        )


TEMPLATES = ResourceSpec(
    name="func_key_template",
    title="FuncKeyTemplate",
    path="/funckeys/templates",
    model=FuncKeyTemplate,
    read=FuncKeyTemplateRead,
    create=FuncKeyTemplateCreate,
    update=FuncKeyTemplateUpdate,
    rows=TEMPLATE_ROWS,
    parts=(store_keys,),
    deletion=(is_public, leave_users),
    announces=Announces(
        created=func_keys.func_key_template_created,
        edited=func_keys.func_key_template_edited,
        deleted=func_keys.func_key_template_deleted,
    ),
    conflicts={
        "uq_func_keys_template_id_destination": lambda: already_exists("destination"),
        "fk_func_keys_user_id": lambda: param_not_found("user_id", "User"),
        "fk_func_keys_group_id": lambda: param_not_found("group_id", "Group"),
        "fk_func_keys_agent_id": lambda: param_not_found("agent_id", "Agent"),
        "fk_func_keys_filter_member_id": lambda: param_not_found(
            "filter_member_id", "FilterMember"
        ),
    },
    example=Example(
        body={
            "name": "Reception",
            "keys": {
                "1": EXAMPLE_KEY,
                "2": {"label": "DND", "destination": {"type": "service", "service": "enablednd"}},
            },
        },
        change={"keys": {"3": {"destination": {"type": "parking"}}}},
        vary=lambda n: {"name": f"Reception {n}"},
    ),
)


async def a_template(session: AsyncSession, entity_id: int) -> object:
    """A template of that entity, for examples."""
    template = FuncKeyTemplate(name="Reception", entity_id=entity_id)
    session.add(template)
    await session.flush()
    session.add(
        FuncKey(template_id=template.id, position=1, destination={"type": "onlinerec"}, blf=False)
    )
    await session.flush()
    return template.id


TEMPLATE_USERS = ViewSpec(
    name="func_key_template_users",
    parent=TEMPLATES,
    path="/users",
    shows=links_of_users(UserFuncKeyTemplate.template_id == FuncKeyTemplate.id),
    read=UserFuncKeyTemplatesRead,
    example=ViewExample(a_template),
)
