"""HTTP and TFTP services that plugins put together (acceptance I, as far as they decide it)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from ovix_provd.surface.servers.http import HTTPHookService, HTTPNoListingFileService
from ovix_provd.surface.servers.http_site import Request
from ovix_provd.surface.servers.tftp import packet
from ovix_provd.surface.servers.tftp.service import (
    TFTPFileService,
    TFTPNullService,
    TFTPStringService,
)
from twisted.web.resource import getChildForRequest
from twisted.web.server import NOT_DONE_YET
from twisted.web.test.requesthelper import DummyRequest


@pytest.fixture
def tftpboot(tmp_path: Path) -> Path:
    root = tmp_path / "tftpboot"
    root.joinpath("firmware").mkdir(parents=True)
    root.joinpath("a.cfg").write_bytes(b"0123456789")
    root.joinpath("é.cfg").write_bytes(b"accent")
    root.joinpath("firmware/fw.bin").write_bytes(b"\x00" * 100_000)
    tmp_path.joinpath("secret").write_text("secret")
    tmp_path.joinpath("tftpboot-old").mkdir()
    tmp_path.joinpath("tftpboot-old/secret").write_text("secret")
    root.joinpath("link").symlink_to(tmp_path / "secret")
    root.joinpath("inner").symlink_to(root / "a.cfg")
    return root


def ask(service: Any, target: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """Status and body of one HTTP request, taken apart as Twisted's server does."""
    path = target.partition("?")[0].encode()
    request: Any = DummyRequest([unquote_to_bytes(part) for part in path[1:].split(b"/")])
    request.method, request.uri, request.clientproto = method.encode(), path, b"HTTP/1.1"
    for name, value in headers.items():
        request.requestHeaders.addRawHeader(name, value)
    body = getChildForRequest(service, request).render(request)
    sent = b"".join(request.written) if body is NOT_DONE_YET else body
    return request.responseCode or 200, sent


def test_files_are_served_whole_and_in_ranges(tftpboot: Path) -> None:
    service = HTTPNoListingFileService(str(tftpboot))
    assert ask(service, "/a.cfg") == (200, b"0123456789")
    assert ask(service, "/a.cfg?mac=1") == (200, b"0123456789")
    assert ask(service, "/inner") == (200, b"0123456789")
    assert ask(service, "/%C3%A9.cfg") == (200, b"accent")
    assert ask(service, "/a.cfg", range="bytes=2-4") == (206, b"234")
    assert ask(service, "/firmware/fw.bin")[1] == b"\x00" * 100_000
    assert ask(service, "/missing")[0] == 404


@pytest.mark.parametrize("target", ["/", "/firmware/", "//a.cfg", "//etc/passwd"])
def test_i4_a_directory_is_not_listed(tftpboot: Path, target: str) -> None:
    status, body = ask(HTTPNoListingFileService(str(tftpboot)), target)
    assert status == 403
    assert b"Directory listing not permitted." in body


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "DELETE"])
def test_i4_only_get_is_served(tftpboot: Path, method: str) -> None:
    service = HTTPNoListingFileService(str(tftpboot))
    assert ask(service, "/a.cfg", method)[0] == 405


@pytest.mark.parametrize(
    "target",
    [
        "/../secret", "/../../../etc/passwd", "/%2e%2e/secret", "/..%2fsecret", "/%2fetc%2fpasswd",
        "/firmware/../../secret", "/firmware/%2e%2e/%2e%2e/secret", "/..%5csecret", "/a.cfg%00",
        "/../tftpboot-old/secret", "/%FF", "/link", "/a.cfg/x",
    ],
)  # fmt: skip
def test_i1_i5_nothing_outside_is_reached(tftpboot: Path, target: str) -> None:
    status, body = ask(HTTPNoListingFileService(str(tftpboot)), target)
    assert status == 404
    assert b"secret" not in body.lower()


def test_a_hook_is_called_before_the_service_behind_it(tftpboot: Path) -> None:
    told = []

    class Noting(HTTPHookService):
        def __init__(self, service: Any) -> None:
            HTTPHookService.__init__(self, service)

        def _pre_handle(self, path: bytes, request: Request) -> None:
            told.append((path, request.uri))

    assert ask(Noting(HTTPNoListingFileService(str(tftpboot))), "/firmware/fw.bin")[0] == 200
    assert told == [(b"firmware", b"/firmware/fw.bin")]


# ---- TFTP --------------------------------------------------------------------------------------


class Response:
    """Keeps the answer."""

    answer: Any = None

    def accept(self, file: Any) -> None:
        self.answer = file.read(1000)
        file.close()

    def reject(self, errcode: bytes, errmsg: bytes | str) -> None:
        self.answer = (errcode, errmsg)

    def ignore(self) -> None:
        self.answer = "ignored"


def read(service: Any, filename: bytes | str) -> Any:
    """What a read request for that name is answered."""
    asked: dict[str, Any] = {
        "opcode": packet.OP_RRQ,
        "filename": filename,
        "mode": b"octet",
        "options": {},
    }
    response = Response()
    service.handle_read_request(
        {"address": ("10.0.0.2", 2000), "packet": asked, "prov_dev": None}, response
    )
    return response.answer


@pytest.mark.parametrize("name", [b"a.cfg", "a.cfg", b"/a.cfg", b"//a.cfg", b"firmware/../a.cfg"])
def test_files_are_read_by_their_name(tftpboot: Path, name: bytes | str) -> None:
    assert read(TFTPFileService(str(tftpboot)), name) == b"0123456789"


def test_what_is_neither_file_nor_directory_is_not_opened(tftpboot: Path) -> None:
    os.mkfifo(tftpboot / "pipe")
    assert read(TFTPFileService(str(tftpboot)), b"pipe") == (packet.ERR_FNF, b"File not found")


@pytest.mark.parametrize("name", [b"missing", b"firmware", b"", b"\xff", b"..\\..\\x", b"x" * 5000])
def test_what_is_no_file_is_not_found(tftpboot: Path, name: bytes) -> None:
    assert read(TFTPFileService(str(tftpboot)), name) == (packet.ERR_FNF, b"File not found")


@pytest.mark.parametrize(
    "name",
    [b"../secret", b"/../secret", b"../../../../etc/passwd", b"../tftpboot-old/secret", b"link",
     b"a\0b"],
)  # fmt: skip
def test_i2_i3_i5_what_lies_outside_is_no_name(tftpboot: Path, name: bytes) -> None:
    assert read(TFTPFileService(str(tftpboot)), name) == (packet.ERR_FNF, b"Invalid filename")


def test_other_services_answer_always_the_same() -> None:
    refusing = TFTPNullService(errmsg="Null plugin always reject requests")
    assert read(refusing, b"x") == (packet.ERR_UNDEF, "Null plugin always reject requests")
    assert read(TFTPNullService(packet.ERR_FNF, b"no"), b"x") == (packet.ERR_FNF, b"no")
    assert read(TFTPStringService("text"), b"x") == b"text"


def test_the_process_has_no_reactor_chosen_by_importing_the_surface() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from ovix_provd import surface; surface.install();"
        "sys.exit('twisted.internet.reactor' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
