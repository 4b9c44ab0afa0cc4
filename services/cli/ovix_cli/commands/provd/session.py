"""The provd that a command was given, opened when the command runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from ovix_cli.provd.client import Options
from ovix_cli.provd.console import Console, opened


@dataclass(frozen=True)
class Session:
    """What the options before the command said."""

    host: str
    port: int | None
    token: str | None
    options: Options
    as_json: bool
    assume_yes: bool


@contextmanager
def session(context: typer.Context) -> Iterator[Console]:
    """The console of the command's provd."""
    said = context.find_object(Session)
    assert said is not None
    with opened(
        host=said.host,
        port=said.port,
        token=said.token,
        options=said.options,
        as_json=said.as_json,
        assume_yes=said.assume_yes,
    ) as console:
        yield console
