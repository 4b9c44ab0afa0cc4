"""``/cfg_mgr``: what devices are configured from (reference/provd/rest-api.md, 4)."""

from typing import Annotated

from fastapi import APIRouter, Request
from ovix_web import DbSession
from starlette.responses import Response

from .. import store
from ..access import Caller, granted
from ..errors import NoSuchResource, Refused
from ..finding import query_of
from ..selectors import InvalidSelector
from .exchange import (
    ANY_OBJECT,
    FIND_PARAMETERS,
    Document,
    add,
    answer,
    changing,
    created,
    demand_acceptable,
    demand_unchanged,
    done,
    lifecycle,
    read_body,
    read_wrapped,
    tag_of,
    wrapped,
)

router = APIRouter(tags=["configs"])
CONFIG = {
    "type": "object",
    "required": ["id", "parent_ids", "raw_config"],
    "properties": {
        "id": {"type": "string"},
        "parent_ids": {"type": "array", "items": {"type": "string"}},
        "raw_config": {"type": "object"},
    },
}
GIVEN = {**CONFIG, "required": ["parent_ids", "raw_config"]}
EXAMPLE = {"config": {"parent_ids": ["base"], "raw_config": {"protocol": "SIP"}}}


async def list_configs(
    request: Request,
    session: DbSession,
    _: Annotated[Caller, granted("provd.cfg_mgr.configs.read")],
) -> Response:
    try:
        query = query_of(request.query_params)
    except InvalidSelector as error:
        raise Refused(str(error)) from error
    return answer(request, {"configs": await store.found_configs(session, query)})


async def create_config(
    request: Request,
    _: Annotated[Caller, granted("provd.cfg_mgr.configs.create")],
) -> Response:
    demand_acceptable(request)
    given = await read_wrapped(request, "config")
    async with changing(request) as changes:
        config_id = await changes.add_config(given)
    return created(request, f"/cfg_mgr/configs/{config_id}", {"id": config_id})


async def get_config(
    request: Request,
    session: DbSession,
    config_id: str,
    _: Annotated[Caller, granted("provd.cfg_mgr.configs.{config_id}.read")],
) -> Response:
    config = await store.config(session, config_id)
    if config is None:
        raise NoSuchResource
    return answer(request, {"config": config}, headers={"ETag": tag_of(config)})


async def get_raw_config(
    request: Request,
    session: DbSession,
    config_id: str,
    _: Annotated[Caller, granted("provd.cfg_mgr.configs.{config_id}.raw.read")],
) -> Response:
    raw = await lifecycle(request, session).raw_config(config_id)
    if raw is None:
        raise NoSuchResource
    return answer(request, {"raw_config": raw})


async def update_config(
    request: Request,
    config_id: str,
    _: Annotated[Caller, granted("provd.cfg_mgr.configs.{config_id}.update")],
) -> Response:
    given = await read_wrapped(request, "config")

    def check(stored: Document) -> None:
        demand_unchanged(request, stored)

    async with changing(request) as changes:
        await changes.replace_config(config_id, given, check)
    return done()


async def delete_config(
    request: Request,
    config_id: str,
    _: Annotated[Caller, granted("provd.cfg_mgr.configs.{config_id}.delete")],
) -> Response:
    async with changing(request) as changes:
        await changes.delete_config(config_id)
    return done()


async def autocreate_config(
    request: Request,
    session: DbSession,
    _: Annotated[Caller, granted("provd.cfg_mgr.autocreate.create")],
) -> Response:
    demand_acceptable(request)
    await read_body(request)
    config_id = await lifecycle(request, session).autocreate()
    if config_id is None:
        return answer(request, {"id": None}, 201)
    return created(request, f"/cfg_mgr/configs/{config_id}", {"id": config_id})


add(
    router, "GET", "/cfg_mgr/configs", list_configs, "List configs", query=FIND_PARAMETERS,
    shows=wrapped("configs", {"type": "array", "items": CONFIG | {"required": ["id"]}}),
)  # fmt: skip
add(
    router, "POST", "/cfg_mgr/configs", create_config, "Add a config", status=201,
    body=wrapped("config", GIVEN), example=EXAMPLE, shows=wrapped("id", {"type": "string"}),
)  # fmt: skip
add(
    router, "GET", "/cfg_mgr/configs/{config_id}", get_config, "Get a config",
    shows=wrapped("config", CONFIG),
)  # fmt: skip
add(
    router, "GET", "/cfg_mgr/configs/{config_id}/raw", get_raw_config,
    "What a device with this config is given", shows=wrapped("raw_config", ANY_OBJECT),
)  # fmt: skip
add(
    router, "PUT", "/cfg_mgr/configs/{config_id}", update_config, "Replace a config", status=204,
    body=wrapped("config", GIVEN), example=EXAMPLE, errors=(412,),
)  # fmt: skip
add(
    router, "DELETE", "/cfg_mgr/configs/{config_id}", delete_config, "Delete a config",
    status=204, errors=(403,),
)  # fmt: skip
add(
    router, "POST", "/cfg_mgr/autocreate", autocreate_config,
    "A config of its own for a phone that has none", status=201, body=ANY_OBJECT, example={},
    shows=wrapped("id", {"type": ["string", "null"]}),
)  # fmt: skip
