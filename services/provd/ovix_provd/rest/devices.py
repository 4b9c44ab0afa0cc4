"""``/dev_mgr``: devices, and what they are told to do (reference/provd/rest-api.md, 3)."""

from typing import Annotated

from fastapi import APIRouter, Request
from ovix_web import DbSession
from starlette.responses import Response

from .. import store
from ..access import LEASES, Caller, granted
from ..addresses import NotNormalised, dhcp_options, is_norm_ip, is_norm_mac
from ..errors import NoSuchResource, Refused
from ..finding import query_of
from ..operations import Operations
from ..phones.servers import Phones
from ..plugins import DhcpRequest
from ..selectors import InvalidSelector
from ..synchronizing import synchronize
from .exchange import (
    ANY_OBJECT,
    FIND_PARAMETERS,
    add,
    answer,
    created,
    demand_acceptable,
    demand_unchanged,
    done,
    lifecycle,
    read_id,
    read_wrapped,
    tag_of,
    wrapped,
)
from .operations import add_operations

router = APIRouter(tags=["devices"])
DEVICE = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "mac": {"type": ["string", "null"]},
        "ip": {"type": ["string", "null"]},
        "plugin": {"type": ["string", "null"]},
        "config": {"type": ["string", "null"]},
        "configured": {"type": "boolean"},
    },
}
NAMED = wrapped("id", {"type": "string"})
LEASE_OPERATIONS = ("commit", "expiry", "release")
EXAMPLE = {"device": {"mac": "00:15:65:aa:bb:cc", "vendor": "Yealink", "config": "lyon"}}


async def list_devices(
    request: Request,
    session: DbSession,
    _: Annotated[Caller, granted("provd.dev_mgr.devices.read")],
) -> Response:
    try:
        query = query_of(request.query_params)
    except InvalidSelector as error:
        raise Refused(str(error)) from error
    return answer(request, {"devices": await store.found_devices(session, query)})


async def create_device(
    request: Request,
    session: DbSession,
    _: Annotated[Caller, granted("provd.dev_mgr.devices.create")],
) -> Response:
    demand_acceptable(request)
    given = await read_wrapped(request, "device")
    device_id = await lifecycle(request, session).add_device(given)
    return created(request, f"/dev_mgr/devices/{device_id}", {"id": device_id})


async def get_device(
    request: Request,
    session: DbSession,
    device_id: str,
    _: Annotated[Caller, granted("provd.dev_mgr.devices.{device_id}.read")],
) -> Response:
    device = await store.device(session, device_id)
    if device is None:
        raise NoSuchResource
    headers = {"ETag": tag_of(device.document)}
    return answer(request, {"device": device.document}, headers=headers)


async def update_device(
    request: Request,
    session: DbSession,
    device_id: str,
    _: Annotated[Caller, granted("provd.dev_mgr.devices.{device_id}.update")],
) -> Response:
    given = await read_wrapped(request, "device")
    changes = lifecycle(request, session)
    device = await changes.taken(device_id)
    demand_unchanged(request, device.document)
    await changes.replace_device(device, given)
    return done()


async def delete_device(
    request: Request,
    session: DbSession,
    device_id: str,
    _: Annotated[Caller, granted("provd.dev_mgr.devices.{device_id}.delete")],
) -> Response:
    changes = lifecycle(request, session)
    await changes.delete_device(await changes.taken(device_id))
    return done()


async def reconfigure_device(
    request: Request,
    session: DbSession,
    _: Annotated[Caller, granted("provd.dev_mgr.reconfigure.create")],
) -> Response:
    device_id = await read_id(request)
    changes = lifecycle(request, session)
    try:
        device = await changes.taken(device_id)
    except NoSuchResource as error:
        raise Refused(f"no such device: {device_id[:200]!r}") from error
    await changes.reconfigure([device])
    return done()


async def synchronize_device(
    request: Request,
    _: Annotated[Caller, granted("provd.dev_mgr.synchronize.create")],
) -> Response:
    device_id = await read_id(request)
    running: Operations = request.app.state.synchronizations
    number = running.start(synchronize(request.app.state, device_id))
    return created(request, f"/dev_mgr/synchronize/{number}")


async def tell_dhcpinfo(
    request: Request,
    _: Annotated[Caller, granted(LEASES)],
) -> Response:
    """A lease tells of a phone, known or new, before it asks for its first file."""
    info = await read_wrapped(request, "dhcp_info")
    operation, ip = info.get("op"), info.get("ip")
    if operation not in LEASE_OPERATIONS:
        raise Refused(f"invalid op: {str(operation)[:200]!r}")
    if not is_norm_ip(ip):
        raise Refused(f"invalid ip: {str(ip)[:200]!r}")
    if operation == "commit":
        if not is_norm_mac(info.get("mac")):
            raise Refused(f"invalid mac: {str(info.get('mac'))[:200]!r}")
        try:
            options = dhcp_options(info.get("options"))
        except NotNormalised as error:
            raise Refused(str(error)) from error
        lease = DhcpRequest(str(ip), str(info["mac"]), tuple(options.items()))
        phones: Phones = request.app.state.phones
        await phones.pipeline.lease(lease)
    return done()


add(
    router, "GET", "/dev_mgr/devices", list_devices, "List devices", query=FIND_PARAMETERS,
    shows=wrapped("devices", {"type": "array", "items": DEVICE}),
)  # fmt: skip
add(
    router, "POST", "/dev_mgr/devices", create_device, "Add a device", status=201,
    body=wrapped("device", ANY_OBJECT), shows=NAMED, example=EXAMPLE,
)  # fmt: skip
add(
    router, "GET", "/dev_mgr/devices/{device_id}", get_device, "Get a device",
    shows=wrapped("device", DEVICE),
)  # fmt: skip
add(
    router, "PUT", "/dev_mgr/devices/{device_id}", update_device, "Replace a device", status=204,
    body=wrapped("device", ANY_OBJECT), example=EXAMPLE, errors=(412,),
)  # fmt: skip
add(
    router, "DELETE", "/dev_mgr/devices/{device_id}", delete_device, "Delete a device", status=204
)  # fmt: skip
add(
    router, "POST", "/dev_mgr/reconfigure", reconfigure_device, "Write a device's files anew",
    status=204, body=NAMED, example={"id": "0123456789abcdef0123456789abcdef"},
)  # fmt: skip
add(
    router, "POST", "/dev_mgr/synchronize", synchronize_device, "Have a phone fetch its files",
    status=201, body=NAMED, example={"id": "0123456789abcdef0123456789abcdef"},
)  # fmt: skip
add_operations(
    router,
    "/dev_mgr/synchronize",
    "synchronize",
    lambda request: request.app.state.synchronizations,
)
add(
    router, "POST", "/dev_mgr/dhcpinfo", tell_dhcpinfo, "Tell of a DHCP lease", status=204,
    body=wrapped("dhcp_info", ANY_OBJECT),
    example={
        "dhcp_info": {
            "op": "commit", "ip": "192.0.2.7", "mac": "00:15:65:aa:bb:cc", "options": ["06041.42"],
        }
    },
)  # fmt: skip
