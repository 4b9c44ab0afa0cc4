"""What each list is filtered, searched and sorted by, and how its items name themselves.

Source: reference/confd/README.md, "Lists"; "links" of each resource.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from httpx import AsyncClient
from ovix_confd.kit import ResourceSpec

Spec = ResourceSpec[Any]
Make = Callable[..., Awaitable[list[dict[str, Any]]]]

COLUMNS = {
    "access_feature": "id host feature enabled; host",
    "agent": "id firstname lastname number preprocess_subroutine; id",
    "call_filter": "id name description; name",
    "call_permission": "id name description enabled mode; name",
    "call_pickup": "id name description enabled; name",
    "context": "id name type description label; id",
    "custom_endpoint": "id interface context; interface",
    "device": "id ip mac sn plugin vendor model version description; ip",
    "entity": "id name display_name; name",
    "extension": "exten context type; exten",
    "feature_code": "exten feature; exten",
    "func_key_template": "name; name",
    "group": "id name preprocess_subroutine; id",
    "iax_endpoint": "name type host; name",
    "line": "name context provisioning_code provisioning_extension position device_slot protocol"
    " device_id caller_id_name caller_id_num exten; name",
    "registrar": "id name main_host main_port backup_host backup_port proxy_main_host"
    " proxy_main_port proxy_backup_host proxy_backup_port outbound_proxy_host"
    " outbound_proxy_port; name",
    "sccp_endpoint": "id; id",
    "schedule": "id name timezone; name",
    "sip_endpoint": "username type host; username",
    "sip_transport": "uuid name; name",
    "user": "id uuid firstname lastname; lastname",
    "voicemail": "name number email context language timezone pager accesstype; number",
}
"""The columns, and the one a list is sorted by unless another is asked for."""
SEARCHED = {
    "call_pickup": 2,  # name, description
    "extension": 2,  # not the type, which is that of the context
    "sip_transport": 1,
    "voicemail": 4,  # name, number, email, pager
}
"""How many columns ``search`` looks into, where these are not all."""
RELS = {
    "access_feature": "access_features", "agent": "agents", "call_permission": "callpermissions",
    "call_filter": "callfilters", "call_pickup": "callpickups",
    "context": "contexts", "cti_profile": "cti_profiles", "custom_endpoint": "endpoint_custom",
    "device": "devices", "entity": "entities", "extension": "extensions",
    "feature_code": "extensions_features",
    "func_key_template": "func_keys_templates", "group": "groups", "iax_endpoint": "endpoint_iax",
    "label": "labels", "line": "lines", "registrar": "registrars",
    "sccp_endpoint": "endpoint_sccp", "schedule": "schedules", "sip_endpoint": "endpoint_sip",
    "sip_endpoint_template": "endpoint_sip_templates", "sip_transport": "sip_transports",
    "user": "users", "voicemail": "voicemails",
}  # fmt: skip


def test_a_list_has_the_columns_of_the_reference(resource: Spec) -> None:
    if resource.name not in COLUMNS:
        return
    columns, order = COLUMNS[resource.name].split("; ")
    assert set(columns.split()) <= resource.rows.columns.keys()
    assert resource.rows.order == order
    if resource.rows.search is None:
        looked_into = resource.rows.searched or tuple(resource.rows.columns.values())
        assert len(looked_into) == SEARCHED.get(resource.name, len(resource.rows.columns))


async def test_an_item_names_itself(resource: Spec, make: Make) -> None:
    [item] = await make(resource)
    [link] = item["links"]
    assert link["rel"] == RELS[resource.name]
    assert link["href"].startswith(f"http://confd:9486/1.1{resource.path}/")


async def test_what_is_not_set_comes_last_upwards_and_first_downwards(
    api: AsyncClient, confd: Any
) -> None:
    """PostgreSQL's own order of nulls, as XiVO's lists have it."""
    await confd.make("/contexts", name="b", description="something")
    for direction, names in (("asc", ["b", "default"]), ("desc", ["default", "b"])):
        found = await api.get("/contexts", params={"order": "description", "direction": direction})
        assert [each["name"] for each in found.json()["items"]] == names


async def test_filters_are_joined_and_unknown_ones_ignored(api: AsyncClient, confd: Any) -> None:
    for name in ("lyon", "paris"):
        await confd.make("/contexts", name=name, label="France")
    for query, names in (
        ({"label": "France", "name": "lyon"}, ["lyon"]),
        ({"label": "France", "nothing": "x"}, ["lyon", "paris"]),
        ({"label": "france"}, []),
        ({"label": "France", "search": "PAR"}, ["paris"]),
        ({"recurse": "true", "label": "France"}, ["lyon", "paris"]),
        ({"id": "x"}, []),
        ({"id": ""}, []),
        ({"label": ""}, []),
        ({"search": ""}, ["default", "lyon", "paris"]),
    ):
        found = await api.get("/contexts", params=query)
        assert [each["name"] for each in found.json()["items"]] == names, query
        assert found.json()["total"] == len(names)


async def test_offset_wins_over_its_old_name(api: AsyncClient, confd: Any) -> None:
    for name in ("lyon", "paris"):
        await confd.make("/contexts", name=name)
    found = await api.get("/contexts", params={"offset": 1, "skip": 2})
    assert [each["name"] for each in found.json()["items"]] == ["lyon", "paris"]
    assert found.json()["total"] == 3
