"""``/dev_mgr/selections``: many devices told the same, and what became of each."""

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI
from ovix_provd.plugins import PluginError
from ovix_provd.selections import MOST_FAILURES_KEPT, Action, selection

Report = dict[str, Any]


async def ended(provd: Any, body: Any) -> tuple[str, Report]:
    """The last status of a selection, and what it reports."""
    answer = await provd.send("POST", "/dev_mgr/selections", body)
    assert answer.status_code == 201, answer.text
    location = answer.headers["Location"].removeprefix("/provd")
    async with asyncio.timeout(60):
        while True:
            status = await provd.read(location, "status")
            if "success" in status or "fail" in status:
                return status, await provd.read(f"{location}/report", "report")
            await asyncio.sleep(0.01)


@pytest.fixture
def phones(provd: Any) -> Any:
    """Adds devices of the plugin ``notes``: their ids."""

    async def added(count: int, **document: Any) -> list[str]:
        given = {"plugin": "notes", "config": "template", **document}
        return [await provd.add("device", **given) for _ in range(count)]

    return added


async def test_devices_of_a_plugin_are_reconfigured_and_progress_is_told(
    provd: Any, phones: Any, plugin: Any
) -> None:
    mine, others = await phones(70), await phones(1, plugin="other")
    plugin.told.clear()
    status, report = await ended(provd, {"action": "reconfigure", "q": {"plugin": "notes"}})
    assert status == "reconfigure|success;70/70"
    told = [each.split()[1] for each in plugin.told if each.startswith("configure")]
    assert sorted(told) == sorted(mine)
    assert others[0] not in told
    assert report == {
        "action": "reconfigure", "state": "success", "total": 70, "done": 70, "failed": 0,
        "failures": [],
    }  # fmt: skip


async def test_phones_are_told_to_fetch_their_files(provd: Any, phones: Any, plugin: Any) -> None:
    """J7."""
    line = {"1": {"username": "anna"}}
    config = await provd.add("config", raw_config={"sip_lines": line})
    mine = await phones(9, config=config, remote_state_sip_username="anna")
    status, _ = await ended(provd, {"action": "synchronize", "q": {"plugin": "notes"}})
    assert status == "synchronize|success;9/9"
    told = [each.split()[1] for each in plugin.told if each.startswith("synchronize")]
    assert sorted(told) == sorted(mine)


async def test_devices_are_deleted(provd: Any, phones: Any) -> None:
    mine = await phones(3, vendor="Old")
    status, report = await ended(provd, {"action": "delete", "q": {"vendor": {"$in": ["Old"]}}})
    assert (status, report["done"]) == ("delete|success;3/3", 3)
    for device_id in mine:
        assert (await provd.api.get(f"/dev_mgr/devices/{device_id}")).status_code == 404


async def test_devices_that_fail_are_named_and_the_others_done(
    provd: Any, phones: Any, plugin: Any
) -> None:
    good = await phones(2)
    impossible = await provd.add("config", raw_config={"impossible": True})
    bad = {
        (await phones(1, config=impossible))[0]: "notes could not write its files",
        (await phones(1, plugin="gone"))[0]: "plugin not loaded: 'gone'",
        (await phones(1, plugin=None))[0]: "the device has no plugin",
        (await phones(1, config=None))[0]: "the device has no config",
        "nobody": "no such device",
    }
    plugin.told.clear()
    status, report = await ended(provd, {"action": "reconfigure", "ids": [*bad, *good]})
    assert status == "reconfigure|fail;7/7"
    assert {each["id"]: each["reason"] for each in report["failures"]} == bad
    assert report["failed"] == 5
    assert {f"configure {each}" for each in good} <= set(plugin.told)
    plugin.fails = True
    status, report = await ended(provd, {"action": "synchronize", "ids": good})
    assert (status, report["failed"]) == ("synchronize|fail;2/2", 2)
    status, report = await ended(provd, {"action": "delete", "ids": ["nobody", good[0]]})
    assert (status, report["failures"]) == (
        "delete|fail;2/2", [{"id": "nobody", "reason": "no such device"}],
    )  # fmt: skip


async def test_what_a_process_leaves_unfinished_is_done_by_the_next(
    provd: Any, phones: Any, plugin: Any, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends in the middle of the first device."""
    mine = await phones(130)
    begun = asyncio.Event()

    async def never_ends(*arguments: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as blocked:
        blocked.setattr(plugin, "configure", never_ends)
        body = {"action": "reconfigure", "q": {"plugin": "notes"}}
        await provd.send("POST", "/dev_mgr/selections", body)
        await asyncio.wait_for(begun.wait(), 60)
        await app.state.operations.close()
    plugin.told.clear()
    await app.state.reconfigurations.work_off()
    told = {each.split()[1] for each in plugin.told if each.startswith("configure")}
    assert told == set(mine)


async def test_nothing_to_do_is_a_success(provd: Any) -> None:
    for action in Action:
        status, report = await ended(provd, {"action": action, "q": {"vendor": "none"}})
        assert status == f"{action}|success;0"
        assert report["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"q": {}},
        {"action": "paint", "q": {}},
        {"action": "delete"},
        {"action": "delete", "q": {}, "ids": []},
        {"action": "delete", "ids": "all"},
        {"action": "delete", "ids": [1]},
        {"action": "delete", "q": []},
        {"action": "delete", "q": {"a": {"$near": 1}}},
    ],
)
async def test_what_names_no_devices_is_refused(provd: Any, phones: Any, body: Any) -> None:
    mine = await phones(1)
    answer = await provd.send("POST", "/dev_mgr/selections", body)
    assert answer.status_code == 400
    await provd.device(mine[0])


async def test_a_selection_is_forgotten_with_its_operation(provd: Any, app: FastAPI) -> None:
    answer = await provd.send("POST", "/dev_mgr/selections", {"action": "delete", "ids": []})
    location = answer.headers["Location"].removeprefix("/provd")
    await provd.done("DELETE", location)
    for path in (location, f"{location}/report"):
        assert (await provd.api.get(path)).status_code == 404
    await ended(provd, {"action": "delete", "ids": []})
    assert len(app.state.selections) == 1


async def test_selections_need_their_own_right(client: Any) -> None:
    devices_only = await client("provd.dev_mgr.devices.#")
    body = {"action": "delete", "q": {}}
    assert (await devices_only.post("/dev_mgr/selections", json=body)).status_code == 401


def test_the_list_of_failures_is_bounded() -> None:
    chosen = selection(Action.DELETE)
    for number in range(MOST_FAILURES_KEPT + 5):
        chosen.fail(str(number), str(PluginError("no")))
    assert len(chosen.report["failures"]) == MOST_FAILURES_KEPT
    assert chosen.report["failed"] == MOST_FAILURES_KEPT + 5


async def test_an_id_that_can_not_be_one_costs_the_others_nothing(provd: Any, phones: Any) -> None:
    [mine] = await phones(1)
    status, report = await ended(provd, {"action": "reconfigure", "ids": [mine, "a\0"]})
    assert "fail" in status
    assert (report["done"], report["failed"]) == (2, 1)
    assert report["failures"] == [{"id": "a\0", "reason": "no such device"}]
