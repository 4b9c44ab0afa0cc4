"""``ovix provd`` and ``xivo-provd-cli`` as programs: what they print, and how they end."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from ovix_cli.application import application
from ovix_cli.home import CliError
from typer.testing import CliRunner, Result

from .fake_provd import FakeProvd

BIN = Path(sys.executable).parent
Ovix = Callable[..., Result]


@pytest.fixture
def provd() -> FakeProvd:
    made = FakeProvd(installed={"p": {"version": "1"}}, installable={"p": {"version": "2"}})
    for number in (1, 2):
        made.devices[f"d{number}"] = {
            "id": f"d{number}", "mac": f"00:15:65:00:00:0{number}", "plugin": "p",
            "vendor": "Yealink", "model": "T46", "configured": False, "config": "c",
        }  # fmt: skip
    made.configs["c"] = {"id": "c", "parent_ids": [], "raw_config": {}, "X_type": "device"}
    made.packages["fw"] = {"version": "1", "description": "firmware"}
    return made


@pytest.fixture
def port(provd: FakeProvd) -> Iterator[int]:
    """Where the provd listens."""
    transport = provd.transport

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = f"http://provd{self.path}"
            asked = httpx.Request(self.command, url, headers=dict(self.headers), content=body)
            answered = transport.handle_request(asked)
            self.send_response(answered.status_code)
            for name, value in answered.headers.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answered.content)))
            self.end_headers()
            self.wfile.write(answered.content)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def ovix(port: int) -> Ovix:
    """Runs ``ovix provd … arguments``; what it fails with is in the result."""

    def run(*arguments: str, input: str | None = None) -> Result:
        common = ["provd", "--port", str(port), "--token", "t"]
        return CliRunner().invoke(application, [*common, *arguments], input=input)

    return run


def shown(result: Result) -> str:
    assert result.exit_code == 0, result.exception or result.output
    return result.stdout


def test_devices_are_listed_for_people_and_for_programs(ovix: Ovix) -> None:
    table = shown(ovix("devices", "list", "--mac", "001565000001"))
    assert table.split()[-6:] == ["d1", "00:15:65:00:00:01", "Yealink", "T46", "p", "False"]
    assert "00:15:65:00:00:02" not in table
    listed = json.loads(shown(ovix("--json", "devices", "list", "--plugin", "p")))
    assert [each["id"] for each in listed] == ["d1", "d2"]
    assert json.loads(shown(ovix("devices", "get", "d1")))["model"] == "T46"
    found = shown(ovix("--json", "devices", "find", '{"id": {"$in": ["d2"]}}'))
    assert [each["id"] for each in json.loads(found)] == ["d2"]


@pytest.mark.parametrize(
    "group",
    [("using-plugin", "p"), ("using-vendor", "Yealink"), ("using-model", "T46")],
)
@pytest.mark.parametrize("action", ["reconfigure", "synchronize", "count"])
def test_groups_of_devices_are_told(ovix: Ovix, group: tuple[str, str], action: str) -> None:
    assert shown(ovix("devices", *group, action)) == "2\n"


def test_groups_show_how_it_goes_on_standard_error(ovix: Ovix) -> None:
    result = ovix("devices", "not-configured", "reconfigure")
    assert (result.stdout, result.exit_code) == ("2\n", 0)
    assert "reconfigure: done." in result.stderr
    assert "reconfigure" not in ovix("--no-progress", "devices", "reconfigure", "d1").stderr


def test_devices_are_changed(ovix: Ovix, provd: FakeProvd) -> None:
    made = shown(ovix("devices", "add", "mac=0015650000ff", 'options={"switchboard": true}'))
    assert provd.devices[made.strip()]["mac"] == "00:15:65:00:00:ff"
    assert provd.devices[made.strip()]["options"] == {"switchboard": True}
    shown(ovix("devices", "set", "d1", "description=Desk 1"))
    assert provd.devices["d1"]["description"] == "Desk 1"
    shown(ovix("devices", "unset", "d1", "description"))
    assert "description" not in provd.devices["d1"]
    shown(ovix("devices", "remove", "d1", "d2"))
    assert list(provd.devices) == [made.strip()]


def test_devices_change_their_plugin_after_a_question(ovix: Ovix, provd: FakeProvd) -> None:
    refused = ovix("devices", "change-plugin", "p", "q", input="n\n")
    assert isinstance(refused.exception, CliError)
    assert provd.devices["d1"]["plugin"] == "p"
    assert shown(ovix("--yes", "devices", "change-plugin", "p", "q", "--synchronize")) == "2\n"
    assert provd.devices["d1"]["plugin"] == "q"


def test_configs_are_shown_and_changed(ovix: Ovix, provd: FakeProvd) -> None:
    assert json.loads(shown(ovix("configs", "list", "--type", "device"))) == ["c"]
    shown(ovix("configs", "set", "c", "sip_lines.1.username=anna", "ntp_enabled=true"))
    assert json.loads(shown(ovix("configs", "raw", "c"))) == {
        "ip": "x", "sip_lines": {"1": {"username": "anna"}}, "ntp_enabled": True,
    }  # fmt: skip
    assert shown(ovix("configs", "clone", "c", "copy")) == "copy\n"
    shown(ovix("configs", "unset", "copy", "sip_lines"))
    shown(ovix("configs", "parents", "copy", "c"))
    assert json.loads(shown(ovix("configs", "get", "copy"))) == {
        "id": "copy", "parent_ids": ["c"], "raw_config": {"ntp_enabled": True}, "X_type": "device",
    }  # fmt: skip
    refused = ovix("configs", "autocreate")
    assert "no config has the role" in str(refused.exception)
    provd.configs["autoprov"] = {"id": "autoprov", "parent_ids": [], "raw_config": {}}
    assert shown(ovix("configs", "autocreate")) == "autoprov1\n"
    shown(ovix("configs", "remove", "copy"))
    made = shown(ovix("configs", "add", "raw_config.locale=fr_FR")).strip()
    assert provd.configs[made]["raw_config"] == {"locale": "fr_FR"}


def test_plugins_and_their_firmware(ovix: Ovix, provd: FakeProvd) -> None:
    shown(ovix("plugins", "update"))
    assert json.loads(shown(ovix("plugins", "outdated")))["p"]["installable"] == "2"
    shown(ovix("plugins", "upgrade"))
    shown(ovix("plugins", "install", "q"))
    shown(ovix("plugins", "reload", "p"))
    assert json.loads(shown(ovix("plugins", "missing"))) == []
    assert json.loads(shown(ovix("plugins", "info", "p"))) == {"version": "1"}
    assert list(json.loads(shown(ovix("--json", "packages", "installable", "p")))) == ["fw"]
    assert shown(ovix("packages", "installable", "p")).split()[3:] == ["fw", "1", "firmware"]
    shown(ovix("packages", "install", "p"))
    shown(ovix("plugins", "uninstall", "p"))
    begun = [each for each in provd.asked if each.startswith("POST")]
    assert begun == [
        "POST /pg_mgr/install/update",
        "POST /pg_mgr/install/upgrade p",
        "POST /pg_mgr/install/install q",
        "POST /pg_mgr/reload p",
        "POST /pg_mgr/plugins/p/install/install fw",
        "POST /pg_mgr/install/uninstall p",
    ]
    assert provd.operations == {}


def test_parameters(ovix: Ovix, provd: FakeProvd) -> None:
    shown(ovix("parameters", "set", "locale", "fr_FR"))
    assert shown(ovix("parameters", "get", "locale")) == "fr_FR\n"
    assert json.loads(shown(ovix("parameters", "list")))["locale"]["value"] == "fr_FR"
    shown(ovix("parameters", "unset", "locale"))
    assert provd.parameters["locale"] is None


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("devices", "get", "none"), "404"),
        (("devices", "reconfigure", "none"), "1 of 1 devices failed"),
        (("devices", "find", "{"), "no JSON"),
        (("devices", "add", "mac"), "KEY=VALUE"),
        (("plugins", "reload", "none"), "not installed"),
        (("plugins", "install", "broken"), "failed"),
        (("run", "devices.nothing()"), "can't be called"),
        (("parameters", "get", "none"), "404"),
    ],
)
def test_what_fails_ends_with_an_error(
    ovix: Ovix, provd: FakeProvd, arguments: tuple[str, ...], reason: str
) -> None:
    provd.broken = {"broken"}
    result = ovix(*arguments)
    assert isinstance(result.exception, CliError), result.output
    assert reason in str(result.exception)


def ended(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TOKEN": "t"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_the_commands_of_the_training_deck_run_as_they_are_written(
    port: int, provd: FakeProvd
) -> None:
    program = str(BIN / "xivo-provd-cli")
    on = ("--port", str(port), "127.0.0.1")
    done = ended(program, "-c", 'devices.using_plugin("p").reconfigure()', *on)
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
    assert ended(program, *on, "-c", 'plugins.reload("p")').returncode == 0
    provd.broken = {"d1"}
    failed = ended(program, "-c", 'devices.using_plugin("p").synchronize()', *on)
    assert failed.returncode == 1
    assert "1 of 2 devices failed\n  d1: no" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_ovix_ends_with_1_when_provd_refuses_or_is_away(port: int) -> None:
    program = str(BIN / "ovix")
    refused = ended(program, "provd", "--port", str(port), "devices", "get", "none")
    away = ended(program, "provd", "--port", "1", "devices", "list")
    assert (refused.returncode, away.returncode) == (1, 1)
    assert "404" in refused.stderr
    assert "does not answer" in away.stderr
