"""Changing devices: each request reads, asks provd, and reads again, in transactions of their own.

What is stored before and after provd is asked fits together, so that a crash or an outage between
the two leaves nothing that a second request, or the events' consumer, does not make good.
"""

from typing import Any

from ovix_bus.catalogue import provisioning
from ovix_schema import Device, EndpointCustom, EndpointSip, Line, ProvdConfig
from ovix_web import Sessions
from ovix_web.trial import Step, asked
from sqlalchemy import func, select, update

from ...errors import ConfdError
from ...kit import (
    Operation,
    Values,
    Work,
    already_exists,
    associated,
    param_not_found,
)
from ...phones import reset_to_autoprov, up_to_date
from ...phones.regeneration import change_device
from ...provd import Provd
from ...steps import step
from .resource import DEVICES, ENTITY, FIELDS, TEMPLATE_TYPE
from .schemas import DeviceCreate, DeviceRead, DeviceUpdate

ITEM = DEVICES.below()
EXAMPLE = {
    "mac": "00:15:65:aa:bb:cc",
    "vendor": "Yealink",
    "model": "T46S",
    "description": "Front desk",
    "options": {"switchboard": True},
}


def _provd(work: Work) -> Provd:
    provd: Provd = work.request.app.state.provd
    return provd


def _sessions(work: Work) -> Sessions:
    sessions: Sessions = work.request.app.state.sessions
    return sessions


async def _unchanged(work: Work) -> Device:
    """The device of the path, locked; 412 unless it is one that ``If-Match`` names."""
    device = await DEVICES.find(work, work.path["id"])
    await work.must_be_unchanged(DEVICES.title, lambda: DEVICES.shown(work, device.id))
    return device


async def _check_references(work: Work, values: Values, device_id: str | None = None) -> None:
    """The MAC is nobody else's, and the template is there."""
    mac, template = values.get("mac"), values.get("template_id")
    if mac is not None:
        owner = await work.session.scalar(select(Device.id).where(Device.mac == mac))
        if owner not in (None, device_id):
            raise already_exists("Device", mac=mac)
    if template is not None:
        found = await work.session.scalar(
            select(ProvdConfig.id).where(
                ProvdConfig.id == template, ProvdConfig.x_type == TEMPLATE_TYPE
            )
        )
        if found is None:
            raise param_not_found("template_id", "DeviceTemplate", id=template)


async def _check_plugin(provd: Provd, values: Values) -> None:
    plugin = values.get("plugin")
    if plugin is not None and plugin not in await provd.plugins():
        raise param_not_found("plugin", "Plugin", id=plugin)


def _changed(document: dict[str, Any], values: Values) -> dict[str, Any]:
    """The document with the given values; null removes a key."""
    changed = dict(document)
    for name in (*FIELDS, "options"):
        if name in values:
            changed[name] = values[name]
            if values[name] is None:
                del changed[name]
    return changed


async def _set_template(provd: Provd, config_id: str | None, template: str | None) -> None:
    """Give a configuration another template, in the old one's place among its parents."""
    found = None if config_id is None else await provd.config(config_id)
    if found is None:
        return
    document = found.document
    old = document.get("configdevice")
    parents = [each for each in document["parent_ids"] if each not in (old, template)]
    changed = {key: value for key, value in document.items() if key != "configdevice"}
    if template is not None:
        parents.append(template)
        changed["configdevice"] = template
    if changed | {"parent_ids": parents} != document:
        await provd.put_config(changed | {"parent_ids": parents})


async def create_device(work: Work) -> object:
    """The configuration first: a device never refers to one that is not there."""
    values = (await work.body(DeviceCreate)).model_dump()
    provd = _provd(work)
    async with step(work) as part:
        await _check_references(part, values)
    await _check_plugin(provd, values)
    waiting = await provd.autocreate_config()
    if values["template_id"] is not None:
        await _set_template(provd, waiting, values["template_id"])
    document = _changed({} if waiting is None else {"config": waiting}, values)
    if work.entity_id is not None:
        document[ENTITY] = work.entity_id
    try:
        device_id = await provd.add_device(document)
    except ConfdError:
        if waiting is not None:
            await provd.remove_config(waiting)
        raise
    async with step(work) as part:
        shown = await DEVICES.shown(part, device_id)
    work.headers["Location"] = f"{work.base_url}/devices/{device_id}"
    return work.tagged(shown)


async def update_device(work: Work) -> None:
    """What is not given stays; a phone with lines gets its configuration anew."""
    body = await work.body(DeviceUpdate)
    values = body.model_dump(include=body.model_fields_set)
    device_id, provd = work.path["id"], _provd(work)
    async with step(work) as part:
        device = await _unchanged(part)
        await _check_references(part, values, device_id)
        before, has_lines = device.document, bool(await _lines_of(part, device_id))
    if values.get("plugin") != before.get("plugin"):
        await _check_plugin(provd, values)
    found = await change_device(provd, device_id, lambda document: _changed(document, values))
    if found is None:
        raise DEVICES.not_found(device_id)
    if "template_id" in values:
        await _set_template(provd, found.document.get("config"), values["template_id"])
        if has_lines:
            await up_to_date(_sessions(work), provd, [device_id])


async def _lines_of(work: Work, device_id: str) -> list[int]:
    lines = select(Line.id).where(Line.device_id == device_id).order_by(Line.id)
    return list(await work.session.scalars(lines))


async def delete_device(work: Work) -> None:
    """The configuration first: what is left by an outage is a device that can be deleted again."""
    device_id, provd = work.path["id"], _provd(work)
    async with step(work) as part:
        await _unchanged(part)
        line_ids = await _lines_of(part, device_id)
    if line_ids:
        raise associated("Device", "Line", device_id=device_id, line_ids=line_ids)
    work.steps.append(Step("deleted", DEVICES.name, device_id))
    if asked(work, "dry_run"):
        return  # what provd does is not taken back
    await provd.remove_config(device_id)
    await provd.remove_device(device_id)


async def autoprov_device(work: Work) -> None:
    """The lines leave first: a phone without lines is reset, by their events if not by us."""
    device_id, provd = work.path["id"], _provd(work)
    async with step(work) as part:
        await DEVICES.find(part, device_id)
    await provd.device(device_id)  # no line leaves while provd is away
    async with step(work) as part:
        await DEVICES.find(part, device_id)
        await _take_lines(part, device_id)
    await reset_to_autoprov(provd, device_id)


async def _take_lines(work: Work, device_id: str) -> None:
    leaving = (
        update(Line)
        .where(Line.device_id == device_id)
        .values(device_id=None)
        .returning(Line.id, Line.endpoint_sip_id, Line.endpoint_custom_id)
        .cte("leaving")
    )
    left = await work.session.execute(
        select(leaving.c.id, func.coalesce(EndpointSip.username, EndpointCustom.interface))
        .outerjoin(EndpointSip, EndpointSip.id == leaving.c.endpoint_sip_id)
        .outerjoin(EndpointCustom, EndpointCustom.id == leaving.c.endpoint_custom_id)
        .order_by(leaving.c.id)
    )
    for line_id, name in left:
        told = {"line": {"id": line_id, "name": name}, "device": {"id": device_id}}
        work.announce(provisioning.line_device_dissociated(**told))


async def synchronize_device(work: Work) -> None:
    """What the phone fetches is what its lines say now, even if the events are on their way."""
    device_id, provd = work.path["id"], _provd(work)
    async with step(work) as part:
        await DEVICES.find(part, device_id)
    await up_to_date(_sessions(work), provd, [device_id])
    if not await provd.synchronize(device_id):
        raise ConfdError("Device could not be synchronized", device_id=device_id)


_SCOPE = "confd.devices.{id}"
DEVICE_CHANGES = (
    Operation(
        "POST", "/devices", "create_device", create_device, ("confd.devices.create",), status=201,
        answer=DeviceRead, example=EXAMPLE, body=DeviceCreate, body_example=EXAMPLE,
    ),
    Operation(
        "PUT", ITEM, "update_device", update_device, (f"{_SCOPE}.update",), status=204,
        body=DeviceUpdate, body_example={"description": "Reception"}, conditional=True,
    ),
    Operation(
        "DELETE", ITEM, "delete_device", delete_device, (f"{_SCOPE}.delete",), status=204,
        conditional=True, can_be_tried=True,
    ),
    Operation(
        "GET", f"{ITEM}/autoprov", "autoprov_device", autoprov_device,
        (f"{_SCOPE}.autoprov.read",), status=204,
    ),
    Operation(
        "GET", f"{ITEM}/synchronize", "synchronize_device", synchronize_device,
        (f"{_SCOPE}.synchronize.read",), status=204,
    ),
)  # fmt: skip
