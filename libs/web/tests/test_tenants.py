"""``Wazo-Tenant`` among entities that lie below one another, even in a circle."""

import pytest
from ovix_schema import Entity
from ovix_web import Sessions
from ovix_web.tenants import UnauthorizedTenant, and_below, entity_of_request


@pytest.fixture
async def tree(sessions: Sessions, clean_database: str) -> dict[str, Entity]:
    """``top`` over ``middle`` over ``leaf``, and ``stranger``."""
    made: dict[str, Entity] = {}
    async with sessions.begin() as session:
        for name, above in (
            *(("top", None), ("middle", "top"), ("leaf", "middle"), ("stranger", None)),
        ):
            made[name] = Entity(name=name, parent_id=made[above].id if above else None)
            session.add(made[name])
            await session.flush()
    return made


@pytest.mark.parametrize(
    ("own", "named", "reached"),
    [
        ("top", "top", True),
        ("top", "middle", True),
        ("top", "leaf", True),
        ("middle", "leaf", True),
        ("leaf", "middle", False),
        ("middle", "top", False),
        ("top", "stranger", False),
        (None, "stranger", True),
        (None, "leaf", True),
    ],
)
async def test_a_token_reaches_its_own_entity_and_those_below(
    tree: dict[str, Entity], sessions: Sessions, own: str | None, named: str, reached: bool
) -> None:
    async with sessions() as session:
        asked = entity_of_request(session, tree[own].id if own else None, str(tree[named].uuid))
        if reached:
            assert await asked == tree[named].id
        else:
            with pytest.raises(UnauthorizedTenant):
                await asked


@pytest.mark.parametrize("header", [None, ""])
async def test_without_the_header_it_is_the_tokens_own(
    sessions: Sessions, header: str | None
) -> None:
    async with sessions() as session:
        assert await entity_of_request(session, 42, header) == 42
        assert await entity_of_request(session, None, header) is None
        assert not session.in_transaction(), "no statement"


@pytest.mark.parametrize("header", ["x", "0b0ae7b5-8b2f-4f0e-9d0c-6c2f6d7f5c11", "\x00", "é" * 300])
async def test_what_is_no_entity_is_unauthorized_for_everybody(
    tree: dict[str, Entity], sessions: Sessions, header: str
) -> None:
    async with sessions() as session:
        for own in (None, tree["top"].id):
            with pytest.raises(UnauthorizedTenant) as refusal:
                await entity_of_request(session, own, header)
            assert refusal.value.problem().error_id == "unauthorized-tenant"


async def test_a_circle_ends(tree: dict[str, Entity], sessions: Sessions) -> None:
    async with sessions.begin() as session:
        top = await session.get_one(Entity, tree["top"].id)
        top.parent_id = tree["leaf"].id
        await session.flush()
        found = await session.scalars(and_below(Entity.id == tree["middle"].id))
        assert set(found) == {tree[name].id for name in ("top", "middle", "leaf")}
