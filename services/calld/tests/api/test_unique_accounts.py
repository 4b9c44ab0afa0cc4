"""Both devices of a unique account are its user's line: F-121."""

from typing import Any

import pytest
from ovix_calld.live.parties import find_parties
from ovix_schema import EndpointSip
from sqlalchemy import select

ALICE = "7f3a5f9e-0001-4000-8000-000000000001"


@pytest.mark.parametrize(("kind", "known"), [("ua", True), ("yes", False), ("no", False)])
async def test_the_browser_of_a_unique_account_is_its_users(
    company: Any, kind: str, known: bool
) -> None:
    async with company.sessions.begin() as session:
        endpoint = await session.scalar(select(EndpointSip).where(EndpointSip.username == "alice"))
        endpoint.native_options = {"webrtc": kind}
        await session.flush()
        found = await find_parties(session, ["PJSIP/alice", "PJSIP/alice_w", "PJSIP/bob_w"])
    assert set(found) == {"PJSIP/alice", "PJSIP/alice_w"} if known else {"PJSIP/alice"}
    for party in found.values():
        assert party.user_uuid == ALICE
        assert party.line_id == company.line_ids["alice"]
        assert not party.external
