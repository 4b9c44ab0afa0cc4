"""Calls on desk phones, held and answered by programs with a token (reference/phoned.md, C5)."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from ovix_asterisk.ami import AmiError
from ovix_asterisk.ami_client import AmiRefused
from ovix_schema import Context, Device, EndpointSip, Line
from ovix_web import ApiError, Identity, Sessions, Unavailable, access, answers
from sqlalchemy import select

from .remote_keys import TAKEN_BY, Key, RemoteKeys

router = APIRouter(prefix="/0.1/endpoints/{endpoint_name}", tags=["endpoints"])


class UnknownEndpoint(ApiError):
    """No line that the token sees has a SIP endpoint of just this name."""

    status = 404
    template = "No such endpoint: {endpoint_name}"


class UnknownDevice(ApiError):
    """No phone is known to run with this endpoint."""

    status = 404
    template = "The endpoint {endpoint_name} has no device"


class NowhereToRouteEndpoint(ApiError):
    """The phone is of a vendor whose phones don't take keys."""

    status = 400
    template = "No keys can be pressed on the phone of {endpoint_name}, whose vendor is {vendor}"


class AsteriskUnavailable(Unavailable):
    """No Asterisk took the key in time."""

    template = "Asterisk does not tell the phone - {cause}"


EndpointName = Annotated[
    str,
    Path(
        max_length=80,
        pattern=r"^[^\x00-\x1f]+$",
        description="The SIP account of a line, all of it",
    ),
]


@router.put("/hold/start", status_code=204, **answers(None, 400, 404, 503))
async def start_hold(
    request: Request,
    endpoint_name: EndpointName,
    caller: Annotated[Identity, access("phoned.endpoints.{endpoint_name}.hold.start")],
) -> None:
    """Hold the call of a phone. The phone has one key for both: on a held call it ends the hold."""
    await _press(request, endpoint_name, caller, Key.HOLD)


@router.put("/hold/stop", status_code=204, **answers(None, 400, 404, 503))
async def stop_hold(
    request: Request,
    endpoint_name: EndpointName,
    caller: Annotated[Identity, access("phoned.endpoints.{endpoint_name}.hold.stop")],
) -> None:
    """Take a phone's call back; the same key as for holding it."""
    await _press(request, endpoint_name, caller, Key.HOLD)


@router.put("/answer", status_code=204, **answers(None, 400, 404, 503))
async def answer_call(
    request: Request,
    endpoint_name: EndpointName,
    caller: Annotated[Identity, access("phoned.endpoints.{endpoint_name}.answer")],
) -> None:
    """Answer the call that a phone rings for."""
    await _press(request, endpoint_name, caller, Key.ANSWER)


async def _press(request: Request, endpoint_name: str, caller: Identity, key: Key) -> None:
    vendor = await _vendor_of(request.app.state.sessions, endpoint_name, caller.entity_id)
    if vendor.lower() not in TAKEN_BY:
        raise NowhereToRouteEndpoint(endpoint_name=endpoint_name, vendor=vendor or "unknown")
    keys: RemoteKeys = request.app.state.remote_keys
    try:
        await keys.press(endpoint_name, key)
    except AmiRefused as error:
        # It was deleted just now, or Asterisk has not read of it yet.
        raise UnknownEndpoint(endpoint_name=endpoint_name) from error
    except AmiError as error:
        raise AsteriskUnavailable(cause=str(error)) from error


async def _vendor_of(sessions: Sessions, endpoint_name: str, entity_id: int | None) -> str:
    """The vendor of the phone, empty where it is not known.

    Raises `UnknownEndpoint`, `UnknownDevice`.
    """
    statement = (
        select(Device.id, Device.vendor)
        .select_from(EndpointSip)
        .join(Line, Line.endpoint_sip_id == EndpointSip.id)
        .join(Context, Context.name == Line.context)
        .outerjoin(Device, Device.id == Line.device_id)
        .where(EndpointSip.username == endpoint_name)
    )
    if entity_id is not None:
        statement = statement.where(Context.entity_id == entity_id)
    async with sessions() as session:
        found = (await session.execute(statement)).one_or_none()
    if found is None:
        raise UnknownEndpoint(endpoint_name=endpoint_name)
    if found.id is None:
        raise UnknownDevice(endpoint_name=endpoint_name)
    return found.vendor or ""
