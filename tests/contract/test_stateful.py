"""Requests that follow from each other: what one creates, others read, change, link and delete.

No answer of 500 or more on any way through confd, and none that the description does not name.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ovix_confd.app import create_confd_app
from ovix_confd.settings import ConfdSettings
from ovix_testkit.cases import describing_cases

SEEDS = os.environ.get("OVIX_CONTRACT_SEEDS", "1").split()
WAYS = "60"


def _linked(bodies: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The description, with OpenAPI's links from what a POST creates to all that lies below it."""
    linked = describing_cases(create_confd_app(ConfdSettings()).openapi())
    for path, body in bodies.items():
        creation = linked["paths"][path]["post"]
        creation["requestBody"]["content"]["application/json"]["schema"] = body
        creation["responses"]["201"]["links"] = dict(_links(linked, path))
    return linked


def _links(description: dict[str, Any], collection: str) -> Iterator[tuple[str, Any]]:
    """From the id of what was created to every operation whose path names it."""
    created = description["paths"][collection]["post"]["responses"]["201"]
    named = created["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
    members = description["components"]["schemas"][named]["properties"]
    for path, operations in description["paths"].items():
        below = re.match(re.escape(collection) + r"/{(\w+)}", path)
        if below is None:
            continue
        member = next(each for each in (below[1], "id", "uuid") if each in members)
        values = {f"path.{below[1]}": f"$response.body#/{member}"}
        for operation in operations.values():
            name = operation["operationId"]
            yield name, {"operationId": name, "parameters": values}


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_way_through_confd_ends_in_a_server_error(
    seed: str,
    service: Callable[[str], Any],
    some_of_everything: dict[str, dict[str, Any]],
    tmp_path: Path,
) -> None:
    running = service("confd")
    description = tmp_path / "confd.json"
    description.write_text(json.dumps(_linked(some_of_everything)))
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", description, "--url", running.url),
        *("--header", f"X-Auth-Token: {running.token}", "--seed", seed, "--no-color"),
        *("--phases", "stateful", "--max-examples", WAYS, "--max-time", "40"),
        *("--checks", "not_a_server_error,status_code_conformance"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await ran.communicate()
    running.assert_alive()
    assert ran.returncode == 0, told.decode()[-5000:]
    assert b"Stateful" in told
