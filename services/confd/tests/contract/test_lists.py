"""What every list does: pages, order, filters, search (reference/confd/README.md, Lists)."""

from collections.abc import Awaitable, Callable
from typing import Any

import jsonschema_rs
import pytest
from httpx import AsyncClient
from ovix_confd.kit import ResourceSpec, list_of

Spec = ResourceSpec[Any]
Make = Callable[..., Awaitable[list[dict[str, Any]]]]


async def test_a_list_is_paged_and_counted(resource: Spec, api: AsyncClient, make: Make) -> None:
    made = await make(resource, 5)
    everything = (await api.get(resource.path)).json()
    described = list_of(resource.read).model_json_schema(mode="serialization")
    jsonschema_rs.validator_for(described).validate(everything)
    assert everything["total"] == len(everything["items"]) >= len(made) > 3
    for parameters, expected in (
        ({"limit": 2}, everything["items"][:2]),
        ({"limit": 2, "offset": 2}, everything["items"][2:4]),
        ({"limit": 2, "skip": 2}, everything["items"][2:4]),
        ({"offset": 3}, everything["items"][3:]),
        ({"offset": 100_000}, []),
        ({"limit": 100_000}, everything["items"]),
    ):
        answer = (await api.get(resource.path, params=parameters)).json()
        assert answer == {"total": everything["total"], "items": expected}, parameters


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"limit": "many"}, "Input Error - field 'limit': wrong type. Should be a positive number"),
        ({"limit": "-1"}, "Input Error - field 'limit': wrong type. Should be a positive number"),
        ({"offset": "x"}, "Input Error - field 'offset': wrong type. Should be a positive number"),
        ({"order": "no_such"}, "Input Error - order: column 'no_such' was not found"),
        ({"direction": "up"}, "Input Error - direction: must be 'asc' or 'desc'"),
    ],
)
async def test_wrong_list_parameters_are_told_in_xivos_words(
    resource: Spec, api: AsyncClient, parameters: dict[str, str], message: str
) -> None:
    answer = await api.get(resource.path, params=parameters)
    assert (answer.status_code, answer.json()) == (400, [message])


async def test_a_list_is_sorted_by_any_column_in_either_direction(
    resource: Spec, api: AsyncClient, make: Make
) -> None:
    await make(resource, 3)
    for column in resource.rows.columns:
        up = (await api.get(resource.path, params={"order": column})).json()["items"]
        down = await api.get(resource.path, params={"order": column, "direction": "desc"})
        assert down.json()["items"] == up[::-1], column
    default = (await api.get(resource.path)).json()
    assert default == (await api.get(resource.path, params={"order": resource.rows.order})).json()


async def test_columns_filter_by_equality(resource: Spec, api: AsyncClient, make: Make) -> None:
    items = await make(resource, 3)
    everything = (await api.get(resource.path)).json()["items"]
    for column in resource.rows.columns.keys() & items[0].keys():
        value = items[1][column]
        if value is None or isinstance(value, list | dict):
            continue
        given = str(value).lower() if isinstance(value, bool) else value
        answer = (await api.get(resource.path, params={column: given})).json()
        assert answer["items"] == [each for each in everything if each[column] == value], column
        assert answer["total"] == len(answer["items"])
    for column in resource.rows.columns:
        answer = (await api.get(resource.path, params={column: "no such value"})).json()
        assert answer == {"total": 0, "items": []}, column
    unknown = (await api.get(resource.path, params={"no_such_column": "x"})).json()
    assert unknown["items"] == everything


async def test_a_search_takes_text_as_it_is(resource: Spec, api: AsyncClient, make: Make) -> None:
    items = await make(resource, 3)
    looked_into = resource.rows.searched or tuple(resource.rows.columns.values())
    columns = [
        name
        for name, column in resource.rows.columns.items()
        if any(column is each for each in looked_into)
    ]
    texts = [items[1][c] for c in columns if isinstance(items[1].get(c), str)]
    if not texts:
        texts = [str(items[1][name]) for name in columns if name in items[1]]
    assert texts
    for text in texts:
        for search in (text, text.upper(), text[1:]):
            answer = (await api.get(resource.path, params={"search": search})).json()
            assert items[1] in answer["items"], search
            assert answer["total"] == len(answer["items"])
    for search in ("%", "\\", "no such text", "'; --"):
        found = (await api.get(resource.path, params={"search": search})).json()
        assert items[1] not in found["items"], search
