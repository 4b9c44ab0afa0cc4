"""A small company: Alice, Bob, two browsers and a route to the outside."""

from dataclasses import dataclass
from uuid import UUID

from ovix_schema import (
    ContextInclusion,
    ContextRange,
    Extension,
    FeatureCode,
    LineExtension,
    Outcall,
    OutcallExtension,
    OutcallTrunk,
    Trunk,
    UserLine,
)
from ovix_testkit.builders import (
    a_context,
    a_line,
    a_sip_endpoint,
    a_user,
    a_voicemail,
    an_entity,
    an_extension,
)
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

CODES = {
    "phonestatus": "*10",
    "fwdundoall": "*20",
    "fwdunc": "_*21.",
    "fwdrna": "_*22.",
    "fwdbusy": "_*23.",
    "enablednd": "*25",
    "callrecord": "*26",
    "incallfilter": "*27",
    "bsfilter": "_*37.",
    "calluser": "_*666.",
    "pickup": "_*8.",
    "recsnd": "*9",
    "enablevm": "*90",
    "enablevmslt": "_*90.",
    "vmuserslt": "_*96.",
    "vmboxslt": "_*97.",
    "vmusermsg": "*98",
    "vmboxmsgslt": "_*99.",
}


@dataclass
class Company:
    """Ids of what the tests name."""

    alice: int
    bob: int
    bob_uuid: UUID
    route: int
    entity: int


async def found(sessions: async_sessionmaker[AsyncSession]) -> Company:
    """Alice (1000, with a box) and Bob (1001), two lines with browsers that are nobody's, a door.

    The door and the carrier are known by their addresses alone. Calls to the outside start with 0.
    """
    async with sessions.begin() as session:
        entity = an_entity(country="FR")
        session.add(entity)
        await session.flush()
        inside = a_context(name="default", entity_id=entity.id)
        outside = a_context(name="to-extern", type="outcall", entity_id=entity.id)
        incoming = a_context(name="from-extern", type="incall", entity_id=entity.id)
        session.add_all([inside, outside, incoming])
        await session.flush()
        box = a_voicemail("default", number="1000", name="Alice, Martin", password="1234")
        session.add_all(
            [
                ContextInclusion(context_id=inside.id, included_id=outside.id, position=0),
                ContextRange(context_id=inside.id, kind="user", start="1000", end="1999"),
                ContextRange(
                    context_id=incoming.id, kind="incall", start="6000", end="6999", did_length=4
                ),
                box,
            ]
        )
        codes = {code.feature for code in await session.scalars(select(FeatureCode))}
        session.add_all(
            FeatureCode(feature=feature, exten=exten)
            for feature, exten in CODES.items()
            if feature not in codes
        )
        await session.flush()
        people = []
        for name, number in (("Alice", "1000"), ("Bob", "1001")):
            user = a_user(
                firstname=name,
                lastname="Martin",
                entity_id=entity.id,
                voicemail_id=box.id if name == "Alice" else None,
                voicemail_enabled=name == "Alice",
            )
            endpoint = a_sip_endpoint(username=name.lower(), secret=f"{name}-pass;word")
            exten = an_extension("default", exten=number)
            session.add_all([user, endpoint, exten])
            await session.flush()
            line = a_line("default", endpoint_sip_id=endpoint.id)
            session.add(line)
            await session.flush()
            session.add(UserLine(user_id=user.id, line_id=line.id, main_user=True, main_line=True))
            session.add(LineExtension(line_id=line.id, extension_id=exten.id, main_extension=True))
            people.append(user)
        for name, kind in (("wendy", "yes"), ("uma", "ua")):
            endpoint = a_sip_endpoint(username=name, native_options={"webrtc": kind})
            session.add(endpoint)
            await session.flush()
            session.add(a_line("default", endpoint_sip_id=endpoint.id))
        door = a_sip_endpoint(
            username="door", host="127.0.0.8", native_options={"insecure": "port,invite"}
        )
        session.add(door)
        await session.flush()
        session.add(a_line("default", endpoint_sip_id=door.id))
        carrier = a_sip_endpoint(
            username="carrier", host="127.0.0.9", native_options={"insecure": "port,invite"}
        )
        route = Outcall(name="outside", entity_id=entity.id)
        pattern = Extension(exten="_0X.", context="to-extern", type="outcall")
        session.add_all([carrier, route, pattern])
        await session.flush()
        trunk = Trunk(endpoint_sip_id=carrier.id, context="from-extern")
        dialled = OutcallExtension(outcall_id=route.id, extension_id=pattern.id, strip_digits=1)
        session.add_all([trunk, dialled])
        await session.flush()
        session.add(OutcallTrunk(outcall_id=route.id, trunk_id=trunk.id, position=0))
    return Company(
        alice=people[0].id,
        bob=people[1].id,
        bob_uuid=people[1].uuid,
        route=dialled.id,
        entity=entity.id,
    )
