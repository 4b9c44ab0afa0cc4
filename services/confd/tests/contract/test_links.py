"""What every association does (reference/confd/README.md, Associations)."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from httpx import AsyncClient, Response
from ovix_confd.kit import LinkSpec
from ovix_schema import Entity
from ovix_testkit import QueryRecorder
from ovix_web import Sessions

Spec = LinkSpec[Any, Any]
Client = Callable[..., Awaitable[AsyncClient]]
UNKNOWN = "2147483647"


async def two_of(spec: Spec, sessions: Sessions, entity_id: int) -> tuple[object, object]:
    """Two rows of an entity that may be linked, as the path names them."""
    async with sessions.begin() as session:
        return await spec.example.prepare(session, entity_id)


def path_of(spec: Spec, left: object, right: object) -> str:
    return f"{spec.left.path}/{left}{spec.path}/{right}"


async def removed(spec: Spec, api: AsyncClient, left: object, right: object) -> Response:
    """Dissolve the link, in the way there is."""
    if spec.names_right_on_delete:
        return await api.delete(path_of(spec, left, right))
    return await api.delete(f"{spec.left.path}/{left}{spec.path}")


def an_error(answer: Response, status: int, prefix: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json()[0].startswith(prefix), answer.text


async def test_a_link_is_made_once_and_dissolved_once(
    link: Spec, api: AsyncClient, entity: Entity, sessions: Sessions,
    announced: Callable[[], Awaitable[list[str]]],
) -> None:  # fmt: skip
    left, right = await two_of(link, sessions, entity.id)
    path = path_of(link, left, right)
    made = await api.put(path)
    assert (made.status_code, made.content) == (204, b""), made.text
    after = await announced()
    assert any(name.endswith(("_associated", "_edited")) for name in after), after
    if link.example.repeatable:
        await repeated(link, api, left, right)
        assert len(await announced()) == 2 * len(after) + 2
        return
    an_error(await api.put(path), 400, "Resource Error - ")
    gone = await removed(link, api, left, right)
    assert (gone.status_code, gone.content) == (204, b""), gone.text
    assert len(await announced()) > len(after)
    again = await removed(link, api, left, right)
    assert again.status_code in (400, 404), again.text
    assert again.json()[0].startswith("Resource "), again.text


async def repeated(spec: Spec, api: AsyncClient, left: object, right: object) -> None:
    """The link is there; it is made again, then dissolved twice."""
    assert (await api.put(path_of(spec, left, right))).status_code == 204
    for _ in range(2):
        gone = await removed(spec, api, left, right)
        assert (gone.status_code, gone.content) == (204, b""), gone.text


async def test_each_side_must_exist(
    link: Spec, api: AsyncClient, entity: Entity, sessions: Sessions
) -> None:
    left, right = await two_of(link, sessions, entity.id)
    for method in ("PUT", "DELETE") if link.names_right_on_delete else ("PUT",):
        an_error(
            await api.request(method, path_of(link, UNKNOWN, right)), 404,
            f"Resource Not Found - {link.left.title} was not found",
        )  # fmt: skip
        an_error(
            await api.request(method, path_of(link, left, UNKNOWN)), 404,
            f"Resource Not Found - {link.right.title} was not found",
        )  # fmt: skip


async def test_access_strings_are_those_of_the_reference(
    link: Spec, client: Client, entity: Entity, sessions: Sessions
) -> None:
    left, right = await two_of(link, sessions, entity.id)
    path = path_of(link, left, right)
    assert (await (await client()).put(path)).status_code == 401
    assert (await (await client("confd.something.else")).put(path)).status_code == 401
    scope = "confd" + path.replace("/", ".")
    assert (await (await client(f"{scope}.update")).put(path)).status_code == 204
    if link.names_right_on_delete:
        assert (await (await client(f"{scope}.update")).delete(path)).status_code == 401
        assert (await (await client(f"{scope}.delete")).delete(path)).status_code == 204


async def test_a_link_takes_at_most_six_statements(
    link: Spec, api: AsyncClient, app: FastAPI, entity: Entity, sessions: Sessions
) -> None:
    left, right = await two_of(link, sessions, entity.id)
    with QueryRecorder(app.state.engine) as queries:
        assert (await api.put(path_of(link, left, right))).status_code == 204
    own = [each for each in queries.statements if "FROM tokens" not in each]
    assert len(own) <= 6, own
    assert sum("INTO outbox" in each for each in own) == 1


async def test_entities_can_not_be_linked_with_each_other(
    link: Spec, api: AsyncClient, client: Client, entity: Entity, save: Any, sessions: Sessions,
    announced: Callable[[], Awaitable[list[str]]],
) -> None:  # fmt: skip
    other = await save(Entity(name="second"))
    mine = await two_of(link, sessions, entity.id)
    theirs = await two_of(link, sessions, other.id)
    stranger = await client("confd.#", entity_id=other.id)
    an_error(await stranger.put(path_of(link, *mine)), 404, "Resource Not Found - ")
    for left, right in ((mine[0], theirs[1]), (theirs[0], mine[1])):
        an_error(await stranger.put(path_of(link, left, right)), 404, "Resource Not Found - ")
        an_error(await api.put(path_of(link, left, right)), 400, "Resource Error - ")
    assert await announced() == []
