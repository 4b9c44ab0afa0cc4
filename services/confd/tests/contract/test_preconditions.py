"""What tags of items guard against, of every resource (RFC 9110, 8.8.3 and 13.1)."""

from collections.abc import Awaitable, Callable
from typing import Any

from httpx import AsyncClient
from ovix_confd.kit import ResourceSpec

Spec = ResourceSpec[Any]
Make = Callable[..., Awaitable[list[dict[str, Any]]]]
PathOf = Callable[[Spec, dict[str, Any]], str]
Announced = Callable[[], Awaitable[list[str]]]


async def test_an_item_has_a_tag_that_is_the_same_until_the_item_changes(
    resource: Spec, api: AsyncClient, make: Make, path_of: PathOf
) -> None:
    [item] = await make(resource)
    path = path_of(resource, item)
    tag = (await api.get(path)).headers["ETag"]
    elsewhere = await api.get(path, headers={"Host": "pbx.example.org"})
    assert elsewhere.headers["ETag"] == tag
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await api.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b""), known
    assert (await api.get(path, headers={"If-None-Match": '"other"'})).json() == item
    if resource.update is not None:
        await api.put(path, json=resource.example.change)
        changed = await api.get(path, headers={"If-None-Match": tag})
        now = (await api.get(path)).json()
        assert (changed.status_code == 200) == (changed.headers["ETag"] != tag) == (now != item)


async def test_what_has_changed_since_it_was_read_is_not_overwritten(
    editable: Spec, api: AsyncClient, make: Make, path_of: PathOf, announced: Announced
) -> None:
    [item] = await make(editable)
    path = path_of(editable, item)
    seen = (await api.get(path)).headers["ETag"]
    mine = await api.put(path, json=editable.example.change, headers={"If-Match": seen})
    assert mine.status_code == 204
    now = (await api.get(path)).json()
    before = await announced()
    # What is there from the start may have been like that before the edit.
    for stale in ("nonsense", "", f"W/{seen}", *([seen] if now != item else [])):
        for method in ("PUT", "DELETE"):
            theirs = await api.request(method, path, json={}, headers={"If-Match": stale})
            if theirs.status_code == 405:
                continue
            assert theirs.status_code == 412, (method, stale)
            [message] = theirs.json()
            assert message.startswith(f"Precondition Failed - {editable.title} has changed")
    assert (await api.get(path)).json() == now
    assert await announced() == before
    assert (await api.put(path, json={}, headers={"If-Match": "*"})).status_code == 204


async def test_one_of_several_tags_is_enough(
    editable: Spec, api: AsyncClient, make: Make, path_of: PathOf
) -> None:
    [item] = await make(editable)
    path = path_of(editable, item)
    tag = (await api.get(path)).headers["ETag"]
    edited = await api.put(path, json={}, headers={"If-Match": f'"other", {tag}'})
    assert edited.status_code == 204


async def test_a_view_of_an_item_has_no_tag(
    resource: Spec, api: AsyncClient, make: Make, path_of: PathOf
) -> None:
    for view in resource.views:
        [item] = await make(resource)
        answer = await api.get(path_of(resource, item), params={"view": view})
        assert (answer.status_code, "ETag" in answer.headers) == (200, False)
