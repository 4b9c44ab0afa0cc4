"""Proofs that work once: whoever copies one from a log or a browser comes too late."""

from datetime import datetime

from ovix_schema import TakenProof
from ovix_web import Sessions, hash_of
from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession


async def take(sessions: Sessions, proof: str, expires_at: datetime) -> bool:
    """Note that the proof was taken; False when it was before, by whichever replica.

    ``expires_at`` is when it would be refused anyway.
    """
    async with sessions.begin() as session:
        taken = await session.scalar(
            insert(TakenProof)
            .values(proof_hash=hash_of(proof), expires_at=expires_at)
            .on_conflict_do_nothing()
            .returning(TakenProof.proof_hash)
        )
    return taken is not None


async def forget_old(session: AsyncSession) -> None:
    """Delete those that nobody would take."""
    await session.execute(delete(TakenProof).where(TakenProof.expires_at < func.now()))
