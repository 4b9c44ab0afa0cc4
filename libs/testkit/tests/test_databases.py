"""The fixtures the other tests stand on."""

from ovix_schema import FeatureCode, User
from ovix_testkit import QueryRecorder
from ovix_testkit.builders import a_user
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


async def test_a_clean_database_keeps_only_what_migrations_put_there(
    clean_database: str, sessions: async_sessionmaker[AsyncSession]
) -> None:
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 0
        assert await session.scalar(select(func.count()).select_from(FeatureCode)) == 33


async def test_a_search_finds_a_name_without_its_accents(
    clean_database: str, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
) -> None:
    async with sessions.begin() as session:
        session.add(a_user(firstname="Éloïse", lastname="Lefèvre"))
    async with sessions() as session:
        with QueryRecorder(engine) as queries:
            found = await session.scalar(
                select(User.lastname).where(User.search_text.contains(func.ovix_search("eloise")))
            )
    assert found == "Lefèvre"
    assert len(queries) == 1
