"""Every event of every change: name, routing key and data are those of reference/confd/events.md.

The tables below are that document; what XiVO does not announce, or announces otherwise, is marked,
and explained in docs/xivo-differences.md.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_confd.kit import LinkSpec, ResourceSpec, SectionSpec, ViewSpec
from ovix_schema import Entity, OutboxMessage
from ovix_web import Sessions
from sqlalchemy import delete, select

Spec = ResourceSpec[Any]
Link = LinkSpec[Any, Any]
View = ViewSpec[Any]
Event = tuple[str, str, dict[str, Any]]
"""Name, routing key, data."""
Told = Callable[[], Awaitable[list[Event]]]
Prepared = Callable[[Spec, int], Awaitable[dict[str, Any]]]

LIVES: dict[str, tuple[str, tuple[str, ...]]] = {
    "access_feature": ("config.access_feature", ("id", "host", "feature", "enabled")),
    "agent": ("config.agent", ("id",)),
    "call_filter": ("config.callfilter", ("id",)),
    "call_permission": ("config.callpermission", ("id",)),
    "call_pickup": ("config.callpickup", ("id",)),
    "context": ("config.contexts", ("id",)),
    "custom_endpoint": ("config.custom_endpoint", ("id", "interface")),
    "entity": ("config.entity", ("id",)),
    "extension": ("config.extension", ("id", "exten", "context")),
    "func_key_template": ("config.funckey.template", ("id",)),
    "group": ("config.groups", ("id",)),
    "iax_endpoint": ("config.iax_endpoint", ("id", "name")),  # no trunk
    "label": ("config.labels", ("id",)),  # unknown to XiVO's confd
    "line": ("config.line", ("id",)),
    "registrar": (
        "config.registrar",
        ("id", "deletable", "name", "main_host", "main_port", "backup_host", "backup_port",
         "proxy_main_host", "proxy_main_port", "proxy_backup_host", "proxy_backup_port",
         "outbound_proxy_host", "outbound_proxy_port"),
    ),
    "sccp_endpoint": ("config.sccp_endpoint", ("id",)),
    "schedule": ("config.schedules", ("id",)),
    "sip_endpoint": ("config.sip_endpoint", ("id",)),
    "sip_endpoint_template": ("config.sip_endpoint_template", ("uuid", "name", "label")),  # XiVO: –
    "sip_transport": ("config.sip.transports", ("uuid", "name", "options")),
    "user": ("config.user", ("id", "uuid")),
    "voicemail": ("config.voicemail", ("id",)),
}  # fmt: skip
"""The routing key without its verb, and the members of the resource that are the data."""

LINKS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "group_call_permission": (
        "call_permission", "config.groups.{left}.callpermissions", "updated",
        {"group_id": "left", "call_permission_id": "right"}),
    "group_extension": ("group_extension", "config.groups.extensions", "updated",
                        {"group_id": "left", "extension_id": "right"}),
    "group_schedule": ("group_schedule", "config.groups.schedules", "updated",
                       {"group_id": "left", "schedule_id": "right"}),
    "line_device": ("line_device", "config.lines.{left}.devices.{right}", "updated",
                    {"line": "named_line", "device": "device"}),
    "line_endpoint_custom": (
        "line_endpoint_custom", "config.lines.{left}.endpoints.custom.{right}", "updated",
        {"line": "line", "endpoint_custom": "endpoint_custom"}),
    "line_endpoint_sccp": (
        "line_endpoint_sccp", "config.lines.{left}.endpoints.sccp.{right}", "updated",
        {"line": "line", "endpoint_sccp": "endpoint_sccp"}),
    "line_endpoint_sip": (
        "line_endpoint_sip", "config.lines.{left}.endpoints.sip.{right}", "updated",
        {"line": "line", "endpoint_sip": "endpoint_sip"}),
    "line_extension": ("line_extension", "config.line_extension_association", "created",
                       {"line_id": "left", "extension_id": "right"}),
    "user_agent": ("agent", "config.users.{uuid}.agents", "updated",
                   {"user_uuid": "uuid", "agent_id": "right"}),
    "user_call_permission": ("call_permission", "config.users.{uuid}.callpermissions", "updated",
                             {"user_uuid": "uuid", "call_permission_id": "right"}),
    "user_func_key_template": (  # XiVO announces nothing
        "func_key_template", "config.users.{uuid}.funckeys.templates", "updated",
        {"user_uuid": "uuid", "template_id": "right"}),
    "user_line": ("line", "config.user_line_association", "created",
                  {"user_id": "left", "line_id": "right", "main_user": "yes", "main_line": "yes"}),
    "user_schedule": ("user_schedule", "config.users.schedules", "updated",
                      {"user_uuid": "uuid", "schedule_id": "right"}),
    "user_voicemail": ("voicemail", "config.users.{uuid}.voicemails", "updated",
                       {"user_uuid": "uuid", "voicemail_id": "right"}),
}  # fmt: skip
"""Start of the names, of the routing keys, verb of the association, and the data."""

VIEWS: dict[str, tuple[tuple[str, str, dict[str, Any]], ...]] = {
    "call_filter_fallbacks": (("call_filter_fallback_edited", "config.callfilters.fallbacks.edited",
                               {"id": "{id}"}),),
    "call_filter_recipient_users": (
        ("call_filter_recipient_users_associated", "config.callfilters.recipients.users.updated",
         {"call_filter_id": "{id}", "user_uuids": []}),),
    "call_filter_surrogate_users": (
        ("call_filter_surrogate_users_associated", "config.callfilters.surrogates.users.updated",
         {"call_filter_id": "{id}", "user_uuids": []}),),
    **{
        f"call_pickup_{role}_{who}": ((
            f"call_pickup_{role}_{who}_associated", f"config.callpickups.{role}s.{who}.updated",
            {"call_pickup_id": "{id}", f"{named}": []}),)
        for role in ("interceptor", "target")
        for who, named in (("users", "user_uuids"), ("groups", "group_ids"))
    },
    "context_contexts": (("contexts_associated", "config.contexts.contexts.updated",
                          {"context_id": "{id}", "context_ids": []}),),
    "group_fallbacks": (("group_fallback_edited", "config.groups.fallbacks.edited",
                         {"id": "{id}"}),),
    "group_member_extensions": (
        ("extensions_associated", "config.groups.members.extensions.updated",
         {"group_id": "{id}"}),),
    "group_member_users": (("users_associated", "config.groups.members.users.updated",
                            {"group_id": "{id}"}),),
    "user_cti": (("cti_profile_edited", "config.user_cti_profile_association.edited",
                  {"user_id": "{id}"}),),
    "user_fallbacks": (("user_fallback_edited", "config.users.fallbacks.edited",
                        {"id": "{id}", "uuid": "{uuid}"}),),
    **{
        f"user_forward_{name}": ((
            f"users_forwards_{name}_updated", f"config.users.{{uuid}}.forwards.{name}.updated",
            {"user_uuid": "{uuid}"}),)
        for name in ("busy", "noanswer", "unconditional")
    },
    "user_forwards": tuple(
        (f"users_forwards_{name}_updated", f"config.users.{{uuid}}.forwards.{name}.updated",
         {"user_uuid": "{uuid}"})
        for name in ("busy", "noanswer", "unconditional")
    ),
    "user_func_keys": (("func_key_template_edited", "config.funckey.template.edited", {}),),
    "user_groups": (("groups_associated", "config.users.groups.updated",
                     {"user_uuid": "{uuid}"}),),
    "user_lines": (("line_dissociated", "config.user_line_association.deleted",
                    {"user_id": "{id}", "main_user": True, "main_line": True}),),
    **{
        f"user_service_{name}": ((
            f"users_services_{name}_updated", f"config.users.{{uuid}}.services.{name}.updated",
            {"user_uuid": "{uuid}"}),)
        for name in ("dnd", "incallfilter")
    },
    "user_selected_device": (
        ("users_selected_device_updated", "config.users.{uuid}.selected_device.updated",
         {"user_uuid": "{uuid}", "device": "webrtc"}),),
    "user_services": tuple(
        (f"users_services_{name}_updated", f"config.users.{{uuid}}.services.{name}.updated",
         {"user_uuid": "{uuid}"})
        for name in ("dnd", "incallfilter")
    ),
}  # fmt: skip
"""Name, routing key, and the data that must be there, for each event of the example."""

OF_AUTH = {"auth_tenant_added", "auth_tenant_deleted"}
"""What an entity's life also is, for auth's clients; its own test is in test_tenant_header.py."""
INSIDE = {"voicemail_vacated"}
"""What Ovix's services tell each other: no client hears of it, and none has to know it."""
SECTIONS = {
    "emails": ("email_config_updated", "config.email.updated"),
    "live_reload": ("live_reload_edited", "config.live_reload.edited"),
    "pjsip_global": ("pjsip_global_updated", "config.pjsip_global.updated"),
    "pjsip_system": ("pjsip_system_updated", "config.pjsip_system.updated"),
    "provisioning_networking": (
        "provisioning_networking_edited", "config.provisioning.networking.edited"),
    "queues_general": ("queue_general_edited", "config.queue_general.edited"),
}  # fmt: skip
"""Those that are not ``<name>_edited`` on ``config.<name>.edited``."""


@pytest.fixture
def told(sessions: Sessions, clean_database: str) -> Told:
    """The events since this was asked last; each asks for the access its routing key names."""

    async def taken() -> list[Event]:
        async with sessions.begin() as session:
            rows = (await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all()
            await session.execute(delete(OutboxMessage))
        shown = [row for row in rows if row.name not in INSIDE]
        for row in shown:
            assert row.body.keys() == {"name", "data", "required_acl"}
            assert row.body["name"] == row.name
            assert row.body["required_acl"] == f"events.{row.routing_key}"
        assert not any("required_acl" in row.body for row in rows if row.name in INSIDE)
        return [
            (row.name, row.routing_key, row.body["data"])
            for row in shown
            if row.name not in OF_AUTH
        ]

    return taken


async def test_the_life_of_a_resource(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared, told: Told
) -> None:
    key, members = LIVES[creatable.name]

    def event(verb: str, item: dict[str, Any]) -> Event:
        data = {name: item[name] for name in members}
        return f"{creatable.name}_{verb}", f"{key}.{verb}", data

    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    made = await api.post(creatable.path, json=body)
    assert await told() == [event("created", made.json())]
    location = made.headers["Location"]
    if creatable.update is not None:
        await api.put(location, json=creatable.example.change)
        edited = (await api.get(location)).json()
        assert await told() == [event("edited", edited)]
    last = (await api.get(location)).json()
    assert (await api.delete(location)).status_code == 204
    assert await told() == [event("deleted", last)]


async def test_the_edit_of_a_feature_code(api: AsyncClient, told: Told) -> None:
    item = (await api.get("/extensions/features")).json()["items"][0]
    body = {name: item[name] for name in ("exten", "enabled")}
    assert (await api.put(f"/extensions/features/{item['id']}", json=body)).status_code == 204
    key = "config.extension_feature.edited"
    assert await told() == [("extension_feature_edited", key, {"id": item["id"]})]


async def test_an_association_and_its_end(
    link: Link, api: AsyncClient, entity: Entity, sessions: Sessions, told: Told
) -> None:
    name, key, verb, data = LINKS[link.name]
    async with sessions.begin() as session:
        left, right = await link.example.prepare(session, entity.id)
    item = (await api.get(f"{link.left.path}/{left}")).json()
    its = f"{link.left.path}/{left}{link.path}/{right}"

    def event(verb: str, end: str, named: str | None) -> Event:
        facts = {"left": left, "right": right, "uuid": item.get("uuid"), "yes": True}
        facts["line"] = {"id": left, "name": named}
        facts["named_line"] = {"id": left, "name": item.get("name")}
        facts["device"] = {"id": right}
        facts["endpoint_sip"] = {"id": right, "username": other.get("username")}
        facts["endpoint_sccp"] = {"id": right}
        facts["endpoint_custom"] = {"id": right, "interface": other.get("interface")}
        filled = {member: facts[fact] for member, fact in data.items()}
        return f"{name}_{end}", f"{key.format(**facts)}.{verb}", filled

    other = (await api.get(f"{link.right.path}/{right}")).json()
    assert (await api.put(its)).status_code == 204
    named = other.get("username") or other.get("interface")
    assert await told() == [event(verb, "associated", named)]
    path = its if link.names_right_on_delete else its.rsplit("/", 1)[0]
    assert (await api.delete(path)).status_code == 204
    assert await told() == [event("deleted", "dissociated", None)]


async def test_a_change_of_a_part(
    view: View, api: AsyncClient, entity: Entity, sessions: Sessions, told: Told
) -> None:
    if view.write is None:
        return
    async with sessions.begin() as session:
        parent = await view.example.prepare(session, entity.id)
    item = (await api.get(f"{view.parent.path}/{parent}")).json()
    facts: dict[str, Any] = {"{id}": item["id"], "{uuid}": item.get("uuid")}
    path = f"{view.parent.path}/{parent}{view.path}"
    assert (await api.put(path, json=view.example.body)).status_code == 204
    found, expected = await told(), VIEWS[view.name]
    assert [event[:2] for event in found] == [
        (name, key.format(uuid=item.get("uuid"))) for name, key, _data in expected
    ]
    for (_name, _key, data), (_, _, members) in zip(found, expected, strict=True):
        for member, fact in members.items():
            assert data[member] == (facts.get(fact, fact) if isinstance(fact, str) else fact)


@pytest.mark.usefixtures("as_installed")
async def test_a_change_of_a_section(
    section: SectionSpec[Any], api: AsyncClient, told: Told
) -> None:
    usual = (f"{section.name}_edited", f"config.{section.name}.edited")
    assert (await api.put(section.path, json=section.example)).status_code == 204
    [(name, key, data)] = await told()
    assert (name, key) == SECTIONS.get(section.name, usual)
    assert data == ({"live_reload_enabled": False} if section.name == "live_reload" else {})
