"""Secrets: those of configurations stay out of logs, those of the service out of the host."""

from pathlib import Path

import pytest
from ovix_provd.host.inside.hidden import INSTEAD, hidden, remember

from .conftest import Hosts
from .stranger import misbehaving_package


def test_values_of_secrets_names_are_hidden_however_deep_they_lie() -> None:
    remember(
        {
            "admin_password": "adm1n",
            "sip_lines": {"1": {"username": "zoe", "password": "p4ssw0rd"}},
            "XX_secrets": [{"any": "n0thing"}],
        }
    )
    told = "zoe, adm1n: no attribute 'p4ssw0rd'"
    assert hidden(told) == f"zoe, {INSTEAD}: no attribute '{INSTEAD}'"


def test_a_short_secret_leaves_messages_readable() -> None:
    remember({"admin_password": "1"})
    assert hidden("line 1 of 11") == "line 1 of 11"


def test_a_secret_that_holds_another_is_hidden_whole() -> None:
    remember({"password": "abcd", "user_password": "abcdefgh"})
    assert hidden("abcdefgh") == INSTEAD


async def test_secrets_of_the_service_are_not_in_the_host(
    hosts: Hosts, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVIX_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("OVIX_PROVD_KEY", "secret")
    body = """
        def get_remote_state_trigger_filename(self, device):
            packages = {name.split('.')[0] for name in sys.modules}
            return repr((
                packages & {'sqlalchemy', 'fastapi', 'ovix_web', 'ovix_schema'},
                [name for name in os.environ if name.startswith('OVIX')],
                os.listdir('/proc/self/fd'),
            ))
    """
    host = await hosts()
    await host.load("spy", misbehaving_package(packages, "spy", body))
    told = await host["spy"].trigger_filename({"id": "d1"})
    assert told is not None
    modules, names, descriptors = eval(told)
    assert not modules
    assert names == ["OVIX_PLUGIN_HOST_MEMORY"]
    assert len(descriptors) < 16
