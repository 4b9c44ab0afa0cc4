"""``/users/{id}/agents``: the agent a user is."""

from ovix_bus.catalogue import users
from ovix_schema import Agent, User
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
from ...link_forms import dissolved
from ..agents import AGENTS
from .resource import USERS
from .services import a_user


class UserAgentRead(Schema):
    """A user and the agent he is."""

    user_id: int
    agent_id: int | None
    links: list[Link]


async def _associate(work: Work, user: User, agent: Agent) -> None:
    if user.agent_id is not None:
        raise associated("User", "Agent", user_id=user.id, agent_id=user.agent_id)
    user.agent_id = agent.id
    work.announce(users.agent_associated(user_uuid=user.uuid, agent_id=agent.id))


async def _dissociate(work: Work, user: User, agent: Agent) -> None:
    user.agent_id = None
    work.announce(users.agent_dissociated(user_uuid=user.uuid, agent_id=agent.id))


async def _agent_of(work: Work, user: User) -> Agent | None:
    return None if user.agent_id is None else await work.session.get(Agent, user.agent_id)


async def _example(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    agent = Agent(number=f"*{entity_id}", entity_id=entity_id)
    session.add(agent)
    return await a_user(session, entity_id), agent.id


USER_AGENTS = LinkSpec(
    name="user_agent",
    title="UserAgent",
    left=USERS,
    right=AGENTS,
    path="/agents",
    associate=_associate,
    dissociate=_dissociate,
    names_right_on_delete=False,
    example=LinkExample(_example),
)
USER_AGENT_DELETE = dissolved(USER_AGENTS, "/agents", _agent_of)
USER_AGENT = ViewSpec(
    name="user_agent",
    parent=USERS,
    path="/agents",
    shows=json_object(
        user_id=User.id,
        agent_id=User.agent_id,
        links=links(link("users", "/users/", User.id)),
    ),
    read=UserAgentRead,
    example=ViewExample(a_user),
)
