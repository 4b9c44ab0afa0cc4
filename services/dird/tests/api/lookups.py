"""What lookups in the tests are made of: sources, a person, and how answers are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

NOBODY = UUID(int=0)
INTERNAL = {
    "searched_columns": ["firstname", "lastname", "full_name", "exten", "mobile_phone_number"],
    "first_matched_columns": ["exten", "mobile_phone_number"],
    "format_columns": {
        "name": "{firstname} {lastname}",
        "reverse": "{firstname} {lastname}",
        "phone": "{exten}",
        "phone_mobile": "{mobile_phone_number}",
    },
}
PERSONAL = {
    "searched_columns": ["firstname", "lastname", "number", "mobile"],
    "first_matched_columns": ["number", "mobile"],
    "format_columns": {
        "name": "{firstname} {lastname}",
        "reverse": "{firstname} {lastname}",
        "phone": "{number}",
    },
}
LISTED = {
    "searched_columns": ["firstname", "lastname"],
    "first_matched_columns": ["number"],
    "unique_column": "id",
}
MARIE = {"id": "7", "firstname": "Marie", "lastname": "Dupont", "number": "0142000001"}


@contextmanager
def counted(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that lookups run inside."""
    statements, rows = [], app.state.statements.rows

    async def recorded(statement: str, *values: object) -> Any:
        statements.append(statement)
        return await rows(statement, *values)

    with monkeypatch.context() as patched:
        patched.setattr(app.state.statements, "rows", recorded)
        yield statements


def names(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return [each["column_values"][0] for each in answer.json()["results"]]
