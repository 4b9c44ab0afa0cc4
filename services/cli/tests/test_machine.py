"""Secrets, ports and the merged log: what belongs to the machine ``ovix up`` runs on."""

import io
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from ovix_cli import addresses, phone_plugins, welcome
from ovix_cli.asterisk import LogTail
from ovix_cli.home import GENERATED, Home
from ovix_cli.journal import Journal


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = Home(tmp_path).secrets()
    assert set(first) == set(GENERATED)
    assert len(set(first.values())) == len(GENERATED)
    assert Home(tmp_path).secrets() == first
    assert stat.S_IMODE(Home(tmp_path).secrets_file.stat().st_mode) == 0o600


def test_a_secret_of_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVIX_AMI_PASSWORD", "given")
    assert Home(tmp_path).secrets()["OVIX_AMI_PASSWORD"] == "given"
    monkeypatch.delenv("OVIX_AMI_PASSWORD")
    assert Home(tmp_path).secrets()["OVIX_AMI_PASSWORD"] != "given"


def test_a_secret_that_an_older_installation_lacks_is_added(tmp_path: Path) -> None:
    here = Home(tmp_path)
    here.directory.mkdir()
    here.secrets_file.write_text("OVIX_AMI_PASSWORD=kept\n")
    assert here.secrets()["OVIX_AMI_PASSWORD"] == "kept"
    assert here.secrets()["OVIX_ADMIN_PASSWORD"]


def test_a_port_in_use_is_named_with_the_variable_that_moves_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        monkeypatch.setenv("OVIX_AUTH_PORT", str(holder.getsockname()[1]))
        conflicts = addresses.taken([addresses.AUTH], "127.0.0.1")
    assert conflicts == [addresses.AUTH]
    assert "OVIX_AUTH_PORT" in addresses.explain(conflicts)


def test_a_free_port_is_no_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        number = holder.getsockname()[1]
    monkeypatch.setenv("OVIX_AUTH_PORT", str(number))
    assert addresses.taken([addresses.AUTH], "127.0.0.1") == []


def test_without_the_right_to_open_tftps_port_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Forbidding(socket.socket):
        def bind(self, _: object) -> None:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ovix_cli.addresses.socket.socket", Forbidding)
    assert not addresses.may_serve_tftp()
    assert addresses.taken([addresses.PHONES_TFTP], "127.0.0.1") == []
    assert "OVIX_PROVD_TFTP_PORT" in phone_plugins.no_tftp()
    assert "tftp://" not in welcome.provisioning([])


def test_the_journal_names_the_program_of_each_line() -> None:
    stream = io.StringIO()
    journal = Journal(stream)
    journal.write("auth", "ready")
    assert stream.getvalue() == "auth     │ ready\n"


def test_the_journal_lets_the_programs_go_on_when_nobody_reads_it() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    Journal(stream).write("auth", "ready")
    with suppress(BrokenPipeError):
        stream.close()


def test_the_journal_gives_each_program_its_own_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    journal = Journal(stream)
    journal.write("auth", "a")
    journal.write("confd", "b")
    first, second = stream.getvalue().splitlines()
    assert first.split("auth")[0] != second.split("confd")[0]


def test_a_log_is_followed_from_its_end_and_through_rotation(tmp_path: Path) -> None:
    log = tmp_path / "asterisk.log"
    log.write_text("old\n")
    tail = LogTail(log)
    assert tail.new_lines() == []
    with log.open("a") as file:
        file.write("new\nhalf")
    assert tail.new_lines() == ["new"]
    with log.open("a") as file:
        file.write(" done\n")
    assert tail.new_lines() == ["half done"]
    log.write_text("x\n")
    assert tail.new_lines() == ["x"]
