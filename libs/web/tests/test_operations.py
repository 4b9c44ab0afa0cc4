"""Operations: what is routed without FastAPI's routes is known to logs and figures all the same."""

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_web.operations import Operation, mount_operations
from ovix_web.work import Work


async def test_figures_name_the_path_of_an_operation(app: FastAPI, client: AsyncClient) -> None:
    async def does(work: Work) -> object:
        return {"id": work.path["id"]}

    mount_operations(app, "/1.1", [Operation("GET", "/things/{id:int}", "get_thing", does, None)])
    assert (await client.get("/1.1/things/424242")).json() == {"id": 424242}
    figures = (await client.get("/metrics")).text
    assert 'route="/1.1/things/{id}"' in figures
    labels = [line.rsplit(" ", 1)[0] for line in figures.splitlines()]
    assert not any("424242" in label for label in labels)


@pytest.mark.parametrize("convertor", ["id_or_uuid", "uuid_or_me"])
async def test_a_uuid_in_capitals_is_the_one_that_scopes_name(
    convertor: str, app: FastAPI, client: AsyncClient
) -> None:
    async def does(work: Work) -> object:
        return {"who": work.path["who"]}

    path = f"/{convertor}/{{who:{convertor}}}"
    mount_operations(app, "/1.1", [Operation("GET", path, "get_who", does, None)])
    own = "a0b1c2d3-0000-4000-8000-abcdefabcdef"
    answer = await client.get(f"/1.1/{convertor}/{own.upper()}")
    assert answer.json() == {"who": own}
