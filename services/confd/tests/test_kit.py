"""The kit itself: links in all their forms, registries that clash, bodies, text statements."""

from collections.abc import AsyncIterator
from types import ModuleType
from typing import Annotated, Any

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from ovix_bus.catalogue import permissions
from ovix_confd.app import create_confd_app
from ovix_confd.domains.call_permissions import CALL_PERMISSIONS
from ovix_confd.domains.schedules import SCHEDULES
from ovix_confd.kit import (
    Link,
    LinkExample,
    LinkSpec,
    NullMeansDefault,
    Registry,
    Schema,
    Spec,
    Strict,
    Work,
    associated,
    json_object,
    link,
    links,
    partial_of,
)
from ovix_confd.kit.registry import SpecConflict
from ovix_confd.link_forms import dissolved, posted
from ovix_confd.settings import ConfdSettings
from ovix_rows import compiled
from ovix_schema import CallPermission, Entity, Schedule
from pydantic import ValidationError
from sqlalchemy import select


class PermissionScheduleRead(Schema):
    call_permission_id: int
    schedule_id: int
    links: list[Link]


async def associate(work: Work, permission: CallPermission, schedule: Schedule) -> None:
    if permission.description is not None:
        raise associated("CallPermission", "Schedule", schedule_id=schedule.id)
    permission.description = str(schedule.id)
    work.announce(permissions.call_permission_edited(id=permission.id))


async def dissociate(work: Work, permission: CallPermission, schedule: Schedule) -> None:
    if permission.description != str(schedule.id):
        raise PERMISSION_SCHEDULE.missing(permission.id, schedule.id)
    permission.description = None
    work.announce(permissions.call_permission_edited(id=permission.id))


async def current(work: Work, permission: CallPermission) -> Schedule | None:
    if permission.description is None:
        return None
    return await work.session.get(Schedule, int(permission.description))


async def none_prepared(_session: Any, _entity_id: int) -> tuple[object, object]:
    return 0, 0


PERMISSION_SCHEDULE = LinkSpec(
    name="call_permission_schedule",
    title="CallPermissionSchedule",
    left=CALL_PERMISSIONS,
    right=SCHEDULES,
    path="/schedules",
    associate=associate,
    dissociate=dissociate,
    example=LinkExample(none_prepared),
)
SHOWN: Any = {
    "shows": json_object(
        call_permission_id=CallPermission.id,
        schedule_id=Schedule.id,
        links=links(
            link("callpermissions", "/callpermissions/", CallPermission.id),
            link("schedules", "/schedules/", Schedule.id),
        ),
    ),
    "read": PermissionScheduleRead,
}
OLDER: Any = {"scope": "confd.#", "deprecated": True}
FORMS = (
    posted(PERMISSION_SCHEDULE, "/schedules", name="post", **SHOWN),
    posted(PERMISSION_SCHEDULE, "/schedule", name="post_2", **SHOWN, **OLDER),
    dissolved(PERMISSION_SCHEDULE, "/schedules", current, name="delete"),
    dissolved(PERMISSION_SCHEDULE, "/schedule", current, name="delete_2", **OLDER),
)


def a_domain(*specs: Spec) -> ModuleType:
    domain = ModuleType("domain")
    domain.__dict__["SPECS"] = specs
    return domain


@pytest_asyncio.fixture
async def linked(settings: ConfdSettings, api: AsyncClient) -> AsyncIterator[AsyncClient]:
    """A service of two resources and a link, with a permission and a schedule, both of id 1."""
    registry = Registry.of(a_domain(CALL_PERMISSIONS, SCHEDULES, PERMISSION_SCHEDULE, *FORMS))
    app = create_confd_app(settings, registry)
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url=api.base_url, headers=api.headers) as made:
        await made.post("/callpermissions", json={"name": "one"})
        await made.post("/schedules", json={"closed_destination": {"type": "none"}})
        yield made
    await app.state.engine.dispose()


LINKED = "/callpermissions/1/schedules/1"


async def test_a_link_is_made_once_and_dissolved_once(linked: AsyncClient, announced: Any) -> None:
    assert (await linked.put(LINKED)).status_code == 204
    again = await linked.put(LINKED)
    assert (again.status_code, again.json()) == (
        400,
        ["Resource Error - CallPermission is associated with a Schedule ('schedule_id': 1)"],
    )
    assert (await linked.delete(LINKED)).status_code == 204
    gone = await linked.delete(LINKED)
    assert (gone.status_code, gone.json()) == (
        404,
        [
            "Resource Not Found - CallPermissionSchedule was not found"
            " ('call_permission_id': 1, 'schedule_id': 1)"
        ],
    )
    assert (await announced())[2:] == ["call_permission_edited"] * 2


@pytest.mark.parametrize("path", ["/schedules", "/schedule"])
async def test_old_forms_name_the_right_side_in_the_body_or_not_at_all(
    linked: AsyncClient, path: str
) -> None:
    made = await linked.post(f"/callpermissions/1{path}", json={"schedule_id": 1})
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"http://confd:9486/1.1{LINKED}"
    assert made.json()["schedule_id"] == 1
    assert [each["rel"] for each in made.json()["links"]] == ["callpermissions", "schedules"]
    assert (await linked.delete(f"/callpermissions/1{path}")).status_code == 204
    assert (await linked.delete(f"/callpermissions/1{path}")).status_code == 404
    unknown = await linked.post(f"/callpermissions/1{path}", json={"schedule_id": 99})
    assert (unknown.status_code, unknown.json()) == (
        400,
        ["Input Error - field 'schedule_id': Schedule was not found ('id': 99)"],
    )
    assert (
        await linked.post(f"/callpermissions/9{path}", json={"schedule_id": 1})
    ).status_code == (404)


async def test_a_side_that_is_not_there_is_named(linked: AsyncClient) -> None:
    for path, title in (
        ("/callpermissions/9/schedules/1", "CallPermission"),
        ("/callpermissions/1/schedules/9", "Schedule"),
    ):
        for method in ("PUT", "DELETE"):
            answer = await linked.request(method, path)
            assert answer.status_code == 404
            assert answer.json() == [f"Resource Not Found - {title} was not found ('id': 9)"]


async def test_objects_of_different_entities_are_not_linked(
    linked: AsyncClient, client: Any, entity: Entity, save: Any
) -> None:
    other = await save(Entity(name="second"))
    await save(Schedule(name="theirs", entity_id=other.id))
    answer = await linked.put("/callpermissions/1/schedules/2")
    assert answer.status_code == 400
    assert answer.json()[0].startswith("Resource Error - Operation not permitted. ")
    bound = await client("confd.#", entity_id=entity.id)
    linked.headers["X-Auth-Token"] = bound.headers["X-Auth-Token"]
    assert (await linked.put("/callpermissions/1/schedules/2")).status_code == 404
    assert (await linked.put(LINKED)).status_code == 204


def test_domains_that_claim_the_same_thing_stop_the_start() -> None:
    with pytest.raises(SpecConflict, match="the spec ResourceSpec schedule is there twice"):
        Registry.of(a_domain(SCHEDULES), a_domain(SCHEDULES))


class Sample(Schema):
    number: Annotated[int, NullMeansDefault()] = 5
    flag: Strict = True
    text: str | None = None


def test_null_means_the_default_on_creation_only() -> None:
    assert Sample.model_validate({"number": None}).number == 5
    update: Any = partial_of(Sample)
    assert update.model_validate({}).model_dump(exclude_unset=True) == {}
    assert update.model_validate({"text": None}).model_dump(exclude_unset=True) == {"text": None}
    for wrong in ({"number": None}, {"flag": None}, {"flag": 1}):
        with pytest.raises(ValidationError):
            update.model_validate(wrong)


def test_the_description_of_an_edit_has_no_defaults() -> None:
    properties = partial_of(Sample).model_json_schema()["properties"]
    assert all("default" not in each for each in properties.values())
    created = Sample.model_json_schema()["properties"]
    assert {"type": "null"} in created["number"]["anyOf"]


def test_a_list_that_can_not_be_bound_later_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="IN"):
        compiled(select(Schedule.id).where(Schedule.id.in_([1, 2])))
