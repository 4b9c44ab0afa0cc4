"""The console, as operators use it, on the real service."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from ovix_cli.home import CliError
from ovix_cli.provd.client import Options
from ovix_cli.provd.console import Console, opened
from ovix_cli.provd.expressions import run

from .conftest import KEY
from .listening import listening


async def told(app: FastAPI, work: Callable[[Console], Any]) -> Any:
    """What is done by a console, in a thread of its own."""

    async with listening(app) as port:

        def do() -> Any:
            options = Options(oip_update_interval=0.02, op_progress=False)
            with opened(port=port, token=KEY, options=options) as console:
                return work(console)

        return await asyncio.to_thread(do)


async def test_the_training_decks_commands_do_what_they_say(
    app: FastAPI, provd: Any, plugin: Any
) -> None:
    devices = [
        await provd.add(
            "device", plugin="notes", config="template", remote_state_sip_username="anna"
        )
        for _ in range(3)
    ]
    await provd.add("device", plugin="other", config="template")
    plugin.told.clear()
    text = 'devices.using_plugin("notes").{}()'

    def work(console: Console) -> list[int]:
        return [run(text.format(each), console.names) for each in ("reconfigure", "synchronize")]

    assert await told(app, work) == [3, 3]
    for action in ("configure", "synchronize"):
        assert {f"{action} {device}" for device in devices} <= set(plugin.told)


async def test_devices_and_configs_are_changed_by_it(app: FastAPI, provd: Any) -> None:
    def work(console: Console) -> Any:
        config = console.configs.add({"raw_config.sip_lines.1.username": "anna"})
        device = console.devices.add({"mac": "00:15:65:0a:0b:0c", "plugin": "notes"})
        console.devices[device].set({"config": config}).reconfigure()
        made = console.configs.autocreate()
        console.configs[config].set_config({"locale": "fr_FR"}).set_parents("base")
        return (
            console.devices.using_mac("0015650A0B0C").find()[0]["configured"],
            console.configs.get_raw(config)["ntp_enabled"],
            console.configs.clone(config, "copy"),
            console.helpers.remove_transient_configs(),
            console.configs.find({"id": made}),
            console.parameters.infos()["NAT"]["value"],
        )

    assert await told(app, work) == (True, True, "copy", 1, [], 0)


async def test_a_failure_is_told_by_device(app: FastAPI, provd: Any, plugin: Any) -> None:
    device = await provd.add("device", plugin="notes", config="template")
    plugin.fails = True
    with pytest.raises(CliError, match=f"1 of 1 devices failed\n  {device}: notes could not"):
        await told(app, lambda console: console.devices.using_plugin("notes").reconfigure())
