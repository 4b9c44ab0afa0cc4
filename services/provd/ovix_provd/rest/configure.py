"""``/configure``: parameters of the service itself (reference/provd/rest-api.md, 7)."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from ovix_schema import ProvdParameter
from ovix_web import DbSession
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from starlette.responses import Response

from ..access import Caller, granted
from ..errors import NoSuchResource, Refused
from ..parameters import PARAMETERS, InvalidValue, Parameter
from ..store import PLUGINS_CHANNEL
from .exchange import ANY_OBJECT, BASE, add, answer, done, read_wrapped, wrapped

router = APIRouter(tags=["configure"])


def _known(name: str) -> Parameter:
    if name not in PARAMETERS:
        raise NoSuchResource
    return PARAMETERS[name]


async def _values(request: Request, session: Any) -> dict[str, Any]:
    stored = dict((await session.execute(select(ProvdParameter.name, ProvdParameter.value))).all())
    defaults = {name: each.default for name, each in PARAMETERS.items()}
    defaults["plugin_server"] = request.app.state.settings.plugin_server
    return {**defaults, **{name: stored[name] for name in PARAMETERS if name in stored}}


async def list_parameters(
    request: Request, session: DbSession, _: Annotated[Caller, granted("provd.configure.read")]
) -> Response:
    values = await _values(request, session)
    shown = [
        {
            "id": name,
            "description": each.description,
            "value": values[name],
            "links": [{"rel": "srv.configure.param", "href": f"{BASE}/configure/{name}"}],
        }
        for name, each in PARAMETERS.items()
    ]
    return answer(request, {"params": shown})


async def get_parameter(
    request: Request,
    session: DbSession,
    param: str,
    _: Annotated[Caller, granted("provd.configure.{param}.read")],
) -> Response:
    _known(param)
    return answer(request, {"param": {"value": (await _values(request, session))[param]}})


async def update_parameter(
    request: Request,
    session: DbSession,
    param: str,
    _: Annotated[Caller, granted("provd.configure.{param}.update")],
) -> Response:
    given = await read_wrapped(request, "param")
    if "value" not in given:
        raise Refused("Wrong information in entity")
    known = _known(param)
    try:
        value = known.taken(given["value"])
    except InvalidValue as error:
        raise Refused(str(error)) from error
    if value is None:
        await session.execute(delete(ProvdParameter).where(ProvdParameter.name == param))
    else:
        stored = insert(ProvdParameter).values(name=param, value=value)
        await session.execute(
            stored.on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )
    # Plugins see proxies and NAT: each replica tells its own.
    await session.execute(select(func.pg_notify(PLUGINS_CHANNEL, "")))
    return done()


add(
    router, "GET", "/configure", list_parameters, "List parameters",
    shows=wrapped("params", {"type": "array", "items": ANY_OBJECT}),
)  # fmt: skip
PARAM = wrapped("param", {"type": "object", "required": ["value"]})
add(router, "GET", "/configure/{param}", get_parameter, "Get a parameter", shows=PARAM)
add(
    router, "PUT", "/configure/{param}", update_parameter, "Set a parameter", status=204,
    body=PARAM, example={"param": {"value": "fr_FR"}},
)  # fmt: skip
