"""``ovix provd configs``."""

from typing import Annotated

import typer

from ovix_cli.commands.provd.arguments import an_object, pairs
from ovix_cli.commands.provd.session import session

application = typer.Typer(no_args_is_help=True, help="What phones are configured from.")


@application.command("list")
def list_configs(
    context: typer.Context,
    kind: Annotated[
        str | None, typer.Option("--type", help="X_type: registrar, device or internal.")
    ] = None,
) -> None:
    """List the ids of configs; all by default."""
    with session(context) as console:
        found = console.configs.find({} if kind is None else {"X_type": kind})
        console.show(sorted(each["id"] for each in found))


@application.command()
def find(context: typer.Context, selector: str) -> None:
    """Configs that a selector of provd's finds."""
    with session(context) as console:
        console.show(console.configs.find(an_object(selector)))


@application.command()
def get(context: typer.Context, config: str) -> None:
    """Show a config."""
    with session(context) as console:
        console.show(console.configs.get(config))


@application.command()
def raw(context: typer.Context, config: str) -> None:
    """Show what a device with that config is given."""
    with session(context) as console:
        console.show(console.configs.get_raw(config))


@application.command()
def add(
    context: typer.Context,
    values: Annotated[
        list[str], typer.Argument(help="KEY=VALUE; keys such as raw_config.sip_lines.1.username.")
    ],
) -> None:
    """Add a config; print its id."""
    with session(context) as console:
        console.show(console.configs.add(pairs(values)))


@application.command("set")
def set_values(
    context: typer.Context,
    config: str,
    values: Annotated[
        list[str],
        typer.Argument(help="KEY=VALUE of the raw_config; keys such as sip_lines.1.username."),
    ],
) -> None:
    """Change the raw_config of a config."""
    with session(context) as console:
        console.configs[config].set_config(pairs(values))


@application.command()
def unset(
    context: typer.Context, config: str, keys: Annotated[list[str], typer.Argument(help="Keys.")]
) -> None:
    """Take keys out of the raw_config of a config."""
    with session(context) as console:
        console.configs[config].unset_config(*keys)


@application.command()
def parents(
    context: typer.Context, config: str, ids: Annotated[list[str], typer.Argument(help="Ids.")]
) -> None:
    """Have a config inherit from these, the last one winning."""
    with session(context) as console:
        console.configs[config].set_parents(*ids)


@application.command()
def autocreate(context: typer.Context) -> None:
    """Make a config for a phone that has none yet; print its id."""
    with session(context) as console:
        console.show(console.configs.autocreate())


@application.command()
def clone(
    context: typer.Context,
    config: str,
    new: Annotated[str | None, typer.Argument(help="The id of the copy.")] = None,
) -> None:
    """Copy a config; print the copy's id."""
    with session(context) as console:
        console.show(console.configs.clone(config, new))


@application.command()
def remove(
    context: typer.Context, configs: Annotated[list[str], typer.Argument(help="Ids.")]
) -> None:
    """Remove configs."""
    with session(context) as console:
        for config in configs:
            console.configs.remove(config)


@application.command()
def remove_transient(context: typer.Context) -> None:
    """Remove transient configs that no device has; print how many there were."""
    with session(context) as console:
        console.show(console.helpers.remove_transient_configs())
