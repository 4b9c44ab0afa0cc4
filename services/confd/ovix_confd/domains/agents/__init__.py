"""Agents: those who log in to take the calls of queues.

Source: reference/confd/groups-queues-agents-skills.md, "Agent fields". Queues and skills have no
resources yet: an agent's are empty.
"""

from typing import Annotated, Any

from ovix_bus.catalogue import groups
from ovix_schema import Agent, FuncKey, User
from pydantic import Field
from sqlalchemy import literal_column

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Text,
    Work,
    json_list,
    link,
    links,
    partial_of,
    taken,
    text,
)
from ...lost_keys import announce_lost_keys
from ...relations import UserRelation, user_relation

_NO_RELATION: Any = literal_column("'[]'::json")


class AgentCreate(Schema):
    """An agent to create; his number stays."""

    number: Annotated[str, Field(pattern=r"^[0-9*#]{1,40}$")]
    firstname: Annotated[str, text(128)] | None = None
    lastname: Annotated[str, text(128)] | None = None
    password: Annotated[str, text(128)] | None = None
    language: Annotated[str, text(20)] | None = None
    preprocess_subroutine: Annotated[str, text(39)] | None = None
    description: Text | None = None


class AgentRead(Schema):
    """An agent."""

    id: int
    number: str
    firstname: str | None
    lastname: str | None
    password: str | None
    language: str | None
    preprocess_subroutine: str | None
    description: str | None
    queues: list[Any]
    skills: list[Any]
    users: list[UserRelation]
    links: list[Link]


async def forget_keys(work: Work, agent: Agent) -> None:
    """The keys that log him in and out go with him."""
    await announce_lost_keys(work, FuncKey.agent_id == agent.id)


AGENTS = ResourceSpec(
    name="agent",
    title="Agent",
    path="/agents",
    model=Agent,
    read=AgentRead,
    create=AgentCreate,
    update=partial_of(AgentCreate, without=frozenset({"number"})),
    rows=Rows(
        item={
            "id": Agent.id,
            "number": Agent.number,
            "firstname": Agent.firstname,
            "lastname": Agent.lastname,
            "password": Agent.password,
            "language": Agent.language,
            "preprocess_subroutine": Agent.preprocess_subroutine,
            "description": Agent.description,
            "queues": _NO_RELATION,
            "skills": _NO_RELATION,
            "users": json_list(user_relation(), User.agent_id == Agent.id, order=(User.id,)),
            "links": links(link("agents", "/agents/", Agent.id)),
        },
        columns={
            "id": Agent.id,
            "firstname": Agent.firstname,
            "lastname": Agent.lastname,
            "number": Agent.number,
            "preprocess_subroutine": Agent.preprocess_subroutine,
        },
        order="id",
        key=Key(Agent.id),
        source=Agent.__table__,
        entity=Agent.entity_id,
    ),
    deletion=(forget_keys,),
    announces=Announces(
        created=groups.agent_created, edited=groups.agent_edited, deleted=groups.agent_deleted
    ),
    conflicts={"uq_agents_number": taken("Agent")},
    example=Example(
        body={
            "number": "8000",
            "firstname": "Karim",
            "lastname": "Petit",
            "password": "1234",
            "language": "fr_FR",
            "preprocess_subroutine": "before-agents",
            "description": "Evenings",
        },
        change={"lastname": "Roux", "password": None},
        vary=lambda n: {"number": str(8000 + n)},
    ),
)
SPECS = (AGENTS,)
