"""``/graphql``: whom many numbers belong to, as 2026.08's agid and clients ask."""

from typing import Any
from uuid import uuid4

import pytest

MARIE = {"firstname": "Marie", "lastname": "Dupont", "number": "0142000001", "email": "m@x.org"}
LISTED: dict[str, Any] = {"first_matched_columns": ["number"], "unique_column": "number"}
CONTACTS = """
contacts(profile: $profile, extens: $extens) { edges { node {
  firstname lastname email wazoReverse wazoBackend wazoSourceName wazoSourceEntryId
  ... on WazoContact { userId userUuid endpointId agentId }
} } }
"""
ME = f"query ($profile: String, $extens: [String!]) {{ me {{ userUuid {CONTACTS} }} }}"
USER = (
    "query ($uuid: String!, $profile: String, $extens: [String!])"
    f" {{ user(uuid: $uuid) {{ userUuid {CONTACTS} }} }}"
)


async def ask(client: Any, query: str, status: int = 200, **variables: Any) -> Any:
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == status, answer.text
    return answer.json()


def error_ids(answer: Any) -> list[Any]:
    return [each["extensions"]["error_id"] for each in answer["errors"]]


async def people(directories: Any) -> Any:
    """A user with a number, in a profile with somebody who is no user; the user."""
    await directories.context("default")
    bob = await directories.user("Bob", "Martin", exten="1001")
    users = await directories.source("xivo", "internal", first_matched_columns=["exten"])
    others = await directories.source("listed", "others", contacts=[MARIE], **LISTED)
    await directories.profile(users, others)
    return bob


async def test_one_edge_for_each_number_in_order(directories: Any) -> None:
    bob = await people(directories)
    async with await directories.client(bob) as client:
        answer = await ask(
            client, ME, profile="default", extens=["0142000001", "0199999999", "1001"]
        )
    assert "errors" not in answer
    me = answer["data"]["me"]
    assert me["userUuid"] == str(bob.uuid)
    marie, nobody, colleague = (each["node"] for each in me["contacts"]["edges"])
    assert marie == {
        "firstname": "Marie",
        "lastname": "Dupont",
        "email": "m@x.org",
        "wazoReverse": "Marie Dupont",
        "wazoBackend": "listed",
        "wazoSourceName": "others",
        "wazoSourceEntryId": "0142000001",
    }
    assert nobody is None
    assert (colleague["wazoReverse"], colleague["wazoBackend"]) == ("Bob Martin", "xivo")
    assert (colleague["userId"], colleague["userUuid"]) == (bob.id, str(bob.uuid))
    assert isinstance(colleague["endpointId"], int)
    assert colleague["agentId"] is None


async def test_a_program_asks_for_a_user(directories: Any) -> None:
    bob = await people(directories)
    async with await directories.client(acl=["dird.graphql.user"]) as client:
        answer = await ask(
            client, USER, uuid=str(bob.uuid), profile="default", extens=["0142000001"]
        )
    (edge,) = answer["data"]["user"]["contacts"]["edges"]
    assert edge["node"]["wazoReverse"] == "Marie Dupont"


async def test_without_numbers_there_are_no_edges(directories: Any) -> None:
    bob = await people(directories)
    async with await directories.client(bob) as client:
        answer = await ask(client, ME, profile="default")
        assert answer["data"]["me"]["contacts"] == {"edges": []}


@pytest.mark.parametrize("variables", [{}, {"profile": "nope"}])
async def test_a_profile_that_is_missing_or_unknown_is_an_error_beside_the_data(
    directories: Any, variables: Any
) -> None:
    bob = await people(directories)
    async with await directories.client(bob) as client:
        answer = await ask(client, ME, extens=["1001"], **variables)
    assert answer["data"]["me"] == {"userUuid": str(bob.uuid), "contacts": None}
    assert error_ids(answer) == ["unknown-profile"]


async def test_each_question_needs_its_access(directories: Any) -> None:
    bob = await people(directories)
    async with await directories.client(bob, acl=["dird.graphql.me"]) as client:
        assert (await ask(client, "{ me { userUuid } }"))["data"]["me"]["userUuid"]
        refused = await ask(client, USER, uuid=str(bob.uuid))
        assert (refused["data"], error_ids(refused)) == ({"user": None}, ["unauthorized"])
    async with await directories.client(acl=["dird.graphql.user"]) as client:
        assert error_ids(await ask(client, "{ me { userUuid } }")) == ["unauthorized"]
    async with await directories.client() as client:
        assert error_ids(await ask(client, "{ me { userUuid } }")) == ["no-user"]
    answer = await directories.http.post("/0.1/graphql", json={"query": "{ me { userUuid } }"})
    assert answer.status_code == 401


async def test_a_users_token_sees_nobody_elses_contacts(directories: Any) -> None:
    bob = await people(directories)
    alice = await directories.user("Alice")
    own = await directories.source("personal", "personal", first_matched_columns=["number"])
    await directories.profile(own, name="mine")
    async with await directories.client(alice) as client:
        await client.post("/personal", json={"firstname": "Secret", "number": "0142000009"})
    question: dict[str, Any] = {
        "uuid": str(alice.uuid),
        "profile": "mine",
        "extens": ["0142000009"],
    }
    async with await directories.client(bob) as client:
        answer = await ask(client, USER, **question)
        assert answer["data"]["user"]["contacts"]["edges"] == [{"node": None}]
    async with await directories.client() as client:
        answer = await ask(client, USER, **question)
        assert answer["data"]["user"]["contacts"]["edges"][0]["node"]["firstname"] == "Secret"


@pytest.mark.parametrize(
    "query",
    ["", "{", "{ nothing }", "mutation { me { userUuid } }", "subscription { me { userUuid } }",
     "{ me { userUuid " + "a: userUuid " * 1000 + "} }",
     "{ __schema { types " + "{ fields { type " * 8 + "{ name }" + "} }" * 8 + " } }",
     "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
     "query a { me { userUuid } } query b { me { userUuid } }"],
)  # fmt: skip
async def test_what_is_no_query_of_this_schema_is_400(directories: Any, query: str) -> None:
    async with await directories.client() as client:
        await ask(client, query, status=400)


async def test_fragments_that_double_each_other_cost_no_more_than_they_are(
    directories: Any,
) -> None:
    parts = [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60)]
    query = " ".join(["{ ...f0 }", *parts, "fragment f60 on Query { me { userUuid } }"])
    bob = await people(directories)
    async with await directories.client(bob) as client:
        answer = await ask(client, query)
        assert answer["data"]["me"]["userUuid"] == str(bob.uuid)


async def test_numbers_of_one_query_are_bounded_however_they_are_asked_for(
    directories: Any,
) -> None:
    bob = await people(directories)
    many = [f"01420{number:05}" for number in range(300)]
    twice = (
        "query ($extens: [String!]) { me {"
        ' a: contacts(profile: "default", extens: $extens) { edges { node { firstname } } }'
        ' b: contacts(profile: "default", extens: $extens) { edges { node { firstname } } } } }'
    )
    async with await directories.client(bob) as client:
        assert error_ids(await ask(client, twice, extens=many)) == ["too-many-extens"]
        long = await ask(client, ME, profile="default", extens=["1" * 300])
        assert error_ids(long) == ["invalid-data"]
        invalid = await ask(client, USER, uuid="no uuid")
        assert error_ids(invalid) == ["invalid-data"]
        unknown = await ask(client, USER, uuid=str(uuid4()), profile="default", extens=["1001"])
        assert unknown["data"]["user"]["contacts"]["edges"][0]["node"]["firstname"] == "Bob"
