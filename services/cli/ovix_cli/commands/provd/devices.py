"""``ovix provd devices``."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from ovix_cli.commands.provd.arguments import an_object, pairs
from ovix_cli.commands.provd.session import session
from ovix_cli.provd.console import Console
from ovix_cli.provd.devices import DeviceGroup
from ovix_cli.provd.macs import norm_mac

application = typer.Typer(no_args_is_help=True, help="Phones.")
Ids = Annotated[list[str], typer.Argument(help="Ids of devices.")]
Pairs = Annotated[
    list[str], typer.Argument(help="KEY=VALUE; a value that is JSON is what it says.")
]


class Action(StrEnum):
    """What a group of devices is told."""

    LIST = "list"
    COUNT = "count"
    RECONFIGURE = "reconfigure"
    SYNCHRONIZE = "synchronize"
    REMOVE = "remove"


What = Annotated[Action, typer.Argument(help="What to do with them.")]


@application.command("list")
def list_devices(
    context: typer.Context,
    plugin: Annotated[str | None, typer.Option(help="Of this plugin.")] = None,
    vendor: Annotated[str | None, typer.Option(help="Of this vendor.")] = None,
    model: Annotated[str | None, typer.Option(help="Of this model.")] = None,
    mac: Annotated[str | None, typer.Option(help="With this hardware address.")] = None,
    ip: Annotated[str | None, typer.Option(help="With this address.")] = None,
) -> None:
    """List devices; all by default."""
    given: dict[str, Any] = {"plugin": plugin, "vendor": vendor, "model": model, "ip": ip}
    given["mac"] = None if mac is None else norm_mac(mac)
    with session(context) as console:
        selector = {key: value for key, value in given.items() if value is not None}
        console.show(console.devices.find(selector, sort="ip"))


@application.command()
def find(
    context: typer.Context,
    selector: Annotated[str, typer.Argument(help='Such as \'{"plugin": {"$ne": "x"}}\'.')],
    action: Annotated[Action, typer.Argument(help="What to do with them.")] = Action.LIST,
) -> None:
    """Devices that a selector of provd's finds."""
    with session(context) as console:
        tell(console, console.devices.matching(an_object(selector)), action)


@application.command()
def get(context: typer.Context, device: str) -> None:
    """Show a device."""
    with session(context) as console:
        console.show(console.devices.get(device))


@application.command()
def add(context: typer.Context, values: Pairs) -> None:
    """Add a device; print its id."""
    with session(context) as console:
        document = pairs(values)
        if isinstance(document.get("mac"), str):
            document["mac"] = norm_mac(document["mac"])
        console.show(console.devices.add(document))


@application.command("set")
def set_values(context: typer.Context, device: str, values: Pairs) -> None:
    """Change a device."""
    with session(context) as console:
        console.devices[device].set(pairs(values))


@application.command()
def unset(
    context: typer.Context, device: str, keys: Annotated[list[str], typer.Argument(help="Keys.")]
) -> None:
    """Take keys out of a device."""
    with session(context) as console:
        console.devices[device].unset(*keys)


@application.command()
def remove(context: typer.Context, devices: Ids) -> None:
    """Remove devices."""
    with session(context) as console:
        for device in devices:
            console.devices.remove(device)


@application.command()
def reconfigure(context: typer.Context, devices: Ids) -> None:
    """Write the files of devices anew."""
    with session(context) as console:
        console.devices.chosen(devices).reconfigure()


@application.command()
def synchronize(context: typer.Context, devices: Ids) -> None:
    """Have phones fetch their files."""
    with session(context) as console:
        console.devices.chosen(devices).synchronize()


@application.command()
def using_plugin(context: typer.Context, plugin: str, action: What) -> None:
    """Devices of a plugin."""
    with session(context) as console:
        tell(console, console.devices.using_plugin(plugin), action)


@application.command()
def using_vendor(context: typer.Context, vendor: str, action: What) -> None:
    """Devices of a vendor."""
    with session(context) as console:
        tell(console, console.devices.using_vendor(vendor), action)


@application.command()
def using_model(context: typer.Context, model: str, action: What) -> None:
    """Devices of a model."""
    with session(context) as console:
        tell(console, console.devices.using_model(model), action)


@application.command()
def using_mac(context: typer.Context, mac: str, action: What) -> None:
    """The device with a hardware address, in any form."""
    with session(context) as console:
        tell(console, console.devices.using_mac(mac), action)


@application.command()
def not_configured(
    context: typer.Context,
    action: Annotated[Action, typer.Argument(help="What to do with them.")] = Action.LIST,
) -> None:
    """Devices without files of their own."""
    with session(context) as console:
        tell(console, console.devices.not_configured(), action)


@application.command()
def change_plugin(
    context: typer.Context,
    old: str,
    new: str,
    synchronize: Annotated[
        bool, typer.Option("--synchronize", help="Have the phones fetch their files then.")
    ] = False,
) -> None:
    """Give all devices of a plugin another one; print how many there were."""
    with session(context) as console:
        console.show(console.helpers.mass_update_devices_plugin(old, new, synchronize))


def tell(console: Console, group: DeviceGroup, action: Action) -> None:
    """What was asked for, of a group; changes print how many devices there were."""
    actions = {
        Action.LIST: group.find,
        Action.COUNT: group.count,
        Action.RECONFIGURE: group.reconfigure,
        Action.SYNCHRONIZE: group.synchronize,
        Action.REMOVE: group.remove,
    }
    console.show(actions[action]())
